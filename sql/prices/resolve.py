"""Which priced provider and model an event means.

Events name models in many ways: LiteLLM's `gemini/gemini-1.5-flash-002`, Bedrock's
`us.anthropic.claude-3-5-haiku-20241022-v1:0`, a bare `gpt-4o` beside `gen_ai.provider.name`. What they may
mean is data: `aliases.yaml` by hand, `names.csv` by `sql.prices.seed`. Nothing is guessed: a name that could
mean two different prices, or is not known, has no price.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from sql.prices.table import Price

_FOLDER = Path(__file__).parent


class Resolver:
    """Resolves names against one price table; the indexes are built once, answers are remembered.

    `prices` are as `sql.prices.table.load_prices` returned them.
    """

    def __init__(self, prices: Sequence[Price]) -> None:
        self.prices = prices
        self._aliases = _aliases()
        self._exact = {(p.provider, p.model.lower()): (p.provider, p.model) for p in prices}
        self._providers = {p.provider for p in prices}
        self._families = self._certain_families()
        # Model names come from outside, so what is remembered must have a bound.
        self.resolve = lru_cache(maxsize=4096)(self._resolve)

    def _resolve(self, provider: str | None, model: str) -> tuple[str, str] | None:
        """The priced (provider, model) meant, or None where that is not certain."""
        name = model.strip().lower()
        prefix, rest = self._split_prefix(name)
        if provider is None or provider.strip().lower() in self._aliases["routers"]:
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

    def _at(self, provider: str, name: str) -> tuple[str, str] | None:
        for form in self._forms(provider, name):
            if found := self._exact.get((provider, form)) or self._same_model(provider, form):
                return found
        for form in self._forms(provider, name):
            if found := self._families.get((provider, self._family(provider, form))):
                return found
        return None

    def _same_model(self, provider: str, name: str) -> tuple[str, str] | None:
        by_hand = self._aliases["models"].get(provider, {})
        model = by_hand.get(name) or _names().get((provider, name))
        return self._exact.get((provider, model)) if model else None

    def _forms(self, provider: str, name: str) -> Iterator[str]:
        """The ways one provider may spell this name, most literal first."""
        yield name
        for prefix in self._aliases["model_prefixes"].get(provider, ()):
            name = name.removeprefix(prefix)
        yield name
        for prefix in self._aliases["region_prefixes"].get(provider, ()):
            if name.startswith(prefix):
                name = name.removeprefix(prefix)
                yield name
                break
        if regional := self._aliases["regional_row"].get(provider):
            yield regional + name

    def _at_the_maker(self, biller: str, name: str) -> tuple[str, str] | None:
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

    def _certain_families(self) -> dict[tuple[str, str], tuple[str, str]]:
        histories: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        for price in self.prices:
            histories.setdefault((price.provider, price.model), []).append(_figures(price))
        families: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for provider, model in histories:
            families.setdefault((provider, self._family(provider, model.lower())), []).append((provider, model))
        return {
            family: members[0]
            for family, members in families.items()
            if all(histories[member] == histories[members[0]] for member in members)
        }


def resolve(provider: str | None, model: str, prices: Sequence[Price]) -> tuple[str, str] | None:
    """The (provider, model) of the price table that an event means, or None where that is not certain.

    `provider` is what the event calls the provider, None where it does not say; `model` may carry a prefix.
    The first call with a price table takes milliseconds, the next ones with the same list a microsecond.
    """
    global _latest
    if _latest is None or _latest.prices is not prices:
        _latest = Resolver(prices)
    return _latest.resolve(provider, model)


_latest: Resolver | None = None


def _figures(price: Price) -> tuple[Any, ...]:
    numbers: tuple[Decimal, ...] = price[4:9]
    return price.valid_from, *numbers


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
