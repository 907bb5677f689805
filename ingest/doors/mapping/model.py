"""What a mapping file may say. Errors name the key; `load` adds the file and the line."""

import re
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from ingest.doors.mapping.problem import known_keys, problem


def _scalar(value: Any) -> Any:
    if not isinstance(value, str | int | float | bool | None):
        raise problem("must be one text, number or true/false; quote it if it is a date")
    return value


def _text_keys(value: Any) -> Any:
    # YAML reads `200:` as a number and `true:` as a truth value; what a row holds is compared as text.
    if not isinstance(value, dict):
        return value
    return {str(k).lower() if isinstance(k, bool) else str(k): v for k, v in value.items()}


def _condition(value: Any) -> Any:
    if isinstance(value, dict):
        return value
    return {"in": value} if isinstance(value, list) else {"equals": value}


def _when(value: Any) -> Any:
    return {} if value == "any" else value


def _properties(value: Any) -> Any:
    return {"take": value} if isinstance(value, list) else value


Scalar = Annotated[Any, AfterValidator(_scalar)]
Path = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """A part of a mapping: no key that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _keys_are_known(cls, value: Any) -> Any:
        return known_keys(value, [info.alias or name for name, info in cls.model_fields.items()])


class CsvOptions(Part):
    """How a CSV file is written."""

    delimiter: str = Field(",", min_length=1, max_length=1)
    encoding: str = "utf-8"

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


class Condition(Part):
    """What one value of a row must be. Several keys must all hold."""

    equals: Scalar = None
    in_: list[Scalar] | None = Field(None, alias="in")
    prefix: str | None = None
    exists: bool | None = None


class FieldSpec(Part):
    """Where one contract field comes from: a place in the row, or a constant."""

    from_: Path | None = Field(None, alias="from")
    value: Scalar = None
    unit: str | None = None
    format: str | None = None
    zone: str | None = None
    map: Annotated[dict[str, Scalar] | None, BeforeValidator(_text_keys)] = None
    strip_prefix: str | None = None
    extract: str | None = None
    default: Scalar = None

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise problem(f"is {value!r}, which is no IANA time zone, such as UTC or Europe/Berlin")
        return ZoneInfo(value).key if value else None

    @field_validator("extract")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        try:
            groups = re.compile(value).groups if value is not None else 1
        except re.error as error:
            raise problem(f"is no regular expression ({error})") from error
        if groups != 1:
            raise problem(f"must have one group (…), the part to keep, not {groups}")
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.from_ is None) == (self.value is None):
            raise problem("needs either `from` (a place in the row) or `value` (a constant)")
        if self.from_ is None and self.model_fields_set != {"value"}:
            raise problem("has a constant `value`, with which nothing else goes")
        return self


class Tokens(Part):
    """Input tokens as the source counts them; the contract's buckets follow. Values are places in the row."""

    input: Path
    cache_read: Path | None = None
    cache_write_5m: Path | None = None
    cache_write_1h: Path | None = None
    input_includes_cached: bool


class Properties(Part):
    """What of the row is kept beside the contract's fields."""

    take: list[Path] = []
    rest: Path | bool = False
    drop: list[Path] = []

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [path.rpartition(".")[2] for path in self.take]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise problem(f"takes two values by the name {twice!r}; keep them apart with `rest`", "take")
        return self


class Rule(Part):
    """Rows that ``when`` describes become one event of one type."""

    when: Annotated[dict[str, Annotated[Condition, BeforeValidator(_condition)]], BeforeValidator(_when)]
    event: str
    fields: dict[str, FieldSpec] = {}
    tokens: Tokens | None = None
    properties: Annotated[Properties | None, BeforeValidator(_properties)] = None


class Mapping(Part):
    """A whole mapping file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    description: str | None = None
    source: str = Field(min_length=1, max_length=256)
    format: Literal["jsonl", "csv"]
    csv: CsvOptions = CsvOptions()
    expect: list[Path] | None = None
    id: Path | None = None
    fields: dict[str, FieldSpec] = {}
    rules: list[Rule] = Field(min_length=1)
