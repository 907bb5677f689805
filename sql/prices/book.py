"""What a call cost a token, by what its event says of it: the price table, the names, and the owner's own files."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ingest.contracts import layout
from sql.prices.file import STANDARD_TIERS
from sql.prices.profiles import read_profiles
from sql.prices.resolve import Resolver
from sql.prices.table import Price, load_prices

_BATCH = "batch"
_WORLDWIDE = "global"
_ARN = re.compile(r"arn:[^:]*:bedrock:(?P<region>[^:]*):[^:]*:(?P<kind>[^/]+)/(?P<id>.+)")
_NAMED_BY_ID = frozenset({"foundation-model", "inference-profile"})


class Said(NamedTuple):
    """What events say of a call that its price depends on; empty where they say nothing."""

    provider: str
    model: str
    region: str = ""
    service_tier: str = ""
    is_batch: bool = False


class PriceBook:
    """Answers which prices apply. Answers to the same question are the same as long as the book lives.

    Args:
        prices: as :func:`sql.prices.table.load_prices` returned them.
        profiles: the model behind each application inference profile, by ARN.
    """

    def __init__(self, prices: tuple[Price, ...], profiles: Mapping[str, str] | None = None) -> None:
        self.prices = prices
        self.profiles = profiles or {}

    @cached_property
    def _resolver(self) -> Resolver:
        return Resolver(self.prices)

    def prices_of(self, said: Said) -> tuple[Price, ...]:
        """The prices of a call at all times and for any input; none where nothing is certain."""
        answer = self._look_up(said)
        return () if isinstance(answer, str) else answer

    def why_unpriced(self, said: Said, day: date) -> str | None:
        """Why a call of a UTC day has no price, and what would give it one; None where it has."""
        answer = self._look_up(said)
        if isinstance(answer, str):
            return answer
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        first = min((price.valid_from for price in answer if price.valid_from), default=end)
        is_known = any(price.valid_from is None or price.valid_from < end for price in answer)
        return None if is_known else f"its price is known since {first.date()} only; add an earlier one to prices.csv"

    def _look_up(self, said: Said) -> tuple[Price, ...] | str:
        model, region = said.model, said.region.strip().lower()
        if arn := _ARN.fullmatch(model.strip()):
            region = region or arn["region"]
            named = arn["id"] if arn["kind"] in _NAMED_BY_ID else self.profiles.get(model.strip())
            if named is None and arn["kind"] == "application-inference-profile":
                return "nobody knows the model behind this profile yet; run `promptlake prices profiles --look-up`"
            model = named or model
        found = self._resolver.find(said.provider or None, model)
        if found is None:
            return "the price table has no such model; add it to the lake's prices.csv"
        tier = said.service_tier.strip().lower()
        is_batch = said.is_batch or tier == _BATCH
        tier = "" if tier == _BATCH or tier in STANDARD_TIERS else tier
        # A profile is sold at its own price, wherever it is called from and answered.
        regions = (_WORLDWIDE,) if found.region == _WORLDWIDE else (found.region or region, region, "")
        for one in regions:
            if prices := found.offers.get((one, tier, is_batch)):
                return tuple(prices)
        terms = [f"service tier {tier}"] if tier else []
        terms += [_BATCH] if is_batch else []
        terms += [f"region {regions[0]}"] if len(regions) == 1 else []
        return f"{found.provider} {found.model} has no known price for {', '.join(terms) or 'these regions'}"


def open_book(folder: Path) -> PriceBook:
    """The price table with what the owner keeps in a lake's folder: `prices.csv` and `inference_profiles.csv`.

    Raises:
        OSError: a file is there and can't be read.
        PriceError: a file says nonsense; the message names file and line.
    """
    own, profiles = folder / layout.PRICES_FILE, folder / layout.PROFILES_FILE
    return PriceBook(load_prices(own if own.exists() else None), read_profiles(profiles) if profiles.exists() else {})
