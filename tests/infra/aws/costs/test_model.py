"""What holds of every bill, and what the architecture must cost by hand."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.aws.costs.assumptions import Fixed, Given, Instead, load_assumptions
from infra.aws.costs.model import Bill, bill, scenarios, uses
from infra.aws.costs.prices import load_prices
from infra.aws.costs.usage import ROOMS, Scenario

ASSUMED, PRICES = load_assumptions(), load_prices()
MONTHS = scenarios(ASSUMED)
CENT = Decimal("0.01")

EVENTS = st.one_of(st.integers(0, 10**5), st.integers(0, 10**9), st.integers(0, 10**12)).map(Decimal)
ANY_MONTH = st.builds(
    Scenario,
    events=EVENTS,
    builds=st.integers(1, 3_000).map(Decimal),
    people=st.integers(0, 1_000).map(Decimal),
    door=st.sampled_from(("direct", "http")),
    is_packed=st.booleans(),
)

properties = settings(max_examples=200)


def billed(month: Scenario, given: Given = ASSUMED.given, fixed: Mapping[str, Fixed] = ASSUMED.fixed.default) -> Bill:
    return bill(month, given, fixed, PRICES)


def usd(of: Bill, price: str, part: str) -> Decimal:
    (line,) = (line for line in of.lines if (line.use.price, line.use.part) == (price, part))
    return line.usd


@properties
@given(month=ANY_MONTH, more=EVENTS)
def test_cost_never_falls_when_events_grow(month: Scenario, more: Decimal) -> None:
    assert billed(month).total_usd <= billed(replace(month, events=month.events + more)).total_usd


@properties
@given(month=ANY_MONTH)
def test_packed_never_costs_more_than_unpacked(month: Scenario) -> None:
    packed, unpacked = (billed(replace(month, is_packed=is_packed)) for is_packed in (True, False))
    assert packed.total_usd <= unpacked.total_usd


@properties
@given(month=ANY_MONTH)
def test_lines_sum_to_the_total_to_the_cent(month: Scenario) -> None:
    of = billed(month)
    assert of.total_usd == sum(of.usd_of(room) for room in ROOMS) == of.total_usd.quantize(CENT)
    assert all(line.usd >= 0 for line in of.lines)


@properties
@given(month=ANY_MONTH)
def test_idle_is_part_of_the_total_and_free_tiers_never_more_than_it(month: Scenario) -> None:
    of = billed(month)
    assert of.idle_usd <= of.total_usd
    assert of.free_usd <= of.total_usd + CENT * len(of.lines)


@pytest.mark.parametrize("month", MONTHS, ids=lambda month: f"{month.events}-{month.way}")
def test_every_line_of_a_scenario_has_a_price(month: Scenario) -> None:
    assert {use.price for use in uses(month, ASSUMED.given, ASSUMED.fixed.default)} <= PRICES.prices.keys()


def test_what_has_no_price_is_no_bill() -> None:
    without = PRICES.model_copy(update={"prices": {k: v for k, v in PRICES.prices.items() if k != "athena"}})
    with pytest.raises(KeyError, match="athena"):
        bill(MONTHS[0], ASSUMED.given, ASSUMED.fixed.default, without)


def test_a_month_of_nothing_costs_the_idle_part_and_each_charge_of_it_is_named() -> None:
    nothing = replace(MONTHS[0], events=Decimal(0), people=Decimal(0))
    of = billed(nothing)
    assert of.total_usd == of.idle_usd == billed(MONTHS[0]).idle_usd
    charged = {(line.use.part, line.use.price) for line in of.lines if line.use.quantity}
    assert charged == {("always", name) for name in ASSUMED.fixed.default} | {
        ("hourly figures", "metric"),
        ("daily figures", "metric"),
        ("workflow", "step_functions"),
        ("doctor, backup", "lambda_duration"),
    }


def test_what_is_opt_in_is_in_no_total() -> None:
    """But a price of each is there, so that the page can say what it would add."""
    only_opt_in = ASSUMED.fixed.opt_in.keys() - ASSUMED.fixed.default.keys()
    assert only_opt_in
    for month in MONTHS:
        assert not only_opt_in & {line.use.price for line in billed(month).lines}
    assert ASSUMED.fixed.opt_in.keys() <= PRICES.prices.keys()


def test_no_total_has_quicksight_in_it() -> None:
    for month in MONTHS:
        assert not any(line.use.price.startswith("quicksight") for line in billed(month).lines)


def test_an_event_alone_is_billed_as_a_whole_step() -> None:
    """A million records of 5,120 bytes are 4.77 GB, at 0.029 and at 0.018."""
    month = Scenario(Decimal(1_000_000), Decimal(730), Decimal(1), "direct", is_packed=False)
    of = billed(month)
    assert (usd(of, "firehose_ingest", "streams"), usd(of, "firehose_conversion", "streams")) == (
        Decimal("0.14"),
        Decimal("0.09"),
    )


def test_a_request_for_each_event_is_billed_as_one() -> None:
    month = Scenario(Decimal(400_000_000), Decimal(730), Decimal(1), "http", is_packed=False)
    assert usd(billed(month), "http_api", "collector's HTTP API") == 300 + 90
    assert usd(billed(month), "lambda_requests", "collector") == 80


def test_direct_uses_neither_api_nor_collector() -> None:
    for month in MONTHS:
        if month.door == "direct":
            assert usd(billed(month), "http_api", "collector's HTTP API") == 0
            assert usd(billed(month), "lambda_duration", "collector") == 0


def test_a_build_with_nothing_new_is_skipped() -> None:
    many, few = (Scenario(Decimal(10), Decimal(builds), Decimal(0), "direct", is_packed=True) for builds in (730, 10))
    assert usd(billed(many), "lambda_duration", "builds") == usd(billed(few), "lambda_duration", "builds")
    assert usd(billed(many), "step_functions", "workflow") > usd(billed(few), "step_functions", "workflow")


def test_builds_that_lambda_would_cut_off_run_on_glue() -> None:
    small, large = (billed(replace(MONTHS[0], events=Decimal(events))) for events in (10**6, 10**11))
    for of, is_glue in ((small, False), (large, True)):
        for part in ("builds", "maintain"):
            assert (usd(of, "glue_flex", part) > 0) is is_glue
            assert (usd(of, "lambda_duration", part) > 0) is not is_glue


def test_every_assumption_is_used() -> None:
    read: set[str] = set()

    class Noted(Given):
        def __getattr__(self, name: str) -> Decimal:
            read.add(name)
            return super().__getattr__(name)

    values = {name: one.value for part in ASSUMED.assumptions.values() for name, one in part.items()}
    for month in MONTHS:
        list(uses(month, Noted(values), {}))
    assert values.keys() - read == set()


def test_no_assumption_is_named_twice() -> None:
    names = [name for part in ASSUMED.assumptions.values() for name in part]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("choice", ASSUMED.instead, ids=lambda choice: choice.text)
def test_every_other_choice_changes_something(choice: Instead) -> None:
    months = [month for month in MONTHS if month.door == choice.door and month.is_packed]
    changed = ASSUMED.given.but(choice.changed)
    totals = [
        (billed(month).total_usd, billed(replace(month, builds=choice.builds or month.builds), changed).total_usd)
        for month in months
    ]
    assert any(before != after for before, after in totals)


def test_a_choice_of_what_is_no_assumption_is_refused() -> None:
    with pytest.raises(KeyError, match="There is no assumption 'lingers'"):
        ASSUMED.given.but({"lingers": Decimal(1)})
