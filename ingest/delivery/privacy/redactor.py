"""Takes persons out of texts, by the rules of one environment."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ingest.delivery.privacy.patterns import (
    Finder,
    Names,
    Phones,
    bank_accounts,
    cards,
    emails,
    network_addresses,
    replaced,
)

_CACHED = 20_000
_CACHED_MAX_CHARS = 64
"""Names and labels come again and again; what people write does not."""

MENTION_MIN_CHARS = 5
"""A shorter id is a word or a number like others, and tells nobody who someone is."""


class Redactor:
    """Knows an environment's listed names and the regions whose phone numbers people write without a country code."""

    def __init__(self, names: Sequence[str] = (), phone_regions: Sequence[str] = ()) -> None:
        listed: list[Finder] = [Names(names)] if names else []
        in_texts: list[Finder] = [emails, cards, bank_accounts, network_addresses, Phones(phone_regions), *listed]
        # A service's address is no person's, and a number without a country code may be anything.
        in_labels: list[Finder] = [emails, cards, Phones(()), *listed]
        self._text = _cached(in_texts)
        self._label = _cached(in_labels)

    def text(self, text: str) -> str:
        """What someone may have written, without all that names a person."""
        return self._text(text)

    def label(self, label: str) -> str:
        """A name, an id or an address, without what can only be a person's."""
        return self._label(label)

    def document(self, value: Any) -> Any:
        """Free-form data: every text and every name in it, and numbers that are a card's."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {self._text(name): self.document(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.document(inner) for inner in value]
        if type(value) is int and value > 0:
            digits = self._label(str(value)) if value < 10**19 else ""
            return value if digits.isdigit() or not digits else digits
        return value


def _cached(finders: Sequence[Finder]) -> Callable[[str], str]:
    @lru_cache(_CACHED)
    def remembered(text: str) -> str:
        return replaced(text, finders)

    return lambda text: remembered(text) if len(text) <= _CACHED_MAX_CHARS else replaced(text, finders)


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
