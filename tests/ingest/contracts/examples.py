"""The contracts' example files, and what may be made of them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from ingest.contracts.generate import EXAMPLES
from ingest.contracts.registry import EVENTS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When the examples are taken to arrive."""


steady = settings(derandomize=True)
"""For every property: the same cases on each machine, however slow it is."""


def files(kind: str) -> list[Path]:
    return sorted(EXAMPLES.glob(f"*/{kind}/*.json"))


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return f"{path.parts[-3]}-{path.stem}"


GOOD: list[dict[str, Any]] = [load(path) for path in files("pass")]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)

_field_names = st.sampled_from(sorted({field for model in EVENTS.values() for field in model.model_fields}))
_odd_values = st.sampled_from(
    [
        10**30,
        -(10**4000),
        10**5000,
        float("nan"),
        float("-inf"),
        "\ud800",
        "é\n\r\u2028. " * 200,
        "2026-02-28T23:59:59.999999+14:00",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        {"\ud800": "\udfff"},
        {"analytics": False},
        {"content": False},
        {"analytics": "no", "\n": 1},
    ]
)


@st.composite
def nearly_events(draw: st.DrawFn) -> dict[str, Any]:
    """A good event in which some fields were replaced, added or lost."""
    event = dict(draw(st.sampled_from(GOOD)))
    for key in draw(st.lists(_field_names | st.text(), max_size=3)):
        event[key] = draw(json_values | _odd_values)
    for key in draw(st.lists(st.sampled_from(sorted(event)), max_size=1)):
        del event[key]
    return event


anything = nearly_events() | json_values
"""Whatever a door may hand over."""
