"""A version and values become text."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from jinja2 import Template, TemplateRuntimeError

from serving.logic.refused import RequestRefused
from serving.logic.rendering.compose import Composition
from serving.logic.rendering.meter import Meter
from serving.logic.rendering.provenance import Span, joined, spans
from serving.logic.rendering.refusals import VALUES, Unrenderable, template_refused
from serving.logic.rendering.sandbox import Sandbox
from serving.logic.rendering.variables import bind


@dataclass(frozen=True, slots=True)
class Rendering:
    """A text, where each part of it comes from, and what it took."""

    text: str
    spans: tuple[Span, ...]
    members: Mapping[str, str]
    """The version that was used, such as ``base@3``, by what refers to it, such as ``base@production``."""
    steps: int


def render(composition: Composition, given: Mapping[str, Any]) -> Rendering:
    """Render a version.

    Args:
        composition: the version with its parts, as :func:`serving.logic.rendering.compose.compose` gives it.
        given: JSON values of its variables, by name.

    Raises:
        RequestRefused: a value is missing or does not fit, or the template asks for more than is allowed.
    """
    values = bind(composition.variables, given)
    meter = Meter()
    sandbox = Sandbox(meter, composition.bodies)
    try:
        template = sandbox.get_template(composition.root.name)
        text = joined(template.root_render_func(template.new_context(values)))  # type: ignore[arg-type]
    except Unrenderable as refusal:
        raise _refused(refusal, refusal.code) from refusal
    # What Jinja and Python say when values do not fit what is done to them; the sandbox lets nothing else run.
    except (TemplateRuntimeError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise _refused(error, VALUES) from error
    used = {reference: member.name for reference, member in composition.members.items()}
    return Rendering(str.__str__(text), tuple(spans(text)), used, meter.steps)


def _refused(error: Exception, code: str) -> RequestRefused:
    template, line = _place(error.__traceback__)
    return template_refused(code, str(error) or type(error).__name__, template, line)


def _place(traceback: TracebackType | None) -> tuple[str, int | None]:
    """The template and the line that was at work, the innermost one."""
    place: tuple[str, int | None] = "", None
    while traceback is not None:
        template = traceback.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            place = template.name or "", template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return place
