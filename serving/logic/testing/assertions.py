"""What must hold of a test's answer, as its author writes it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from serving.logic.rendering.refusals import template_refused
from serving.logic.templates.model import Case

TEST = "template_test"
_Text = Annotated[str, Field(min_length=1, max_length=20_000)]


class _Assertion(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class _OfText(_Assertion):
    of: Literal["answer", "prompt"] = Field(default="answer", description="What is looked at; the prompt as rendered")


class Contains(_OfText):
    """The text has this in it."""

    kind: Literal["contains"]
    value: _Text
    ignore_case: bool = False


class NotContains(_OfText):
    """The text does not have this in it."""

    kind: Literal["not_contains"]
    value: _Text
    ignore_case: bool = False


class Regex(_OfText):
    """The pattern (RE2's syntax) is found somewhere in the text."""

    kind: Literal["regex"]
    pattern: Annotated[str, Field(min_length=1, max_length=1_000)]


class JsonSchema(_OfText):
    """The text is JSON, and fits the schema (draft 2020-12, without references and property patterns)."""

    kind: Literal["json_schema"]
    schema_: dict[str, JsonValue] = Field(alias="schema")


class Length(_OfText):
    """The text has so many characters."""

    kind: Literal["length"]
    min_chars: Annotated[int, Field(ge=0)] = 0
    max_chars: Annotated[int, Field(ge=0)] | None = None


class Similarity(_Assertion):
    """The answer is like a golden one: 1 is equal, 0 has nothing in common (normalised indel distance)."""

    kind: Literal["similarity"]
    golden: _Text
    at_least: Annotated[float, Field(ge=0, le=1)]


class Latency(_Assertion):
    """The model answers within this time."""

    kind: Literal["latency"]
    max_ms: Annotated[float, Field(gt=0)]


class Cost(_Assertion):
    """The answer costs no more than this, by the price table."""

    kind: Literal["cost"]
    max_usd: Annotated[float, Field(ge=0)]


class Judge(_Assertion):
    """A model that reads the rubric and the answer gives at least this score, from 0 to 1."""

    kind: Literal["judge"]
    rubric: _Text
    at_least: Annotated[float, Field(ge=0, le=1)] = 0.7


Assertion = Contains | NotContains | Regex | JsonSchema | Length | Similarity | Latency | Cost | Judge
_READER: TypeAdapter[Assertion] = TypeAdapter(Annotated[Assertion, Field(discriminator="kind")])


def assertions_of(case: Case) -> tuple[Assertion, ...]:
    """The assertions of a test, read.

    Raises:
        RequestRefused: one of them is none.
    """
    return tuple(_read(case, number, written) for number, written in enumerate(case.assertions, 1))


def needs_model(assertion: Assertion) -> bool:
    """Whether a model has to answer first."""
    return not isinstance(assertion, _OfText) or assertion.of == "answer"


def _read(case: Case, number: int, written: dict[str, Any]) -> Assertion:
    try:
        return _READER.validate_python(written)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        where = f"assertion {number} of test {case.name!r}{f', {place}' if place else ''}"
        raise template_refused(TEST, f"{where}: {first['msg'][:200]}.") from error
