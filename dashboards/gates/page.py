"""What the gate found as one self-contained page of HTML, without a script."""

from functools import cache
from importlib.resources import files

from jinja2 import Template

from dashboards import templates
from dashboards.gates.collect import GateHistory
from dashboards.reports import units

_MARKS = {"passed": "✓", "warned": "!", "failed": "✗"}
_TONES = {"passed": "good", "warned": "fair", "failed": "poor"}


def render(history: GateHistory) -> str:
    """The page; where no build has asked the gate yet, one that says what to do."""
    return _template().render(history=history)


@cache
def _template() -> Template:
    environment = templates.environment()
    environment.globals.update(units=units, marks=_MARKS, tones=_TONES)
    return environment.from_string((files(__package__) / "page.html.j2").read_text())
