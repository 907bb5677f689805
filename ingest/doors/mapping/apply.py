"""A compiled mapping: one row becomes one event, or one reason why not."""

from collections.abc import Callable
from typing import Any

from ingest.contracts.registry import EVENTS
from ingest.contracts.validate import Refusal
from ingest.delivery import nesting
from ingest.doors.files import Broken, Row
from ingest.doors.mapping.convert import EMPTY, as_text, compile_field, kinds
from ingest.doors.mapping.ids import RowIds
from ingest.doors.mapping.model import Condition, Mapping, Rule
from ingest.doors.mapping.paths import exists, get
from ingest.doors.mapping.properties import compile_properties
from ingest.doors.mapping.times import ConversionError
from ingest.doors.mapping.tokens import compile_tokens

_Getter = Callable[[dict[str, Any]], Any]


class RowMapper:
    """Maps the rows of one import command, in whatever files they come."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._ids = RowIds(mapping.source)
        self._rules = [_CompiledRule(rule, mapping) for rule in mapping.rules]

    def event(self, file: str, row: Row | Broken) -> dict[str, Any] | Refusal:
        """The contract event that a row stands for, not validated yet; a refusal names file and line."""
        place = f"{file}:{row.line}"
        if isinstance(row, Broken):
            return Refusal("broken_line", f"{place} {row.reason}.", payload=row.payload)
        try:
            event_id = self._id(row.value)
        except TypeError:
            return Refusal("broken_line", f"{place} is nested too deep; flatten it.", payload=as_payload(row.value))
        rule = next((rule for rule in self._rules if rule.fits(row.value)), None)
        if rule is None:
            reason = f"is described by no rule of the mapping {self.mapping.name!r}; add one, or a last `when: any`"
            return Refusal("no_rule", f"{place} {reason}.", event_id=event_id, payload=as_payload(row.value))
        try:
            return {"event_id": event_id, **rule.event(row.value)}
        except ConversionError as error:
            message = f"{place}: {error}."
            return Refusal("wrong_type", message, rule.event_type, event_id, as_payload(row.value))

    def _id(self, row: dict[str, Any]) -> str:
        named = get(row, self.mapping.id) if self.mapping.id else None
        return as_text(named) if isinstance(named, str | int) and named != "" else self._ids.next_id(row)

    def close(self) -> None:
        """Forget the rows that were seen."""
        self._ids.close()


def as_payload(row: Any) -> str:
    """What quarantine keeps of a row or event that can't be taken."""
    return nesting.as_text(row)


class _CompiledRule:
    def __init__(self, rule: Rule, mapping: Mapping) -> None:
        self.event_type = rule.event
        self._when = [_compile_condition(path, condition) for path, condition in rule.when.items()]
        known = kinds(EVENTS[rule.event])
        specs = mapping.fields | rule.fields
        self._fields = [(name, compile_field(spec, known[name])) for name, spec in specs.items()]
        self._tokens = compile_tokens(rule.tokens) if rule.tokens else None
        self._properties = compile_properties(rule, mapping)

    def fits(self, row: dict[str, Any]) -> bool:
        return all(holds(row) for holds in self._when)

    def event(self, row: dict[str, Any]) -> dict[str, Any]:
        """Raises `ConversionError`."""
        event: dict[str, Any] = {"event_type": self.event_type}
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


def _compile_condition(path: str, condition: Condition) -> _Getter:
    wanted = condition.model_fields_set
    choice = {as_text(v) for v in condition.in_ or []} if "in_" in wanted else None
    equal = as_text(condition.equals) if "equals" in wanted and condition.equals is not None else None
    null, prefix, there = "equals" in wanted and condition.equals is None, condition.prefix, condition.exists

    def holds(row: dict[str, Any]) -> bool:
        if there is not None and exists(row, path) is not there:
            return False
        raw = get(row, path)
        if null and raw not in EMPTY:
            return False
        text = "" if raw is None else as_text(raw)
        return (
            (equal is None or text == equal)
            and (choice is None or text in choice)
            and (prefix is None or text.startswith(prefix))
        )

    return holds
