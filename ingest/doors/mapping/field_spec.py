"""What a mapping may say about one value: where it stands, and what has to be done to it."""

import re
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from ingest.doors.mapping.parts import OneOrMore, Part, Path, Regex, Scalar, Table
from ingest.doors.mapping.problem import problem
from ingest.doors.mapping.times import DurationUnit

DecimalMark = Literal[".", ","]


class Shift(Part):
    """A duration in the row that is added to a time."""

    from_: Path = Field(alias="from")
    map: Table | None = None
    decimal: DecimalMark | None = None
    unit: DurationUnit
    default: float | None = None


class FieldSpec(Part):
    """Where one contract field comes from: a place in the row, or a constant."""

    from_: Path | None = Field(None, alias="from")
    value: Scalar = None
    join: str | None = None
    extract: Regex | None = None
    strip_prefix: str | None = None
    lower: bool = False
    map: Table | None = None
    cut: Annotated[int, Field(ge=1)] | None = None
    decimal: DecimalMark | None = None
    unit: str | None = None
    format: OneOrMore | None = None
    zone: str | None = None
    minus: Path | None = None
    plus: Shift | None = None
    or_: "FieldSpec | None" = Field(None, alias="or")
    default: Scalar = None

    @property
    def rewrites(self) -> bool:
        """Whether the value is changed as a text before it is what the field needs."""
        texts = (self.join, self.extract, self.strip_prefix, self.map, self.cut)
        return self.lower or any(said is not None for said in texts)

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise problem(f"is {value!r}, which is no IANA time zone, such as UTC or Europe/Berlin")
        return ZoneInfo(value).key if value else None

    @field_validator("extract")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        groups = re.compile(value).groups if value is not None else 1
        if groups != 1:
            raise problem(f"must have one group (…), the part to keep, not {groups}")
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.from_ is None) == (self.value is None):
            raise problem("needs either `from` (a place in the row) or `value` (a constant)")
        if self.from_ is None and not self.model_fields_set <= {"value", "plus", "type"}:
            raise problem("has a constant `value`, with which nothing else goes but `plus`")
        if self.minus is not None and self.rewrites:
            raise problem("has `minus`, which takes both values as they are; remove what rewrites one")
        return self


class PropertySpec(FieldSpec):
    """A property that is to have a type of its own, such as a number out of a CSV file."""

    type: Literal["text", "number", "integer", "boolean"] = "text"


def places_of(spec: FieldSpec) -> list[str]:
    """Every place of the row that a field reads."""
    own = [spec.from_, spec.minus, spec.plus.from_ if spec.plus else None]
    return [place for place in own if place is not None] + (places_of(spec.or_) if spec.or_ else [])
