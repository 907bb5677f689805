"""What quarantine keeps of a row that no event could be made of.

A row holds whatever its source decided: prompts, addresses, comments. Kept are the places that the mapping reads into
fields that tell nothing about a person, and those it decides by. The file and the line are in the message.
"""

from collections.abc import Iterator
from typing import Any

from ingest.contracts.envelope import pii_class
from ingest.contracts.registry import EVENTS
from ingest.delivery import nesting
from ingest.doors.mapping.field_spec import places_of
from ingest.doors.mapping.model import Mapping, Rule
from ingest.doors.mapping.paths import get


def places_to_keep(mapping: Mapping) -> tuple[str, ...]:
    """Places that may stand in quarantine, whatever the rest of the row says."""
    told = {place for rule in mapping.rules for place in _told(rule, mapping)}
    personal = {place for rule in mapping.rules for place in _read(rule, mapping, is_personal=True)}
    return tuple(sorted(told - personal))


def _told(rule: Rule, mapping: Mapping) -> Iterator[str]:
    yield from mapping.id or ()
    yield from rule.when
    yield from _read(rule, mapping, is_personal=False)
    if rule.tokens is not None:
        tokens = (rule.tokens.input, rule.tokens.cache_read, rule.tokens.cache_write_5m, rule.tokens.cache_write_1h)
        yield from (place for place in tokens if place is not None)


def _read(rule: Rule, mapping: Mapping, *, is_personal: bool) -> Iterator[str]:
    model = EVENTS[rule.event]
    for name, spec in (mapping.fields | rule.fields).items():
        if (pii_class(model, name) != "none") is is_personal:
            yield from places_of(spec)


def payload(row: dict[str, Any], places: tuple[str, ...]) -> str:
    """The row as JSON, no more of it than these places."""
    found = ((place, get(row, place)) for place in places)
    return nesting.as_text({place: value for place, value in found if value is not None})
