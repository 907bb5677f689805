"""How every page is made: templates that escape what they are given and miss nothing, in one style."""

from importlib.resources import files

from jinja2 import BaseLoader, Environment, StrictUndefined
from markupsafe import Markup


def environment() -> Environment:
    """Templates may put ``style`` where their own style begins."""
    made = Environment(
        loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals.update(style=Markup(style()))  # noqa: S704 - our own file
    return made


def style() -> str:
    """CSS of colours, light and dark, and of what all pages have."""
    return (files(__package__) / "style.css").read_text()
