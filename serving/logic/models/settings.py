"""Which models the tests of templates ask: the table ``models`` of ``settings.toml``.

[models]
default = "gpt-4o-mini"               # asked where a run names no model

[models.providers.openai]             # the first provider is asked where a run names none
base_url = "https://api.openai.com/v1"
api_key_env = "OPENAI_API_KEY"        # the environment variable that holds the key; left out, none is sent
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from serving.logic.models.provider import Models
from serving.logic.models.stand_in import stand_in_alone


class ModelSettingsError(Exception):
    """The models can't be used. One sentence that names the place in the settings."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Provider(_Strict):
    base_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+")]
    api_key_env: str | None = None


class _ModelSettings(_Strict):
    default: Annotated[str, Field(min_length=1)]
    providers: Annotated[dict[str, _Provider], Field(min_length=1)]


def models_of(table: Mapping[str, Any], environment: Mapping[str, str]) -> Models:
    """The models of a settings table; the stand-in, and nothing else, where the table is empty.

    Args:
        table: as TOML has it.
        environment: the environment variables, which hold the keys.

    Raises:
        ModelSettingsError: the table says what no setting is, or a key is missing.
    """
    if not table:
        return stand_in_alone()
    try:
        settings = _ModelSettings.model_validate(dict(table))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(("models", *map(str, first["loc"])))
        raise ModelSettingsError(f"{place}: {first['msg'].rstrip('.')}.") from error
    from serving.logic.models.openai_compatible import OpenAICompatible  # an HTTP client that most never need

    return Models(
        {
            name: OpenAICompatible(name, provider.base_url, _key(name, provider, environment))
            for name, provider in settings.providers.items()
        },
        settings.default,
    )


def _key(name: str, provider: _Provider, environment: Mapping[str, str]) -> str | None:
    if provider.api_key_env is None:
        return None
    key = environment.get(provider.api_key_env)
    if not key:
        raise ModelSettingsError(f"models.providers.{name}: the variable {provider.api_key_env} is not set; set it.")
    return key
