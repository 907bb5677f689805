"""What a price must say, and what a quantity costs at it."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from infra.aws.costs.documents import CostError
from infra.aws.costs.prices import Price, load_prices

GOOD: dict[str, Any] = {
    "region": "us-east-1",
    "sources": {"list": {"date": "2026-11-01", "text": "the list"}},
    "prices": {"alarm": {"service": "CloudWatch", "what": "alarms", "usd": 0.1, "per": 1, "unit": "alarm"}},
}
GOOD["prices"]["alarm"]["source"] = "list"


def written(folder: Path, document: Any) -> Path:
    path = folder / "prices.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def without(*place: str) -> dict[str, Any]:
    document = yaml.safe_load(yaml.safe_dump(GOOD))
    inner = document
    for name in place[:-1]:
        inner = inner[name]
    del inner[place[-1]]
    return dict(document)


@pytest.mark.parametrize(
    "place",
    [
        ("region",),
        ("sources", "list", "date"),
        ("sources", "list", "text"),
        ("prices", "alarm", "usd"),
        ("prices", "alarm", "per"),
        ("prices", "alarm", "unit"),
        ("prices", "alarm", "source"),
    ],
)
def test_a_price_without_all_its_facts_is_refused(tmp_path: Path, place: tuple[str, ...]) -> None:
    path = written(tmp_path, without(*place))
    with pytest.raises(CostError) as refused:
        load_prices(path)
    assert str(refused.value) == f"{path}: {'.'.join(place)}: Field required."


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("source", "hearsay", "the source 'hearsay' of 'alarm' is not among the sources"),
        ("unit", "", "at least 1 character"),
        ("usd", 0, "greater than 0"),
        ("usd", "dear", "valid decimal"),
        ("currency", "EUR", "Extra inputs are not permitted"),
    ],
)
def test_a_price_that_says_nonsense_is_refused(tmp_path: Path, name: str, value: Any, said: str) -> None:
    document = yaml.safe_load(yaml.safe_dump(GOOD))
    document["prices"]["alarm"][name] = value
    path = written(tmp_path, document)
    with pytest.raises(CostError, match=said) as refused:
        load_prices(path)
    assert str(refused.value).startswith(f"{path}: ")


def test_what_is_no_yaml_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text("prices: {", encoding="utf-8")
    with pytest.raises(CostError, match="is not YAML"):
        load_prices(path)


def test_every_committed_price_has_region_date_unit_and_source() -> None:
    prices = load_prices()
    assert prices.region
    for name, price in prices.prices.items():
        source = prices.sources[price.source]
        assert source.date <= date.today(), name  # noqa: DTZ011 - a day, wherever one is
        assert source.text, name
        assert price.unit, name


def test_a_small_price_keeps_all_its_digits() -> None:
    assert load_prices().prices["lambda_duration"].usd == Decimal("0.0000133334")


def test_what_exceeds_an_amount_is_cheaper() -> None:
    http_api = load_prices().prices["http_api"]
    assert http_api.usd_for(Decimal(300_000_000)) == 300
    assert http_api.usd_for(Decimal(1_300_000_000)) == 300 + 900


def test_logs_become_cheaper_in_steps() -> None:
    """10 TB at 0.50, 20 TB at 0.25, 20 TB at 0.10, the rest at 0.05."""
    logs = load_prices().prices["logs"]
    assert logs.usd_for(Decimal(61_440)) == 5_120 + 5_120 + 2_048 + 512


@given(
    one=st.decimals(0, 10**12, places=3),
    other=st.decimals(0, 10**12, places=3),
    price=st.sampled_from(sorted(load_prices().prices.values(), key=repr)),
)
def test_more_never_costs_less(one: Decimal, other: Decimal, price: Price) -> None:
    less, more = sorted((one, other))
    assert 0 <= price.usd_for(less) <= price.usd_for(more)
