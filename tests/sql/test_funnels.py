"""Funnels as owners declare them, and what holds of them whatever people do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.catalog import models
from sql.funnels.file import SHIPPED, FunnelError, funnels_in_folder, funnels_of, read_funnels
from sql.funnels.model import CONDITIONS, DIMENSIONS, KINDS, MAX_STEPS, TABLE, Funnel, Step, rows
from sql.given import GIVEN
from tests.sql.cases import Input, Row
from tests.sql.test_cases import on_duckdb

PATH = Path("funnels.yaml")
START = datetime(2026, 3, 1, 23, 50)  # noqa: DTZ001 - SQL's TIMESTAMP has no zone


def declared(*, steps: str = "", window: str = "1 day", more: str = "") -> str:
    first = "{step: visit, kind: behavior, action: page_view}"
    second = steps or "{step: prompt, kind: execution}"
    return f"funnels:\n  way:\n    window: {window}\n    steps:\n      - {first}\n      - {second}\n{more}"


def test_those_that_every_lake_has_can_be_read_and_give_way_to_the_owners(tmp_path: Path) -> None:
    assert [funnel.name for funnel in funnels_in_folder(tmp_path)] == ["useful_answer", "praised_answer"]
    (tmp_path / "funnels.yaml").write_text(declared())
    assert funnels_in_folder(tmp_path) == (
        Funnel("way", 86_400, (Step("visit", "behavior", (("action", ("page_view",)),)), Step("prompt", "execution"))),
    )


def test_alternatives_are_rows_and_stars_are_patterns() -> None:
    text = declared(steps="{step: went, kind: behavior, page: ['/a_%!/*', /b], name: [x, 7]}", window="90 minutes")
    table = [dict(zip(GIVEN[TABLE], row, strict=True)) for row in rows(funnels_of(text, PATH))]
    assert {(row["page"], row["name"]) for row in table[1:]} == {
        ("/a!_!%!!/%", "x"),
        ("/a!_!%!!/%", "7"),
        ("/b", "x"),
        ("/b", "7"),
    }
    assert {row["window_ms"] for row in table} == {5_400_000}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (declared(window="0 days"), "3: the window is empty: nobody could take a second step; give a longer one"),
        (declared(window=""), "3: the window 'None' is no time; give one such as 30 minutes, 12 hours or 7 days"),
        (declared(window="8 days"), "3: the window '8 days' is longer than 7 days, as far as entries are followed"),
        (declared(window="7"), "3: the window '7' is no time; give one such as 30 minutes, 12 hours or 7 days"),
        (
            declared(steps="{step: x, kind: behaviour}"),
            "6: there is no step of kind 'behaviour'; did you mean behavior?",
        ),
        (
            declared(steps="{step: x, kind: behavior, action: pageview}"),
            "6: no behavior has the action 'pageview'; did you mean page_view?",
        ),
        (declared(steps="{step: x, kind: execution, page: /}"), "6: a step of kind execution has no page"),
        (declared(steps="{step: x, kind: behavior, pages: /}"), "6: a step has no 'pages'; did you mean page?"),
        (
            declared(steps="{step: x, kind: behavior, page: []}"),
            "6: page names nothing, so that nobody could take the step",
        ),
        (
            declared(steps="{step: x, kind: behavior, page: 2026-01-01}"),
            "6: page takes a text, or a list of them, not '2026-01-01'",
        ),
        (declared(steps="{step: visit, kind: execution}"), "6: the funnel has a step 'visit' already"),
        (declared(steps="{step: x}"), "6: a step needs kind"),
        (declared(steps="visit"), f"6: a step takes {', '.join(('step', 'kind', *CONDITIONS))}, each with a value"),
        (declared(more="    by: [device, device]"), "7: by names device twice"),
        (
            declared(more="    by: [country]"),
            "7: there is no dimension 'country'; there are feature, template_id, template_version, device",
        ),
        (declared(more="    within: 1 day"), "7: the funnel way has no 'within'; there are window, by, steps"),
        (declared(more="  way:\n    window: 1 day"), "7: 'way' stands in line 2 already"),
        (declared(more="    window: 2 days"), "7: 'window' stands in line 3 already"),
        ("funnels:\n  Way: {}", "2: 'Way' can't name a funnel; take small letters, digits and _, at most 64"),
        ("funnels:\n  way:\n    window: 1 day\n    steps: []", "4: a funnel takes a list of 2 to 8 steps"),
        ("funnels: {}", "1: funnels takes funnels by name; declare one, or take the file away"),
        ("funnel: {}", "1: a file of funnels has no 'funnel'; did you mean funnels?"),
        ("", "1: a file of funnels takes funnels, each with a value"),
        ("funnels: [", "1: this is not YAML (expected the node content, but found '<stream end>')"),
    ],
)
def test_what_can_be_no_funnel_is_one_sentence_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(FunnelError) as caught:
        funnels_of(text, PATH)
    assert str(caught.value) == f"funnels.yaml:{sentence}"


def test_what_is_no_text_or_too_much_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "funnels.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FunnelError, match="is no text in UTF-8"):
        read_funnels(path)
    for text in ("[" * 50_000, "# " + "x" * 100_000):
        with pytest.raises(FunnelError, match=r"^funnels.yaml(:1)?( is not YAML| has more than|: this is not YAML)"):
            funnels_of(text, PATH)


_WORDS = st.sampled_from(
    [
        "funnels",
        "way",
        "window",
        "1 day",
        "0 day",
        "steps",
        "by",
        "step",
        "kind",
        "behavior",
        "page",
        "device",
        "a*",
        "\x85",
    ]
)
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | _WORDS | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS | st.integers(), inner, max_size=4),
    max_leaves=20,
)
_STEP = st.fixed_dictionaries({"step": _WORDS | _ANY, "kind": st.sampled_from(KINDS) | _ANY}, optional={"page": _ANY})
_FUNNEL = st.fixed_dictionaries({"window": _ANY, "steps": st.lists(_STEP, max_size=4) | _ANY}, optional={"by": _ANY})
_DOCUMENT = _ANY | st.fixed_dictionaries({"funnels": st.dictionaries(_WORDS, _FUNNEL, max_size=3) | _ANY})


@settings(max_examples=150, deadline=None)
@given(_DOCUMENT.map(lambda document: yaml.safe_dump(document, allow_unicode=True)) | st.text(max_size=200))
def test_any_file_is_funnels_or_one_sentence(text: str) -> None:
    found: tuple[Funnel, ...] = ()
    try:
        found = funnels_of(text, PATH)
    except FunnelError as error:
        refusal = str(error)
    assert found or (refusal.startswith("funnels.yaml") and "\n" not in refusal)
    assert all(2 <= len(funnel.steps) <= MAX_STEPS and funnel.window_s > 0 for funnel in found)
    assert all(len(row) == len(GIVEN[TABLE]) for row in rows(found))


ACTS = st.lists(
    st.tuples(
        st.integers(0, 40).map(lambda minutes: START + timedelta(minutes=minutes)),
        st.sampled_from(["ann", "bob"]),
        st.sampled_from(["/a", "/b", "/c"]),
    ),
    min_size=1,
    max_size=14,
)
PAGES = st.lists(st.sampled_from(["/a", "/b", "/c"]), min_size=2, max_size=5)


def followed(
    acts: Sequence[tuple[datetime, str, str]], pages: Sequence[str], window: timedelta
) -> dict[tuple[str, int], int]:
    """How many people reach each step, by day, told act by act."""
    reached: dict[tuple[str, int], int] = {}
    days = sorted({(at.date(), person) for at, person, page in acts if page == pages[0]})
    for day, person in days:
        at = began = min(a for a, who, page in acts if who == person and page == pages[0] and a.date() == day)
        reached[str(day), 1] = reached.get((str(day), 1), 0) + 1
        for number, wanted in enumerate(pages[1:], 2):
            later = [a for a, who, page in acts if who == person and page == wanted and at < a <= began + window]
            if not later:
                break
            at = min(later)
            reached[str(day), number] = reached.get((str(day), number), 0) + 1
    return reached


@settings(max_examples=15, deadline=None)
@given(ACTS, PAGES, st.integers(1, 30))
def test_a_funnel_never_widens_and_counts_as_somebody_who_follows_each_person(
    acts: list[tuple[datetime, str, str]], pages: list[str], minutes: int
) -> None:
    steps = tuple(Step(f"{n}", "behavior", (("page", (page,)),)) for n, page in enumerate(pages, 1))
    table = [dict(zip(GIVEN[TABLE], row, strict=True)) for row in rows([Funnel("f", minutes * 60, steps)])]
    silver: list[Row] = [
        {"event_id": f"{n}", "occurred_at": at, "environment": "e", "action": "page_view", "page": page, "user_id": who}
        for n, (at, who, page) in enumerate(acts)
    ]
    types = {name: {c: spec.type for c, spec in models()[name].columns.items()} for name in models()}
    given_rows = {"silver.behavior": silver}
    names = ["prompt_execution", "feedback", "behavior", "web_vital"]
    inputs = {f"silver.{n}": Input(types[f"silver.{n}"], given_rows.get(f"silver.{n}", [])) for n in names}
    inputs |= {TABLE: Input(GIVEN[TABLE], table), "price.model_price": Input(GIVEN["price.model_price"], [])}
    found = on_duckdb(models()["gold.funnels"], inputs)
    told = {(str(row["day"]), row["step_number"]): row["funnel_reached"] for row in found if row["funnel_reached"]}
    assert told == followed(acts, pages, timedelta(minutes=minutes))
    for row in found:
        assert row["funnel_reached"] <= row["funnel_reached_before"] <= row["funnel_entries"]
    by_step = [sum(row["funnel_reached"] for row in found if row["step_number"] == n) for n in range(1, len(pages) + 1)]
    assert by_step == sorted(by_step, reverse=True)


def test_the_shipped_funnels_are_told_apart_by_what_they_may() -> None:
    assert all(set(funnel.by) <= set(DIMENSIONS) for funnel in read_funnels(SHIPPED))
