"""Any body renders within the bounds, or is refused with a sentence; nothing else ever comes out."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.logic.refused import RequestRefused
from serving.logic.rendering.filters import FILTERS, TESTS
from serving.logic.rendering.limits import MAX_CHARS, MAX_STEPS
from serving.logic.rendering.provenance import Span
from serving.logic.rendering.render import Rendering
from tests.serving.rendering.sources import Shelf, typed

VARIABLES = typed({"text": "string", "items": "list", "data": "object", "count": "integer"})
ATTACKS = [
    path.read_text(encoding="utf-8")[:400] for path in sorted((Path(__file__).parent / "attacks").glob("*.jinja"))
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(["text", "items", "data", "count", "x", "loop.index", "loop", "super()", "range(9)", "none"])
constants = st.sampled_from(
    ["0", "1", "-1", "9", "9999999", "1.5", "'a'", "'a.b'", "'upper'", "[]", "{}", "true", "''"]
)


def _expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(
        ["+", "-", "*", "/", "//", "%", "~", "==", "<", ">=", "and", "or", "in", "not in", "**"]
    )
    filters = st.sampled_from([*FILTERS, "attr", "center"])
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, filters).map("|".join),
        st.tuples(inner, filters, inner).map(lambda t: f"{t[0]}|{t[1]}({t[2]})"),
        st.tuples(inner, filters, inner, inner).map(lambda t: f"{t[0]}|{t[1]}({t[2]}, {t[3]})"),
        st.tuples(inner, st.sampled_from(["attribute", "d", "indent"]), inner).map(
            lambda t: f"{t[0]}|join({t[1]}={t[2]})"
        ),
        st.tuples(inner, st.sampled_from(sorted(name for name in TESTS if name.isalpha()))).map(" is ".join),
        st.tuples(inner, inner).map(lambda t: f"{t[0]}[{t[1]}]"),
        st.tuples(inner, inner, inner).map(lambda t: f"{t[0]}[{t[1]}:{t[2]}]"),
        st.tuples(inner, inner).map(lambda t: f"[{t[0]}, {t[1]}]"),
        st.tuples(inner, inner).map(lambda t: "{" + f"{t[0]}: {t[1]}" + "}"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"range({t[0]}, {t[1]})"),
        inner.map(lambda e: f"-{e}"),
        inner.map(lambda e: f"{e}.a"),
    )


expressions = st.recursive(names | constants, _expressions, max_leaves=8)
plain = st.text(max_size=12) | st.sampled_from(["{", "}}", "{%", "{{ '", "{#", "\r\n", "{% endif %}"])


def _statements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(expressions, inner).map(lambda t: f"{{% for x in {t[0]} %}}{t[1]}{{% endfor %}}"),
        st.tuples(expressions, inner).map(lambda t: f"{{% if {t[0]} %}}{t[1]}{{% endif %}}"),
        st.tuples(expressions, inner).map(lambda t: f"{{% set x = {t[0]} %}}{t[1]}"),
        inner.map(lambda b: f"{{% set x %}}{b}{{% endset %}}{{{{ x }}}}"),
        inner.map(lambda b: f"{{% block a %}}{b}{{% endblock %}}"),
        inner.map(lambda b: f"{{% extends 'base@1' %}}{{% block a %}}{b}{{% endblock %}}"),
        inner.map(lambda b: f"{b}{{% include 'part@1' %}}"),
        st.tuples(inner, inner).map("".join),
    )


bodies = st.recursive(expressions.map(lambda e: f"{{{{ {e} }}}}") | plain, _statements, max_leaves=8)


@st.composite
def damaged_attacks(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from(ATTACKS))
    at = draw(st.integers(0, len(body)))
    return body[:at] + draw(plain) + body[at + draw(st.integers(0, 8)) :]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=bodies | damaged_attacks() | st.text(),
    text=st.text(),
    items=st.lists(json_values, max_size=5),
    data=st.dictionaries(st.text(max_size=5), json_values, max_size=5),
    count=st.integers(-(2**63), 2**63 - 1),
)
def test_any_body_renders_within_bounds_or_is_refused(
    body: str, text: str, items: object, data: object, count: int
) -> None:
    shelf = Shelf()
    shelf.put("base@1", "[{% block a %}{{ text }}{% endblock %}]", variables=typed({"text": "string"}))
    shelf.put("part@1", "({{ text }})", variables=typed({"text": "string"}))
    for name in ("a@1", "b@1"):
        shelf.put(name, name)
    shelf.put("any@1", body, variables=VARIABLES)
    outcome = saved_and_rendered(shelf, body, {"text": text, "items": items, "data": data, "count": count})
    if isinstance(outcome, RequestRefused):
        assert outcome.code.startswith("template_")
        assert str(outcome)
    else:
        assert outcome.steps <= MAX_STEPS
        assert len(outcome.text) <= MAX_CHARS
        assert without_gaps(outcome.spans, len(outcome.text))


def saved_and_rendered(shelf: Shelf, body: str, values: dict[str, object]) -> Rendering | RequestRefused:
    try:
        shelf.check(body, VARIABLES, "any")
        return shelf.render("any@1", **values)
    except RequestRefused as refused:
        return refused


def without_gaps(spans: tuple[Span, ...], chars: int) -> bool:
    ends = [0, *(span.end for span in spans)]
    return [span.start for span in spans] == ends[:-1] and ends[-1] == chars and all(s.end > s.start for s in spans)
