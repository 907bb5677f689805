"""Powertools' resolver, which also knows by which methods a path can be asked, and answers several threads at once."""

import re
from collections.abc import Callable, Mapping
from threading import Lock, local
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder, Route
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

_PARAMETER = re.compile(r"<\w+>")


class _AtHand(local):
    """The request that a thread is answering."""

    event: APIGatewayProxyEvent
    lambda_context: LambdaContext

    def __init__(self) -> None:  # once for each thread
        self.context: dict[str, Any] = {}


class Resolver(APIGatewayRestResolver):
    """Remembers what is registered, so that a wrong method can be told from a wrong path.

    Powertools keeps the request at hand in class attributes, as a Lambda takes one at a time. Here each thread has its
    own, so one resolver answers any number of them.
    """

    def __init__(self, **settings: Any) -> None:
        self._methods: dict[str, set[str]] = {}
        self._at_hand = _AtHand()
        self._building = Lock()
        super().__init__(**settings)

    @property
    def current_event(self) -> APIGatewayProxyEvent:  # type: ignore[override]
        return self._at_hand.event

    @property
    def lambda_context(self) -> LambdaContext:  # type: ignore[override]
        return self._at_hand.lambda_context

    @property
    def context(self) -> dict[str, Any]:
        return self._at_hand.context

    @context.setter
    def context(self, value: dict[str, Any]) -> None:
        self._at_hand.context = value

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request; safe to call from any thread."""
        self._at_hand.event = APIGatewayProxyEvent(dict(event), self._json_body_deserializer)
        self._at_hand.lambda_context = context
        return super().resolve(event, context)

    def route(self, rule: str, method: str | list[str] | tuple[str], *rest: Any, **more: Any) -> Callable[..., Any]:
        """Register a route, as the resolver does."""
        named = [method] if isinstance(method, str) else method
        self._methods.setdefault(rule, set()).update(name.upper() for name in named)
        return super().route(rule, method, *rest, **more)

    def methods(self, path: str) -> list[str]:
        """The methods by which a path can be asked; none where there is no such path. One that has a rule of its own is
        asked by that.
        """
        if path in self._methods:
            return sorted(self._methods[path])
        found = (names for rule, names in self._methods.items() if _pattern(rule).fullmatch(path))
        return sorted(set().union(*found))

    def _call_route(self, route: Route, route_arguments: dict[str, str]) -> ResponseBuilder[Any]:
        # A route wraps itself into its middlewares at its first request; two at once would wrap it twice.
        with self._building:
            if not route._middleware_stack_built:
                route._build_middleware_stack(self._router_middlewares, self)
        return super()._call_route(route, route_arguments)


def _pattern(rule: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, _PARAMETER.split(rule))))
