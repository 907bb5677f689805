"""What a contract accepts in a field, as plain data, for whoever reads events by other means than pydantic."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AllowInfNan, BeforeValidator, Strict, StringConstraints
from pydantic.fields import FieldInfo

from ingest.contracts.types import IDENTIFIER_PATTERN


@dataclass(frozen=True, slots=True)
class Shape:
    """A field's values."""

    type: Any
    """A plain type; of a choice, that of its words."""
    choices: tuple[Any, ...] = ()
    is_nullable: bool = False
    ge: float | None = None
    le: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    converters: tuple[Callable[[Any], Any], ...] = ()
    """What a value goes through before it is looked at."""

    @property
    def is_identifier(self) -> bool:
        """Whether a value tells one thing from all others."""
        return self.pattern == IDENTIFIER_PATTERN


def shape(info: FieldInfo) -> Shape:
    """The shape of a contract's field.

    Raises:
        TypeError: it says something that a ``Shape`` has no word for.
    """
    facts: dict[str, Any] = {}
    converters: list[Callable[[Any], Any]] = []
    kind = _kind(info.annotation, facts, converters)
    _note(info.metadata, facts, converters)
    return Shape(kind, converters=tuple(converters), **facts)


def _kind(annotation: Any, facts: dict[str, Any], converters: list[Callable[[Any], Any]]) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        _note(metadata, facts, converters)
        return _kind(inner, facts, converters)
    if origin in (Union, UnionType):
        (inner,) = (kind for kind in get_args(annotation) if kind is not type(None))
        facts["is_nullable"] = True
        return _kind(inner, facts, converters)
    if origin is Literal:
        facts["choices"] = get_args(annotation)
        return type(facts["choices"][0])
    return origin or annotation


def _note(metadata: Iterable[Any], facts: dict[str, Any], converters: list[Callable[[Any], Any]]) -> None:
    for item in _flat(metadata):
        match item:
            case Ge():
                facts["ge"] = item.ge
            case Le():
                facts["le"] = item.le
            case MinLen():
                facts["min_length"] = item.min_length
            case MaxLen():
                facts["max_length"] = item.max_length
            case StringConstraints():
                said = {name: getattr(item, name) for name in ("min_length", "max_length", "pattern")}
                facts |= {name: value for name, value in said.items() if value is not None}
            case BeforeValidator():
                converters.append(cast("Callable[[Any], Any]", item.func))
            case Strict() | AllowInfNan():
                pass  # all contracts are strict and finite, where they don't say how else a value may come
            case _:
                raise TypeError(f"{item!r} has no place in a shape; give it one.")


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item
