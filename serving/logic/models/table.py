"""What the table ``models`` of ``settings.toml`` says, before anything is made of it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class ModelSettingsError(Exception):
    """The models can't be used. One sentence that names the place in the settings."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ProviderSettings(_Strict):
    """Who is asked, and how."""

    kind: Literal["openai", "bedrock"] = "openai"
    base_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+")] | None = None
    api_key_env: str | None = None
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.kind == "openai" and (self.base_url is None or self.region is not None):
            raise ValueError("what speaks OpenAI's way needs base_url, and has no region")
        if self.kind == "bedrock" and (self.base_url is not None or self.api_key_env is not None):
            raise ValueError("Bedrock is asked with the account's credentials, and has no base_url and no api_key_env")
        return self


class ModelSettings(_Strict):
    """All of it."""

    default: Annotated[str, Field(min_length=1)]
    providers: Annotated[dict[str, ProviderSettings], Field(min_length=1)]


def checked(table: Mapping[str, Any]) -> ModelSettings:
    """The table, checked.

    Raises:
        ModelSettingsError: it says what no setting is.
    """
    try:
        return ModelSettings.model_validate(dict(table))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(("models", *map(str, first["loc"])))
        raise ModelSettingsError(f"{place}: {first['msg'].rstrip('.')}.") from error


def asked_of_bedrock(table: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """The model that Bedrock is asked for where a run names none, and in which region (None is boto3's own); None where
    another provider is asked. Raises as :func:`checked`."""
    if not table:
        return None
    settings = checked(table)
    first = next(iter(settings.providers.values()))
    return (settings.default, first.region) if first.kind == "bedrock" else None
