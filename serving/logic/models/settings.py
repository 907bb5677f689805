"""Which models executions and the tests of templates ask: the table ``models`` of ``settings.toml``.

[models]
default = "gpt-4o-mini"               # asked where a run names no model

[models.providers.openai]             # the first provider is asked where a run names none
base_url = "https://api.openai.com/v1"
api_key_env = "OPENAI_API_KEY"        # the environment variable that holds the key; left out, none is sent

[models.providers.bedrock]
kind = "bedrock"                      # asked with the account's credentials
region = "eu-central-1"               # left out, boto3's own
"""

from collections.abc import Mapping
from typing import Any

from serving.logic.models.provider import Models, Provider
from serving.logic.models.stand_in import stand_in_alone
from serving.logic.models.table import ModelSettingsError, ProviderSettings, checked


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
    settings = checked(table)
    made = {name: _provider(name, provider, environment) for name, provider in settings.providers.items()}
    return Models(made, settings.default)


def _provider(name: str, provider: ProviderSettings, environment: Mapping[str, str]) -> Provider:
    # Each brings a client along that who has the other never needs.
    if provider.base_url is None:
        from serving.logic.models.bedrock import Bedrock

        return Bedrock(name, provider.region)
    from serving.logic.models.openai_compatible import OpenAICompatible

    return OpenAICompatible(name, provider.base_url, _key(name, provider, environment))


def _key(name: str, provider: ProviderSettings, environment: Mapping[str, str]) -> str | None:
    if provider.api_key_env is None:
        return None
    key = environment.get(provider.api_key_env)
    if not key:
        raise ModelSettingsError(f"models.providers.{name}: the variable {provider.api_key_env} is not set; set it.")
    return key
