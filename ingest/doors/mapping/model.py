"""What a mapping file may say. Errors name the key; `load` adds the file and the line."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from ingest.doors.mapping.field_spec import DecimalMark, FieldSpec, PropertySpec
from ingest.doors.mapping.parts import OneOrMore, Part, Path, Regex, Scalar
from ingest.doors.mapping.problem import problem


def _condition(value: Any) -> Any:
    if isinstance(value, dict):
        return value
    return {"in": value} if isinstance(value, list) else {"equals": value}


def _when(value: Any) -> Any:
    return {} if value == "any" else value


def _each(value: Any) -> Any:
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(place, str) and place for place in listed):
        raise problem("must be one place that holds a list or an object, or a list of places")
    twice = next((place for place in listed if listed.count(place) > 1), None)
    if twice:
        raise problem(f"names {twice!r} twice; name it once")
    return value


def _properties(value: Any) -> Any:
    return {"take": value} if isinstance(value, list) else value


def _take(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(path, str) for path in value):
        return value
    names = [path.rpartition(".")[2] for path in value]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise problem(f"takes two values by the name {twice!r}; name them yourself, as in {{a: x.a, b: y.a}}")
    return dict(zip(names, value, strict=True))


def _property(value: Any) -> Any:
    return value if isinstance(value, dict) else {"from": value}


class CsvOptions(Part):
    """How a CSV file is written."""

    delimiter: str = Field(",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    decimal: DecimalMark = "."
    repeated: Literal["refuse", "list"] = "refuse"

    @field_validator("encoding")
    @classmethod
    def _extends_ascii(cls, value: str) -> str:
        try:
            ascii_kept = '\n,"'.encode(value) == b'\n,"'
        except LookupError:
            ascii_kept = False
        if not ascii_kept:
            raise problem(
                f"is {value!r}, which is no known encoding that extends ASCII; known are utf-8, cp1252, latin-1 …"
            )
        return value

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.delimiter == self.decimal:
            raise problem(f"has {self.decimal!r} both between fields and in numbers; only one can be", "decimal")
        return self


class Condition(Part):
    """What one value of a row must be. Several keys must all hold."""

    equals: Scalar = None
    in_: list[Scalar] | None = Field(None, alias="in")
    prefix: str | None = None
    exists: bool | None = None


class Tokens(Part):
    """Input tokens as the source counts them; the contract's buckets follow. Values are places in the row."""

    input: Path
    cache_read: Path | None = None
    cache_write_5m: Path | None = None
    cache_write_1h: Path | None = None
    input_includes_cached: bool


class Properties(Part):
    """What of the row is kept beside the contract's fields."""

    take: Annotated[dict[Path, Annotated[PropertySpec, BeforeValidator(_property)]], BeforeValidator(_take)] = Field(
        default_factory=dict
    )
    rest: Path | bool = False
    drop: list[Path] = Field(default_factory=list)


class Rule(Part):
    """Rows that ``when`` describes become one event of one type, or with ``each`` one for each of several values."""

    when: Annotated[dict[str, Annotated[Condition, BeforeValidator(_condition)]], BeforeValidator(_when)]
    each: Annotated[str | list[str] | None, BeforeValidator(_each)] = None
    event: str
    fields: dict[str, FieldSpec] = Field(default_factory=dict)
    tokens: Tokens | None = None
    properties: Annotated[Properties | None, BeforeValidator(_properties)] = None


class Mapping(Part):
    """A whole mapping file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    description: str | None = None
    source: str = Field(min_length=1, max_length=256)
    format: Literal["jsonl", "csv", "json", "lines"]
    csv: CsvOptions = CsvOptions()
    pattern: Regex | None = None
    skip: Regex | None = None
    expect: list[Path] | None = None
    id: OneOrMore | None = None
    fields: dict[str, FieldSpec] = Field(default_factory=dict)
    rules: list[Rule] = Field(min_length=1)
    else_: Literal["refuse", "ignore"] = Field("refuse", alias="else")

    def groups(self) -> list[str]:
        """What a row of `format: lines` holds: the named groups of its pattern."""
        return list(re.compile(self.pattern).groupindex) if self.pattern else []
