"""LiteLLM's price table, read as offers of ours, so that the two can be put side by side."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

from sql.prices.book import Said
from sql.prices.file import PriceError

KINDS = ("input", "cache read", "cache write 5m", "cache write 1h", "output")
"""What has a price of its own, in the order of :attr:`sql.prices.table.Price.usd_per_token`."""

_FIELD = re.compile(
    r"(?P<kind>input_cost_per_token|cache_read_input_token_cost|cache_creation_input_token_cost|output_cost_per_token)"
    r"(?P<hour>_above_1hr)?(?:_above_(?P<above>\d+)k_tokens)?(?:_(?P<terms>flex|priority|batches))?"
)
_KINDS = {
    "input_cost_per_token": 0,
    "cache_read_input_token_cost": 1,
    "cache_creation_input_token_cost": 2,
    "output_cost_per_token": 4,
}
_TEXT_MODES = frozenset({"chat", "completion", "embedding", "responses"})
_TABLE_IN_PACKAGE = "model_prices_and_context_window_backup.json"
_TIMEOUT_S = 30


class Listed(NamedTuple):
    """What the table says of one offer: prices in USD per token by kind and by the input above which they hold."""

    name: str
    said: Said
    usd: Mapping[int, Mapping[int, Decimal]]


def installed_table() -> Path | None:
    """The table of the package litellm where that is installed; it is not imported."""
    spec = find_spec("litellm")
    path = Path(spec.origin).parent / _TABLE_IN_PACKAGE if spec and spec.origin else None
    return path if path and path.exists() else None


def read_table(document: bytes, source: str) -> Iterator[Listed]:
    """The offers of text models.

    Args:
        source: what to call the document where it can't be read.

    Raises:
        PriceError: it is not LiteLLM's table.
    """
    try:
        entries: Any = json.loads(document, parse_float=Decimal, parse_int=Decimal)
    except ValueError as error:
        raise PriceError(f"{source} is not JSON ({error})") from error
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise PriceError(f"{source} is not LiteLLM's table: it must hold an object by model")
    for name, entry in entries.items():
        if entry.get("mode") in _TEXT_MODES:
            yield from _offers(name, entry)


def fetch_table(url: str) -> bytes:
    """The document at an https address.

    Raises:
        PriceError: it is another kind of address.
        OSError: it can't be fetched.
    """
    if not url.startswith("https://"):
        raise PriceError(f"{url} is no https address")
    with urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - https alone
        content: bytes = answer.read()
    return content


def _offers(name: str, entry: Mapping[str, Any]) -> Iterator[Listed]:
    found: dict[str, dict[int, dict[int, Decimal]]] = {}
    for field, value in entry.items():
        if isinstance(value, Decimal) and (matched := _FIELD.fullmatch(field)):
            kind = _KINDS[matched["kind"]] + (1 if matched["hour"] else 0)
            above = int(matched["above"] or 0) * 1000
            found.setdefault(matched["terms"] or "", {}).setdefault(above, {})[kind] = value
    for terms, usd in found.items():
        tier, is_batch = ("", True) if terms == "batches" else (terms, False)
        provider = str(entry.get("litellm_provider") or "")
        yield Listed(name, Said(provider, name, "", tier, is_batch), usd)
