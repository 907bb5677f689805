"""``docs/cost.md`` is what the model says, and reads as it should."""

import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from infra.aws.costs.assumptions import load_assumptions
from infra.aws.costs.page import DOCS, render
from infra.aws.costs.prices import load_prices

FILES = render(load_assumptions(), load_prices())
PAGE = FILES["cost.md"]
README = DOCS.parent / "README.md"


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_committed_page_is_not_stale(name: str) -> None:
    path = DOCS / name
    assert path.is_file(), f"docs/{name} is missing: run make costs."
    assert path.read_text(encoding="utf-8") == FILES[name], f"docs/{name} is stale: run make costs."


def tables() -> dict[str, list[list[str]]]:
    """The rows of each table line by line, by scale."""
    sections = re.split(r"^### ", PAGE.split("## Line by line")[1].split("\n## ")[0], flags=re.MULTILINE)[1:]
    return {
        section.splitlines()[0]: [
            [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"
        ][2:]
        for section in sections
    }


def dollars(cell: str) -> Decimal:
    return Decimal(cell.strip("*").replace(",", ""))


def test_the_lines_of_each_table_add_up_to_its_last_row_and_to_the_short_table() -> None:
    short = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if " direct | " in line
    ]
    for scale, rows in tables().items():
        *lines, last = rows
        sums = [sum(dollars(line[way]) for line in lines) for way in range(4, 8)]
        assert sums == [dollars(cell) for cell in last[4:8]]
        packed_direct = next(row for row in short if row[:2] == [scale, "packed direct"])
        assert sums[0] == dollars(packed_direct[2])


def test_every_scale_has_its_lines() -> None:
    assert list(tables()) == [scale.name for scale in load_assumptions().scenarios]


def test_what_is_missed_is_said_before_what_is_met() -> None:
    verdicts = re.findall(r"\| (met|\*\*missed\*\*) \|$", PAGE, flags=re.MULTILINE)
    assert verdicts == sorted(verdicts)
    assert len(verdicts) == 9


def test_every_assumption_and_every_price_is_on_the_page() -> None:
    for part in load_assumptions().assumptions.values():
        for name in part:
            assert f"| `{name}` |" in PAGE
    for price in load_prices().prices.values():
        assert f"| {price.service}, {price.what} |" in PAGE


def test_the_chart_is_a_picture_with_a_bar_for_each_month_and_says_its_totals() -> None:
    root = ElementTree.fromstring(FILES["cost.svg"])  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    said = "".join(element.text or "" for element in root.iter(f"{space}text"))
    for total in re.findall(r"^\| \d+ \w+ \| \w+ \w+ \| ([\d,.]+) \|", PAGE, flags=re.MULTILINE):
        assert f"${total}" in said


def test_the_readme_leads_to_it() -> None:
    assert "(docs/cost.md)" in README.read_text(encoding="utf-8")
