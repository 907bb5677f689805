"""What the parts of a mapping are made of."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

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


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise problem(f"is no regular expression ({error})") from error
    return value


Scalar = Annotated[Any, AfterValidator(_scalar)]
Path = Annotated[str, Field(min_length=1)]
OneOrMore = Annotated[list[Path], BeforeValidator(_listed)]
"""One text, or a list of them."""
Regex = Annotated[str, AfterValidator(_regex)]
Table = Annotated[dict[str, Scalar], BeforeValidator(_text_keys)]
"""What a value is replaced by."""


class Part(BaseModel):
    """A part of a mapping: no key that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _keys_are_known(cls, value: Any) -> Any:
        return known_keys(value, [info.alias or name for name, info in cls.model_fields.items()])
