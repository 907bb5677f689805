"""Takes persons out of texts, by the rules of one environment."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import orjson

from ingest.delivery.privacy.patterns import (
    Finder,
    Names,
    Phones,
    bank_accounts,
    cards,
    emails,
    folded,
    network_addresses,
    replaced,
)

_LABELS_MAX = 10_000
"""So many are remembered: they come again and again, as what people write does not."""

MENTION_MIN_CHARS = 5
"""A shorter id is a word or a number like others, and tells nobody who someone is."""

_is_of_a_trace = re.compile(r"[0-9a-f]{32}-[0-9a-f]{16}", re.ASCII).fullmatch
"""A W3C trace and span: random, though of a million spans some look like cards."""


class Redactor:
    """Knows an environment's listed names and the regions whose phone numbers people write without a country code."""

    def __init__(self, names: Sequence[str] = (), phone_regions: Sequence[str] = ()) -> None:
        listed: list[Finder] = [Names(names)] if names else []
        in_texts: list[Finder] = [emails, cards, bank_accounts, network_addresses, Phones(phone_regions), *listed]
        # A service's address is no person's, and a number without a country code may be anything.
        in_labels: list[Finder] = [emails, cards, Phones(()), *listed]
        self.text: Callable[[str], str] = partial(replaced, finders=in_texts)
        """What someone may have written, without all that names a person."""
        self.label: Callable[[str], str] = lru_cache(_LABELS_MAX)(partial(replaced, finders=in_labels))
        """A name, an id or an address, without what can only be a person's."""
        self.name_words = frozenset(word for name in names for word in folded(name).split())

    def is_clean_id(self, identifier: str) -> bool:
        """Whether an id says nothing of a person, as far as ``label`` can see."""
        words = self.name_words
        if not identifier.isascii():
            return self.label(identifier) == identifier
        # No number and no address of a person is of words with a letter in each, and a name is of its own words.
        if not words and identifier.isalnum() and not identifier.isdigit():
            return True
        for word in identifier.split("-"):
            if not word.isalnum() or word.isdigit() or (words and word.lower() in words):
                return _is_of_a_trace(identifier) is not None or self.label(identifier) == identifier
        return True

    def document(self, value: Any) -> Any:
        """Free-form data: every text and every name in it, and numbers that are a card's."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(name): self.document(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.document(inner) for inner in value]
        if type(value) is int and value > 0:
            digits = self.label(str(value)) if value < 10**19 else ""
            return value if digits.isdigit() or not digits else digits
        return value


class Mentions:
    """The ids that an event gives of a person, where they stand elsewhere in the same event."""

    def __init__(self, people: Mapping[str, str]) -> None:
        """``people``: pseudonyms by id."""
        self._people = {raw: pseudonym for raw, pseudonym in people.items() if len(raw) >= MENTION_MIN_CHARS}

    def replaced(self, text: str) -> str:
        """The text with each id, where it stands as a whole word, replaced by its pseudonym."""
        for raw, pseudonym in self._people.items():
            if raw in text:
                text = re.sub(rf"(?<![^\W_]){re.escape(raw)}(?![^\W_])", pseudonym, text)
        return text

    def document(self, value: Any) -> Any:
        """The same for free-form data."""
        if not self._people:
            return value
        if isinstance(value, str):
            return self.replaced(value)
        if isinstance(value, dict):
            return {self.replaced(name): self.document(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.document(inner) for inner in value]
        if type(value) is int and str(value) in self._people:
            return self._people[str(value)]
        return value


def needle(identity: str) -> bytes | None:
    """How an id would stand in a row of JSON, however deep; None where it is too short to be looked for.

    An id that JSON writes otherwise the deeper it stands gives ``{``, which every row has: each is looked at closely.
    """
    if len(identity) < MENTION_MIN_CHARS:
        return None
    written = orjson.dumps(identity)[1:-1]
    return written if written == identity.encode() else b"{"


NO_MENTIONS = Mentions({})
