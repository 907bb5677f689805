"""A compiled rule: a row that fits it becomes one event, or with `each` one for each of several values."""

from typing import Any

from ingest.contracts.registry import EVENTS
from ingest.contracts.validate import Refusal
from ingest.doors.mapping.conditions import compile_condition
from ingest.doors.mapping.convert import kinds
from ingest.doors.mapping.elements import ID, NAME, VALUE, compile_each, is_of_element
from ingest.doors.mapping.field_spec import places_of
from ingest.doors.mapping.fields import compile_field
from ingest.doors.mapping.ids import element_id
from ingest.doors.mapping.kept import payload
from ingest.doors.mapping.model import Mapping, Rule
from ingest.doors.mapping.properties import compile_properties
from ingest.doors.mapping.times import ConversionError
from ingest.doors.mapping.tokens import compile_tokens

Item = dict[str, Any] | Refusal
Placed = tuple[str, Item]
"""Where something came from, for sentences about it, and what became of it."""


class CompiledRule:
    """One rule of a mapping, ready for many rows."""

    def __init__(self, rule: Rule, mapping: Mapping, kept: tuple[str, ...]) -> None:
        self._kept = kept
        self._event_type = rule.event
        conditions = {path: compile_condition(path, condition) for path, condition in rule.when.items()}
        self._when = [holds for path, holds in conditions.items() if not is_of_element(path)]
        self._when_element = [holds for path, holds in conditions.items() if is_of_element(path)]
        self._each = compile_each(rule.each) if rule.each else None
        known, mark = kinds(EVENTS[rule.event]), mapping.csv.decimal
        specs = mapping.fields | rule.fields
        self._fields = [(name, compile_field(spec, known[name], mark)) for name, spec in specs.items()]
        self._reads_id = any(ID in places_of(spec) for spec in specs.values())
        self._tokens = compile_tokens(rule.tokens, mark) if rule.tokens else None
        self._properties = compile_properties(rule, mapping)

    def fits(self, row: dict[str, Any]) -> bool:
        """Whether the row is one that the rule describes."""
        return all(holds(row) for holds in self._when)

    def items(self, place: str, row_id: str, row: dict[str, Any]) -> list[Placed]:
        """The events that a row stands for; none where no value of `each` holds anything."""
        if self._each is None:
            return [(place, self._item(place, row_id, {**row, ID: row_id} if self._reads_id else row))]
        try:
            elements = list(self._each(row))
        except ConversionError as error:
            return [(place, self._refusal(place, row_id, row, error))]
        found: list[Placed] = []
        for name, value in elements:
            event_id = element_id(row_id, name)
            view = {**row, NAME: name, VALUE: value, ID: event_id}
            if all(holds(view) for holds in self._when_element):
                where = f"{place} {name[:60]}"
                found.append((where, self._item(where, event_id, view)))
        return found

    def _item(self, place: str, event_id: str, row: dict[str, Any]) -> Item:
        try:
            return {"event_id": event_id, **self._event(row)}
        except ConversionError as error:
            return self._refusal(place, event_id, row, error)

    def _refusal(self, place: str, event_id: str, row: dict[str, Any], error: ConversionError) -> Refusal:
        return Refusal(
            "wrong_type", f"{place}: {error}.", self._event_type, event_id, payload(row, self._kept), is_selected=True
        )

    def _event(self, row: dict[str, Any]) -> dict[str, Any]:
        """Raises `ConversionError`."""
        event: dict[str, Any] = {"event_type": self._event_type}
        for name, value_of in self._fields:
            value = value_of(row)
            if value is not None:
                event[name] = value
        if self._tokens is not None:
            event.update(self._tokens(row))
        properties = self._properties(row)
        if properties:
            event["properties"] = properties
        return event
