"""The fast way from what was sent to a bronze row, for what is plainly well formed and has nothing to be taken out.

It never says no: where a contract, a rule or a treatment has more to do, it gives None, and the event goes the way that
``transform`` describes. A differential test proves that both accept, refuse, drop and write the same.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from ingest.contracts.envelope import DEFAULT_ENVIRONMENT
from ingest.contracts.instants import to_us
from ingest.contracts.parse import type_in
from ingest.contracts.registry import EVENTS
from ingest.contracts.validate import CLOCK_SKEW_US, EARLIEST
from ingest.delivery.packing import ROW_MAX_BYTES
from ingest.delivery.privacy import decided
from ingest.delivery.privacy.redactor import Redactor
from ingest.delivery.privacy.treatment import MADE, Named, Treatment
from ingest.delivery.scope import Scope
from ingest.delivery.structs import TIME, Reader, readers

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_is_identifier = re.compile(r"[!-~]+").fullmatch
_encode = msgspec.json.Encoder().encode
_TIME_NAME, _TIME_COLUMN = f'{{"{TIME}":'.encode(), f'{{"{TIME}_us":'.encode()
_EARLIEST_US = to_us(EARLIEST)
_REMEMBERED_MAX = 50_000
_BY_NAME = {name.encode(): name for name in EVENTS}


class Read(msgspec.Struct, gc=False):
    """An event that its contract takes, and what it was read from."""

    event_type: str
    event: Any
    source: Any
    """A line of JSON, or a decoded object."""


def read_line(line: bytes) -> Read | None:
    """The event that a line of JSON plainly is."""
    found = type_in(line)
    event_type = _BY_NAME.get(found[1]) if found else None
    if event_type is None:
        return None
    try:
        event = readers()[event_type].read(line)
    except _UNREADABLE:
        return None
    return Read(event_type, event, line) if _is_plain(event, readers()[event_type]) else None


def read_object(document: dict[str, Any]) -> Read | None:
    """The same for a decoded object."""
    event_type = document.get("event_type")
    if not isinstance(event_type, str) or event_type not in EVENTS:
        return None
    try:
        event = readers()[event_type].convert(document)
    except _UNREADABLE:
        return None
    return Read(event_type, event, document) if _is_plain(event, readers()[event_type]) else None


def _is_plain(event: Any, reader: Reader) -> bool:
    """Whether an event says nothing that takes a closer look: data of free form, consent, a second instant."""
    if event.properties is not None or event.consent is not None:
        return False
    return all(getattr(event, name) is None for name in reader.times) if reader.times else True


class _Rules(NamedTuple):
    """What an environment asks, as far as the fast way can do it."""

    agreed: bool
    """Whether events may be stored where nobody has said anything."""
    left_out: frozenset[tuple[str, str]]
    """Texts, by event type and field, of which nothing is kept."""
    redactor: Redactor
    named: Callable[[str], Named]
    clean: set[tuple[str | None, ...]]
    """Labels of earlier events in which nothing personal was found."""


class Quick:
    """Makes rows.

    Args:
        treatment: the rules of an environment.
    """

    def __init__(self, treatment: Callable[[str], Treatment]) -> None:
        self._treatment = treatment
        self._rules: dict[str, _Rules] = {}

    def row(self, read: Read, received_us: int, scope: Scope | None, *, agreed: bool | None = None) -> bytes | None:
        """The bronze row of an event that arrived at ``received_us``. Changes the event.

        Args:
            agreed: whether it may be stored as a whole; None where nobody whom it names has decided.
        """
        event_type, event = read.event_type, read.event
        reader = readers()[event_type]
        at_us = to_us(event.occurred_at)
        if not _EARLIEST_US <= at_us <= received_us + CLOCK_SKEW_US:
            return None
        rules = self._rules_for(event, scope)
        if rules is None or not (rules.agreed if agreed is None else agreed):
            return None
        if not _follows(event, reader) or not _is_clean(event, reader, rules):
            return None
        for name in reader.texts:
            if getattr(event, name) is not None:
                if (event_type, name) not in rules.left_out:
                    return None
                setattr(event, name, None)
        needles = _name_persons(event, reader.persons, rules.named)
        event.occurred_at, event.event_type = at_us, msgspec.UNSET
        row: bytes = _TIME_COLUMN + _encode(event)[len(_TIME_NAME) :]
        if len(row) > ROW_MAX_BYTES or any(needle in row for needle in needles):
            return None
        return row

    def named(self, read: Read, scope: Scope | None) -> decided.Named:
        """The environment of an event, and the persons that it names there."""
        environment = read.event.environment
        if environment is msgspec.UNSET:
            environment = DEFAULT_ENVIRONMENT if scope is None else scope.default
        ids = readers()[read.event_type].persons_of(read.event)
        return environment, tuple(identity for identity in ids if identity is not None)

    def _rules_for(self, event: Any, scope: Scope | None) -> _Rules | None:
        environment = event.environment
        if environment is msgspec.UNSET:
            environment = event.environment = DEFAULT_ENVIRONMENT if scope is None else scope.default
        elif scope is not None and environment not in scope.environments:
            return None
        if environment not in self._rules:
            _forget(self._rules)
            self._rules[environment] = _rules(self._treatment(environment))
        return self._rules[environment]


def _rules(treatment: Treatment) -> _Rules:
    privacy = treatment.privacy
    left_out = frozenset(
        (event_type, name)
        for event_type, reader in readers().items()
        for name in reader.texts
        if privacy.handling(event_type, name) == "none"
    )
    return _Rules(
        privacy.consent.analytics and privacy.consent.content, left_out, treatment.redactor, treatment.named, set()
    )


def _follows(event: Any, reader: Reader) -> bool:
    """Whether the contract would take the event as it is, rules between fields included."""
    for name, convert in reader.converted:
        value = getattr(event, name)
        if isinstance(value, float):
            setattr(event, name, convert(value))
        elif isinstance(value, str) and convert(value) != value:
            return False
    try:
        for rule in reader.rules:
            rule(event)
    except ValueError:
        return False
    return True


def _is_clean(event: Any, reader: Reader, rules: _Rules) -> bool:
    """Whether nothing personal is in ids and labels."""
    redactor = rules.redactor
    for value in reader.identifiers_of(event):
        if value is None or (value.isalnum() and value.isascii() and redactor.is_clean_id(value)):
            continue  # most ids, at once
        if not _is_identifier(value) or value[0] == MADE or not redactor.is_clean_id(value):
            return False
    labels = reader.labels_of(event)
    return labels in rules.clean or _are_clean(labels, rules)


def _are_clean(labels: tuple[Any, ...], rules: _Rules) -> bool:
    if any(isinstance(value, str) and rules.redactor.label(value) != value for value in labels):
        return False
    _forget(rules.clean)
    rules.clean.add(labels)
    return True


def _name_persons(event: Any, names: tuple[str, ...], named: Callable[[str], Named]) -> list[bytes]:
    """Put pseudonyms in the place of ids; returns how these would stand elsewhere in the row."""
    needles = []
    for name in names:
        identity = getattr(event, name)
        if identity is not None:
            pseudonym, needle = named(identity)
            setattr(event, name, pseudonym)
            if needle is not None:
                needles.append(needle)
    return needles


def _forget(remembered: dict[Any, Any] | set[Any]) -> None:
    if len(remembered) >= _REMEMBERED_MAX:
        remembered.clear()
