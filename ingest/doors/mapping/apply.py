"""A compiled mapping: every row becomes its events, or one reason why not, or is passed over as the mapping says."""

from typing import Any

from ingest.contracts.validate import Refusal
from ingest.delivery import nesting
from ingest.doors.files import Broken, Row, Skipped
from ingest.doors.mapping.convert import EMPTY, as_text
from ingest.doors.mapping.ids import Ids, joint_id
from ingest.doors.mapping.kept import payload, places_to_keep
from ingest.doors.mapping.model import Mapping
from ingest.doors.mapping.paths import get
from ingest.doors.mapping.rule import CompiledRule, Placed


class RowMapper:
    """Maps rows. ``ids`` makes ids for those that have none."""

    def __init__(self, mapping: Mapping, ids: Ids) -> None:
        self.mapping = mapping
        self._ids = ids
        self._kept = places_to_keep(mapping)
        self._rules = [CompiledRule(rule, mapping, self._kept) for rule in mapping.rules]

    def items(self, file: str, row: Row | Broken | Skipped) -> list[Placed]:
        """Contract events that a row stands for, not validated yet; a refusal names file and line.

        Nothing where the mapping passes the row over.
        """
        if isinstance(row, Skipped):
            return []
        place = row.place(file)
        if isinstance(row, Broken):
            return [(place, Refusal("broken_line", f"{place} {row.reason}.", payload=row.payload))]
        return self.of_value(place, row.value)

    def of_value(self, place: str, value: Any) -> list[Placed]:
        """The same for a decoded value, with the place that sentences about it begin with."""
        if not isinstance(value, dict):
            message = f"{place} is JSON but not an object; each row must be one {{…}}."
            return [(place, Refusal("not_an_object", message, payload=nesting.as_text(value)))]
        try:
            row_id = self._id(value)
        except TypeError:
            message = f"{place} is nested too deep; flatten it."
            return [(place, Refusal("broken_line", message, payload=nesting.as_text(value)))]
        rule = next((rule for rule in self._rules if rule.fits(value)), None)
        if rule is not None:
            return rule.items(place, row_id, value)
        if self.mapping.else_ == "ignore":
            return []
        reason = f"is described by no rule of the mapping {self.mapping.name!r}; add one, or a last `when: any`"
        refusal = Refusal(
            "no_rule", f"{place} {reason}.", event_id=row_id, payload=payload(value, self._kept), is_selected=True
        )
        return [(place, refusal)]

    def _id(self, row: dict[str, Any]) -> str:
        places = self.mapping.id
        if places is not None:
            named = [get(row, place) for place in places]
            if all(isinstance(value, str | int) and value not in EMPTY for value in named):
                texts = [as_text(value) for value in named]
                return texts[0] if len(texts) == 1 else joint_id(self.mapping.source, texts)
        return self._ids.next_id(row)
