"""Values as people read them."""

import pytest

from dashboards.reports import units
from dashboards.reports.data import Figure
from sql.catalog import metrics


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "share", "–"),
        ("name", None, "name"),
        (0, "US dollars", "$0"),
        (0.00000123, "US dollars", "$0.0000012"),
        (0.0045, "US dollars", "$0.0045"),
        (0.0384, "US dollars", "$0.038"),
        (1234.5, "US dollars", "$1,234.50"),
        (99999, "US dollars", "$100k"),
        (-2, "US dollars", "−$2.00"),
        (0.0333, "share", "3.33%"),
        (1, "share", "100%"),
        (0.00001, "share", "<0.01%"),
        (0.0753, "difference", "+7.53%"),
        (-0.2, "difference", "−20%"),
        (0.0000001, "difference", "±0%"),
        (999, "milliseconds", "999 ms"),
        (1190, "milliseconds", "1.19 s"),
        (90_000, "milliseconds", "1.5 min"),
        (7200, "seconds", "2 h"),
        (9999, "executions", "9,999"),
        (12_345, "executions", "12.3k"),
        (999_999, "tokens", "1M"),
        (6.66e9, "tokens", "6.66B"),
        (123_456, "events", "123,456"),
        (0.31, "score", "0.31"),
    ],
)
def test_text(value: float | str | None, unit: str | None, expected: str) -> None:
    assert units.text(value, unit) == expected


def test_a_long_name_keeps_its_end() -> None:
    assert units.short("fireworks_ai/accounts/fireworks/models/deepseek-r1", 24) == "firework…els/deepseek-r1"
    assert units.short("short", 24) == "short"


@pytest.mark.parametrize(
    ("name", "now", "before", "expected"),
    [
        ("cost_usd", 3, 2, "+50%"),
        ("cost_usd", 1, 2, "−50%"),
        ("cost_usd", 2, 2, "±0%"),
        ("cost_usd", 2, 0, "was 0"),
        ("cost_usd", 0, 0, "unchanged"),
        ("cost_usd", 2, None, ""),
        ("error_rate", 0.03, 0.01, "+2 pp"),
        ("nps", 10, -20, "+150%"),
    ],
)
def test_change(name: str, now: float, before: float | None, expected: str) -> None:
    assert units.change(Figure(metrics()[name], now, before)) == expected
