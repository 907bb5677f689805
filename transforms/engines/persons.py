"""What is a person's, in SQL that means the same on every engine.

The session has the tables ``person`` and ``link``, with a column ``id``: names of the person, and browsers and sessions
of theirs and of nobody else's.
"""

from collections.abc import Iterable

from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.envelope import person_fields
from ingest.contracts.registry import EVENTS
from sql.records import Model

_LINKS = ("anonymous_id", "session_id")
_PERSON, _LINK = "SELECT id FROM person", "SELECT id FROM link"

LINKING = ("user_id", *_LINKS)
"""Columns of events that tell which browsers and sessions are whose."""


def is_of_person(table: str) -> str:
    """Condition: a row of a bronze or silver table names the person, or is of a browser or session of the person's."""
    if table == QUARANTINE_TABLE:
        return f"EXISTS (SELECT 1 FROM ({_PERSON} UNION ALL {_LINK}) AS said WHERE contains(payload, said.id))"
    named = " OR ".join(f"{name} IN ({_PERSON})" for name in person_fields(EVENTS[table]))
    linked = " OR ".join(f"{name} IN ({_LINK})" for name in _LINKS)
    return f"({named} OR (user_id IS NULL AND ({linked})))"


def names_person(model: Model) -> str:
    """Condition: a row of a gold table names the person, or a browser or session of theirs."""
    said = [name for name, spec in model.columns.items() if spec.type == "varchar"]
    return " OR ".join(f"{name} IN ({_PERSON} UNION ALL {_LINK})" for name in said) or "FALSE"


def links(events: Iterable[str]) -> str:
    """Query: browsers and sessions in which no user but the person was seen, as ``id``.

    Args:
        events: queries or tables that have the columns ``LINKING``.
    """
    seen = " UNION ALL ".join(
        f"SELECT user_id, {link} AS id FROM {rows} WHERE user_id IS NOT NULL AND {link} IS NOT NULL"
        for rows in events
        for link in _LINKS
    )
    return (
        f"SELECT seen.id FROM ({seen}) AS seen LEFT JOIN person ON person.id = seen.user_id "
        "GROUP BY seen.id HAVING bool_and(person.id IS NOT NULL)"
    )
