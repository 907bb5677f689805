"""Which offers of the price table an event means.

Events name models in many ways: LiteLLM's `gemini/gemini-1.5-flash-002`, Bedrock's
`us.anthropic.claude-3-5-haiku-20241022-v1:0`, a bare `gpt-4o` beside `gen_ai.provider.name`. What they may
mean is data: `aliases.yaml` by hand, `names.csv` by `sql.prices.seed`. Nothing is guessed: a name that could
mean two different prices, or is not known, has no price.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from sql.prices.table import Price

_FOLDER = Path(__file__).parent

_Terms = tuple[str, str, bool]
"""Region, service tier, batch."""
_STANDARD = ("", False)


class Found(NamedTuple):
    """The model of the table that is meant, and its prices by the terms of the call."""

    provider: str
    model: str
    offers: Mapping[_Terms, Sequence[Price]]
    region: str = ""
    """The region that stood in front of the name: one of the provider's, or Bedrock's prefix, such as `eu`."""


class Resolver:
    """Resolves names against one price table; the indexes are built once, answers are remembered.

    `prices` are as `sql.prices.table.load_prices` returned them.
    """

    def __init__(self, prices: Sequence[Price]) -> None:
        self.prices = prices
        self._aliases = _aliases()
        self._exact = {(found.provider, found.model.lower()): found for found in _by_model(prices)}
        self._providers = {p.provider for p in prices}
        self._families = self._certain_families()
        # Model names come from outside, so what is remembered must have a bound.
        self.find = lru_cache(maxsize=4096)(self._find)

    def _find(self, provider: str | None, model: str) -> Found | None:
        """The priced model meant, or None where that is not certain."""
        name = model.strip().lower()
        prefix, rest = self._split_prefix(name)
        if provider is None or provider.strip().lower() in self._aliases["routers"]:
            if nameless := self._exact.get(("", name)):
                return nameless
            biller, names = prefix, [rest]
        else:
            biller = self._provider(provider)
            names = [name, rest] if prefix == biller else [name]
        if biller is None:
            return None
        for lookup in (self._at, self._at_the_maker):
            for one in names:
                if found := lookup(biller, one):
                    return found
        return None

    def _provider(self, name: str) -> str | None:
        name = name.strip().lower()
        found: str = self._aliases["providers"].get(name, name)
        return found if found in self._providers else None

    def _split_prefix(self, name: str) -> tuple[str | None, str]:
        """The provider and the model in a name that stands without a provider beside it."""
        prefix, slash, rest = name.partition("/")
        if slash:
            return self._provider(prefix), rest
        for start, maker in self._aliases["makers"].items():
            if name.startswith(start):
                return maker, name
        return None, name

    def _at(self, provider: str, name: str) -> Found | None:
        for form, region in self._forms(provider, name):
            if found := self._exact.get((provider, form)) or self._same_model(provider, form):
                return found._replace(region=region)
        for form, region in self._forms(provider, name):
            if found := self._families.get((provider, self._family(provider, form))):
                return found._replace(region=region)
        return None

    def _same_model(self, provider: str, name: str) -> Found | None:
        by_hand = self._aliases["models"].get(provider, {})
        model = by_hand.get(name) or _names().get((provider, name))
        return self._exact.get((provider, model)) if model else None

    def _forms(self, provider: str, name: str) -> Iterator[tuple[str, str]]:
        """The ways one provider may spell this name, most literal first, and the region that was taken off it."""
        yield name, ""
        for prefix in self._aliases["model_prefixes"].get(provider, ()):
            name = name.removeprefix(prefix)
        yield name, ""
        if (start := _region_start(provider)) and (matched := start.match(name)):
            yield without_region(provider, name), matched[1]

    def _at_the_maker(self, biller: str, name: str) -> Found | None:
        """List prices elsewhere, where the biller's own price is unknown."""
        if biller in self._aliases["gateways"]:
            prefix, slash, rest = name.partition("/")
            # What follows a colon (:free, :nitro, :extended) is the gateway's own offer.
            if not slash or ":" in rest:
                return None
            maker, name = self._provider(prefix), rest
        else:
            maker = self._aliases["fallbacks"].get(biller)
        return self._at(maker, name) if maker else None

    def _family(self, provider: str, name: str) -> str:
        """The name without what tells snapshots apart; `3.5` and `3-5` are spelled by taste."""
        pattern = _snapshot_end(provider)
        while (shorter := pattern.sub("", name)) != name:
            name = shorter
        return name.replace(".", "-")

    def _certain_families(self) -> dict[tuple[str, str], Found]:
        families: dict[tuple[str, str], list[Found]] = {}
        for found in self._exact.values():
            families.setdefault((found.provider, self._family(found.provider, found.model.lower())), []).append(found)
        return {family: certain for family, members in families.items() if (certain := _agreed(members))}


def _by_model(prices: Sequence[Price]) -> Iterator[Found]:
    models: dict[tuple[str, str], dict[_Terms, list[Price]]] = {}
    for price in prices:
        models.setdefault(price[:2], {}).setdefault(price[2:5], []).append(price)
    for (provider, model), offers in models.items():
        yield Found(provider, model, offers)


def _agreed(members: Sequence[Found]) -> Found | None:
    """What all snapshots of a family cost alike; None unless their standard prices are the same at all times."""
    first = members[0]
    offers = {
        terms: prices
        for terms, prices in first.offers.items()
        if all(list(map(_figures, other.offers.get(terms, ()))) == list(map(_figures, prices)) for other in members[1:])
    }
    has_all_standards = all(terms in offers for member in members for terms in member.offers if terms[1:] == _STANDARD)
    return first._replace(offers=offers) if has_all_standards else None


def _figures(price: Price) -> tuple[Any, ...]:
    return price.valid_from, price.valid_to, price.input_tokens_from, price.input_tokens_through, price.usd_per_token


@cache
def _aliases() -> dict[str, Any]:
    aliases: dict[str, Any] = yaml.safe_load((_FOLDER / "aliases.yaml").read_text(encoding="utf-8"))
    return aliases


@cache
def _names() -> dict[tuple[str, str], str]:
    with (_FOLDER / "names.csv").open(newline="", encoding="utf-8") as file:
        return {(row["provider"], row["name"]): row["model"] for row in csv.DictReader(file)}


@cache
def _snapshot_end(provider: str) -> re.Pattern[str]:
    ends = _aliases()["snapshots"]
    return re.compile(f"(?:{'|'.join([*ends['any'], *ends.get(provider, [])])})$")


def without_region(provider: str, model: str) -> str:
    """A model's name at a provider, without the region that stands before it where it is asked across regions."""
    start = _region_start(provider)
    return model[matched.end() :] if start and (matched := start.match(model)) else model


@cache
def _region_start(provider: str) -> re.Pattern[str] | None:
    start = _aliases()["region_starts"].get(provider)
    return re.compile(start) if start else None
