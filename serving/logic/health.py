"""Whether all parts work. Light, for it is asked often, and by who starts a server."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Component:
    """A part that can be up or down."""

    name: str
    problem: str | None = None
    """What is wrong with it now, in sentences; None where it is up."""

    @property
    def is_up(self) -> bool:
        return self.problem is None


Probe = Callable[[], Sequence[Component]]
"""Looks at all parts. What can't be reached is a component with a problem, never an exception."""


def health(components: Sequence[Component]) -> dict[str, Any]:
    """For machines, as JSON values; see :class:`serving.status_schemas.Health`."""
    problems = [component.problem for component in components if component.problem]
    return {
        "status": "degraded" if problems else "ok",
        "problem": " ".join(problems) or None,
        "components": [told(component) for component in components],
    }


def told(component: Component) -> dict[str, Any]:
    return asdict(component) | {"is_up": component.is_up}
