"""Powertools' resolver, which also knows by which methods a path can be asked."""

import re
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

_PARAMETER = re.compile(r"<\w+>")


class Resolver(APIGatewayRestResolver):
    """Remembers what is registered, so that a wrong method can be told from a wrong path."""

    def __init__(self, **settings: Any) -> None:
        self._methods: dict[str, set[str]] = {}
        super().__init__(**settings)

    def route(self, rule: str, method: str | list[str] | tuple[str], *rest: Any, **more: Any) -> Callable[..., Any]:
        """Register a route, as the resolver does."""
        named = [method] if isinstance(method, str) else method
        self._methods.setdefault(rule, set()).update(name.upper() for name in named)
        return super().route(rule, method, *rest, **more)

    def methods(self, path: str) -> list[str]:
        """The methods by which a path can be asked; none where there is no such path."""
        found = (names for rule, names in self._methods.items() if _pattern(rule).fullmatch(path))
        return sorted(set().union(*found))


def _pattern(rule: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, _PARAMETER.split(rule))))
