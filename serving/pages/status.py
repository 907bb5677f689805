"""The status as one self-contained page."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from serving.pages.bars import bars


def render(found: Mapping[str, Any]) -> str:
    """The page of what :func:`serving.logic.status.status` gives."""
    return _template().render(found)


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(ago=_ago, minute=_minute)
    environment.globals.update(arrivals=_arrivals)
    return environment.from_string((files(__package__) / "status.html.j2").read_text())


def _ago(seconds: int) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def _minute(time: str) -> str:
    return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _arrivals(label: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    return bars(label, [(row["period"], row["received"], row["quarantined"]) for row in rows])
