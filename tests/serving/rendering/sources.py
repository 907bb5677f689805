"""Templates in a dictionary, for who composes and renders them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from serving.logic.rendering.check import check
from serving.logic.rendering.compose import compose, member
from serving.logic.rendering.render import Rendering, render
from serving.logic.templates.model import Content, Selector, Template, Variable, Version

AT = datetime(2026, 3, 1, tzinfo=UTC)


class Shelf:
    """Versions by ``id@number``, and what labels point to by ``id@label``."""

    at = AT

    def __init__(self) -> None:
        self.versions: dict[str, Version] = {}
        self.asked: list[str] = []

    def put(self, name: str, body: str, *labels: str, variables: Any = (), tests: Any = ()) -> Version:
        """Keep a version under its name, such as ``base@3``, and labels."""
        template_id, number = name.split("@")
        version = Version(
            template_id=template_id,
            number=int(number),
            body=body,
            variables=variables,
            tests=tests,
            created_by="ann",
            created_at=AT,
        )
        for selector in (number, *labels):
            self.versions[f"{template_id}@{selector}"] = version
        return version

    def version(self, template_id: str, selector: Selector) -> Version | None:
        self.asked.append(f"{template_id}@{selector}")
        return self.versions.get(f"{template_id}@{selector}")

    def template(self, template_id: str) -> Template | None:
        raise NotImplementedError(f"rendering asks for versions only, not for {template_id}")

    def render(self, name: str, **values: Any) -> Rendering:
        return render(compose(member(self.versions[name]), self), values)

    def check(self, body: str, variables: Any = (), template_id: str = "new") -> list[str]:
        return [str(part) for part in check(template_id, Content(body=body, variables=variables), self)]


def strings(*names: str) -> list[Variable]:
    return [Variable(name=name) for name in names]


def typed(types: Mapping[str, str]) -> list[Variable]:
    return [Variable.model_validate({"name": name, "type": kind}) for name, kind in types.items()]
