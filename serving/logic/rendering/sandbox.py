"""Jinja's sandbox, closed further: values are data without attributes, and all that is done to them is metered."""

import operator
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import lru_cache, wraps
from types import CodeType
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateSyntaxError, Undefined, pass_context
from jinja2.runtime import BlockReference, Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment

from serving.logic.rendering.filters import FILTERS, ITEMWISE, SHALLOW_FILTERS, SHALLOW_TESTS, TESTS, as_text
from serving.logic.rendering.instrument import CONCAT, CUT, EACH, SPEND, WEIGH, WRITE, instrument
from serving.logic.rendering.limits import CHARS_PER_STEP, MAX_RANGE
from serving.logic.rendering.meter import BOUND, Meter, check_length
from serving.logic.rendering.provenance import Origin, Text, joined
from serving.logic.rendering.refusals import VALUES, Unrenderable, template_refused
from serving.logic.rendering.syntax import SYNTAX, parse

_LOOP = frozenset(
    {"depth", "depth0", "first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex", "revindex0"}
)
_BODIES_KEPT = 64

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


class Sandbox(SandboxedEnvironment):
    """For one rendering.

    Args:
        meter: what the rendering is booked on.
        bodies: name and body of each template, by what ``extends`` and ``include`` call it.
    """

    concat = staticmethod(joined)  # type: ignore[assignment]
    intercepted_binops = frozenset(_OPERATORS)
    intercepted_unops = frozenset("+-")

    def __init__(self, meter: Meter, bodies: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(
            loader=_Loader(bodies),
            undefined=StrictUndefined,
            autoescape=False,
            optimized=False,  # nothing is computed while compiling, where nothing is metered
            keep_trailing_newline=True,  # plain text renders as itself
            cache_size=-1,
            auto_reload=False,
        )
        self.meter = meter
        self.globals = {"range": self._range}
        self.filters = self._metered(FILTERS, SHALLOW_FILTERS) | self._hooks()
        self.tests = self._metered(TESTS, SHALLOW_TESTS)

    def _metered(self, functions: Mapping[str, Any], free: frozenset[str]) -> dict[str, Any]:
        return {name: of if name in free else self._paying(name, of) for name, of in functions.items()}

    def _paying(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        weigh, is_itemwise = self.meter.weigh, name in ITEMWISE

        @wraps(function)  # takes along what Jinja is to pass first
        def metered(*arguments: Any, **named: Any) -> Any:
            for argument in (*arguments, *named.values()):
                weigh(argument)
            if is_itemwise:
                self._pay_for_each(*arguments, *named.values())
            try:
                result = function(*arguments, **named)
                result = list(result) if isinstance(result, Iterator) else result
            except (TypeError, ValueError, AttributeError, AssertionError) as error:
                # Jinja's filters take for granted what they are applied to.
                raise Unrenderable(f"{name} can't be applied here ({error})", VALUES) from error
            return weigh(result)

        return metered

    def _pay_for_each(self, *arguments: Any) -> None:
        items, *others = [one for one in arguments if not isinstance(one, Context | Environment)]
        chars = sum(len(one) for one in others if isinstance(one, str))
        if isinstance(items, list | tuple | dict | str):
            self.meter.spend(len(items) * chars // CHARS_PER_STEP * 8)

    def _hooks(self) -> dict[str, Callable[..., Any]]:
        meter = self.meter

        def each(items: Any, size: int) -> Any:
            if isinstance(items, Undefined):
                return iter(items)  # says which
            if not isinstance(items, list | tuple | dict | str):
                raise Unrenderable("a loop needs a list, an object or a text")
            meter.spend(len(items) * size)
            return items

        def concat(values: list[Any]) -> str:
            texts = [as_text(value) for value in values]
            check_length(sum(map(len, texts)))
            text: str = meter.weigh("".join(texts))
            return text

        def cut(value: Any, start: int | None, stop: int | None, step: int | None) -> Any:
            if not isinstance(value, str | list | tuple):
                raise Unrenderable("only a text or a list can be sliced")
            return meter.weigh(value[start:stop:step])

        # Passed the context so that Jinja does not run it while compiling.
        @pass_context
        def write(_: Context, value: Any, template: str, block: str | None, line: int, is_value: bool) -> Text:
            if isinstance(value, Text):
                meter.spend(len(value.pieces))
                meter.write(len(value))
                return value
            text = as_text(value)
            meter.write(len(text))
            return Text(text, [(len(text), Origin(template, block, line, is_value))] if text else [])

        return {CONCAT: concat, CUT: cut, EACH: each, SPEND: meter.spend, WEIGH: meter.weigh, WRITE: write}

    def _range(self, *bounds: int) -> list[int]:
        numbers = range(*bounds)
        try:
            length = len(numbers)
        except OverflowError:
            length = MAX_RANGE + 1
        if length > MAX_RANGE:
            raise Unrenderable(f"a range has more than {MAX_RANGE:,} numbers", BOUND)
        self.meter.spend(length)
        return list(numbers)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What an object of the data has under a name; never an attribute of Python's."""
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """What a list has at an index, or an object under a name."""
        if isinstance(obj, Undefined):
            obj._fail_with_undefined_error()
        fits = (str, int, float) if isinstance(obj, dict) else int
        if isinstance(obj, dict | list | tuple | str) and isinstance(argument, fits):
            try:
                return obj[argument]  # type: ignore[index]
            except LookupError:
                pass
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether it is ``range`` or ``super``."""
        if isinstance(obj, Undefined):
            raise Unrenderable("super() is only within a block that takes the place of another")
        return obj == self._range or isinstance(obj, BlockReference)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002
        """Numbers are computed with, texts and lists put together with ``+``."""
        if isinstance(left, Undefined) or isinstance(right, Undefined):
            return left + right  # says which
        of_numbers = isinstance(left, int | float) and isinstance(right, int | float)
        of_sequences = (
            operator == "+"
            and isinstance(left, str | list | tuple)
            and isinstance(right, str if isinstance(left, str) else type(left))
        )
        if not of_numbers and not of_sequences:
            raise Unrenderable(f"{operator} can't be applied to these values; convert them before")
        if of_sequences:
            check_length(len(left) + len(right))
        return self.meter.weigh(_OPERATORS[operator](left, right))

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """Numbers have a sign."""
        if not isinstance(arg, int | float | Undefined):
            raise Unrenderable(f"{operator} needs a number")
        return super().call_unop(context, operator, arg)


class _Loader(BaseLoader):
    def __init__(self, bodies: Mapping[str, tuple[str, str]]) -> None:
        self.bodies = bodies

    def load(self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:  # noqa: A002
        return Template.from_code(environment, compiled(*self.bodies[name]), globals or environment.globals)


@lru_cache(maxsize=_BODIES_KEPT)
def compiled(name: str, body: str) -> CodeType:
    """The code of a body, checked and metered.

    Raises:
        RequestRefused: the body is not allowed.
    """
    environment = Sandbox(Meter(), {})
    tree = instrument(parse(body, name, environment), name)
    try:
        code: CodeType = environment.compile(tree, name, f"<{name}>")
    except TemplateSyntaxError as error:  # such as a block that is there twice
        raise template_refused(SYNTAX, error.message or "this can't be compiled", name, error.lineno) from error
    return code
