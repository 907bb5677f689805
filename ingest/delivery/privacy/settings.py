"""What the owner lets the lake keep, by environment: a file ``settings.toml``, all of it optional.

[environments."*"]                    # holds wherever an environment says nothing else
names = ["Ann Smith"]
phone_regions = ["DE"]
smallest_group = 10                   # people; answers tell of a smaller group together with others

[environments.production.consent]     # of whoever has not said anything
analytics = false

[environments.staging.text.prompt_execution]
prompt = "full"

[build]
engine = "duckdb"

[retention.silver]                    # how long it is kept, which `transforms/jobs/retention.py` describes
"*" = 400

[models.providers.openai]             # asked by tests of templates; `serving/logic/models/settings.py` describes it
base_url = "https://api.openai.com/v1"
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.contracts.envelope import Consent, pii_class
from ingest.contracts.registry import EVENTS
from sql.small_groups import SMALLEST_GROUP

Handling = Literal["none", "hash", "redacted", "full"]
"""What is kept of a text: nothing, a keyed hash, the text without what it says of persons, or all of it."""
HANDLINGS: tuple[Handling, ...] = get_args(Handling)

ANY = "*"
"""The environment that stands for all that are not named, and for what the named ones leave open."""

KEPT: Mapping[tuple[str, str], Handling] = {
    ("prompt_execution", "prompt"): "none",
    ("prompt_execution", "answer"): "none",
}
"""Texts of which nothing is kept unless the owner says so."""
_KEPT_OTHERWISE: Handling = "redacted"


class SettingsError(Exception):
    """The settings can't be used. One sentence that names the file and the place in it."""


@cache
def texts() -> Mapping[tuple[str, str], Handling]:
    """Every free text there is, by event type and field, with what is kept of it by default."""
    return {
        (event_type, field): KEPT.get((event_type, field), _KEPT_OTHERWISE)
        for event_type, model in EVENTS.items()
        for field in model.model_fields
        if pii_class(model, field) in ("content", "open")
    }


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Privacy(_Strict):
    """The rules of one environment."""

    consent: Consent = Consent()
    """Of whoever has decided nothing."""
    text: dict[str, dict[str, Handling]] = {}
    """By event type and field."""
    unknown: Handling = "none"
    """Of values that no contract describes, which only quarantine holds; anything may be in them."""
    names: tuple[Annotated[str, Field(min_length=2)], ...] = Field((), strict=False)
    phone_regions: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = Field((), strict=False)
    smallest_group: Annotated[int, Field(ge=1, le=1_000)] = SMALLEST_GROUP
    """Answers and reports tell a group of fewer people together with others; 1 tells every group."""

    @model_validator(mode="after")
    def _known_texts(self) -> Self:
        for event_type, fields in self.text.items():
            for field in fields:
                if (event_type, field) not in texts():
                    raise ValueError(_no_text(event_type, field))
        return self

    def handling(self, event_type: str, field: str) -> Handling:
        """What is kept of a free text."""
        return self.text.get(event_type, {}).get(field) or texts()[event_type, field]


def _no_text(event_type: str, field: str) -> str:
    name = f"{event_type}.{field}"
    known = [f"{kind}.{of}" for kind, of in texts()]
    near = get_close_matches(name, known, n=1)
    return f"there is no free text {name!r}; " + (
        f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    )


class Build(_Strict):
    """How tables are built in AWS."""

    engine: Literal["duckdb", "spark"] = "duckdb"
    """DuckDB in a Lambda function, for what fits into 10 GB; or Spark in Glue."""


class Settings(_Strict):
    """The whole file."""

    environments: dict[str, Privacy] = {}
    build: Build = Build()
    retention: dict[str, Any] = {}
    """Checked by whoever goes by it: the jobs that keep the tables."""
    models: dict[str, Any] = {}
    """Checked by whoever goes by it: the API, whose tests of templates ask them."""

    def privacy(self, environment: str) -> Privacy:
        """The rules of an environment: its own, and those of ``*`` where it says nothing."""
        base, own = self.environments.get(ANY, Privacy()), self.environments.get(environment)
        if own is None:
            return base
        said = {name: getattr(own, name) for name in own.model_fields_set}
        if "consent" in said:
            said["consent"] = base.consent.model_copy(
                update={n: getattr(own.consent, n) for n in own.consent.model_fields_set}
            )
        if "text" in said:
            merged = {kind: {**base.text.get(kind, {}), **own.text.get(kind, {})} for kind in {**base.text, **own.text}}
            said["text"] = merged
        return base.model_copy(update=said)

    @property
    def smallest_group(self) -> int:
        """Of answers, which are of all environments: as the strictest of them has it."""
        return max(self.privacy(name).smallest_group for name in (ANY, *self.environments))

    def keeps(self, event_type: str, field: str) -> bool:
        """Whether anything is kept of a free text, in any environment."""
        return any(self.privacy(name).handling(event_type, field) != "none" for name in (ANY, *self.environments))


def load(path: Path) -> Settings:
    """The settings of a file; the defaults where there is no such file.

    Raises:
        SettingsError: it can't be read, or says what no setting is.
        OSError: the system does not let us.
    """
    try:
        document = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return Settings()
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is no text in UTF-8; write it anew.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}.") from error
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise SettingsError(f"{path}: {place + ': ' if place else ''}{said}.") from error
