"""The settings of one stage: a file ``stages/<stage>.toml`` beside where ``promptlake deploy`` is called.

account = "123456789012"
region = "eu-central-1"
alarms = ["on-call@example.com"]      # who is mailed when an objective is missed
budget_usd = 50                       # a month, of all that carries the stage's tags

build_every_minutes = 60
logs_days = 30
settings = "settings.toml"            # what the lake keeps, and for how long: docs/privacy.md
models = "models.toml"                # which models prompts are executed with: docs/execution.md
people = "people.toml"                # whose identities are one person's: docs/templates.md
allowed_origins = ["https://shop.example"]
sender = "reports@example.com"        # an address or domain from which SES may send

[[reports]]                           # who is mailed which report, every Monday or on the first of a month
audience = "product"
period = "week"
to = ["ann@example.com"]

[sources]                             # what AWS already writes about the owner's applications
bedrock = true
metric_namespaces = ["AWS/ApiGateway"]
access_logs = ["/aws/apigateway/shop"]
functions = ["/aws/lambda/shop"]
emails = true

[quicksight]                          # boards, in an account that has subscribed: docs/boards.md
authors = "analysts"

[quicksight.groups]                   # whose rows each group of QuickSight sees
analysts = ["*"]
support = ["support"]

[extras]                              # what costs something at rest; all of it off
snap_start = true
"""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.delivery.privacy.settings import Settings, SettingsError, load
from ingest.doors.origins import parse

STAGES = Path("stages")
"""The folder of the stages' files."""

NAME = r"^[a-z][a-z0-9]{0,11}$"
"""Of a stage: it becomes part of names that S3, Cognito and Firehose bound."""

_Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
_Origin = Annotated[str, Field(min_length=1)]
_LogGroup = Annotated[str, Field(pattern=r"^[.\-_/#A-Za-z0-9]{1,512}$")]
_Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
_Group = Annotated[str, Field(pattern=r"^[\x20-\xFF]{1,256}$")]
EVERY_TEAM = "*"
_Team = Annotated[str, Field(pattern=r'^[^"]*[^"\s][^"]*$')]
"""QuickSight reads nothing as everybody, and quotes as its own."""
LogsDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]
"""What CloudWatch Logs lets one choose."""


class StageError(Exception):
    """A stage can't be deployed as it is. One sentence that says where and what to write instead."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Sources(_Strict):
    """What AWS already writes about the owner's applications; nothing in them has to change."""

    bedrock: bool = False
    """Every model call of the account and region, by invocation logging."""
    metric_namespaces: tuple[Annotated[str, Field(min_length=1, max_length=255)], ...] = Field((), strict=False)
    """Metrics of CloudWatch that a metric stream sends."""
    access_logs: tuple[_LogGroup, ...] = Field((), strict=False)
    """Log groups to which the owner's API Gateways write in the keys of docs/connect.md."""
    functions: tuple[_LogGroup, ...] = Field((), strict=False)
    """Log groups of the owner's functions, whose REPORT lines are read."""
    emails: bool = False
    """What becomes of mail that is sent with the stage's SES configuration set."""


class Extras(_Strict):
    """What costs something whether it is used or not (docs/cost.md), so nothing of it is on by itself."""

    kinesis: bool = False
    """A stream for applications that emit with ``PutRecords``."""
    snap_start: bool = False
    """The API's function starts from a snapshot."""
    copies_in: _Region | None = None
    """Another region, in which lake and backups are copied and all tables have a replica."""


class Report(_Strict):
    """One report, and who is mailed it."""

    audience: Literal["engineering", "finance", "product"]
    """A file each in ``dashboards/briefs/audiences``; functions that read a stage's settings do without that room."""
    period: Literal["week", "month"]
    to: tuple[_Email, ...] = Field(min_length=1, strict=False)


class QuickSight(_Strict):
    """Boards, for groups that there are in QuickSight. It is billed by the person, so it is not on by itself."""

    groups: dict[_Group, Annotated[tuple[_Team, ...], Field(min_length=1, max_length=900, strict=False)]] = Field(
        min_length=1, max_length=60
    )
    """The teams whose rows each group sees; ``*`` is all. Who is in none of the groups sees nothing."""
    authors: _Group | None = None
    """The group that may change the analyses, and make its own of the data sets."""
    identity_region: _Region | None = None
    """Where the account has subscribed to QuickSight, if it is not the stage's region."""
    namespace: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,64}$")] = "default"

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        for group, teams in self.groups.items():
            if EVERY_TEAM in teams and len(teams) > 1:
                raise ValueError(f"groups.{group} sees {EVERY_TEAM}, which is every team; leave the others out")
        if self.authors is not None and self.authors not in self.groups:
            raise ValueError(f"authors is {self.authors}, and groups does not say whose rows that group sees")
        return self


class Stage(_Strict):
    """What is told of one stage."""

    name: Annotated[str, Field(pattern=NAME)]
    account: Annotated[str, Field(pattern=r"^\d{12}$")]
    region: _Region
    alarms: tuple[_Email, ...] = Field(min_length=1, strict=False)
    budget_usd: Annotated[int, Field(gt=0)]
    build_every_minutes: Annotated[int, Field(ge=15, le=120)] = 60
    """Freshness is promised for two and a half hours, and measured after each build (slos.yaml)."""
    logs_days: LogsDays = 30
    settings: str | None = None
    models: str | None = None
    people: str | None = None
    allowed_origins: tuple[_Origin, ...] = Field((), strict=False)
    sender: Annotated[str, Field(pattern=r"^\S+\.\S+$")] | None = None
    reports: tuple[Report, ...] = Field((), strict=False)
    sources: Sources = Sources()
    extras: Extras = Extras()
    quicksight: QuickSight | None = None
    folder: Path = Field(Path(), exclude=True, strict=False)
    """Where the stage's file lies: files that it names are looked for beside it."""

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        for origin in self.allowed_origins:
            parse(origin)
        if self.extras.copies_in == self.region:
            raise ValueError("extras.copies_in must be another region than the stage's own")
        if self.sources.emails and self.sender is None:
            raise ValueError("sources.emails needs a sender, whose mail it is about")
        self._can_be_mailed()
        return self

    def _can_be_mailed(self) -> None:
        if self.reports and self.sender is None:
            raise ValueError("reports need a sender, whom they are mailed from")
        for (audience, period), times in Counter((one.audience, one.period) for one in self.reports).items():
            if times > 1:
                raise ValueError(
                    f"reports has the one for {audience} by {period} {times} times; write all addresses into one"
                )

    def file(self, name: str | None) -> Path | None:
        """A file that the stage names.

        Raises:
            StageError: there is none.
        """
        if name is None:
            return None
        path = self.folder / name
        if not path.is_file():
            raise StageError(f"The stage {self.name} names {path}, and there is no such file; write it.")
        return path

    @property
    def lake(self) -> Settings:
        """What the owner lets the lake keep.

        Raises:
            StageError: the file says nonsense.
        """
        path = self.file(self.settings)
        try:
            return load(path) if path else Settings()
        except SettingsError as error:
            raise StageError(str(error)) from error

    def named(self, what: str) -> str:
        """The name of one of the stage's parts."""
        return f"promptlake-{self.name}-{what}"


def read_stage(name: str, folder: Path = STAGES) -> Stage:
    """The settings of a stage.

    Raises:
        StageError: there are none, or they say what can't be.
    """
    path = folder / f"{name}.toml"
    try:
        document = tomllib.loads(path.read_text())
    except FileNotFoundError:
        known = ", ".join(sorted(found.stem for found in folder.glob("*.toml"))) or "none yet"
        raise StageError(
            f"There are no settings for a stage {name!r}: write {path} as docs/deploy.md shows (there are: {known})."
        ) from None
    except UnicodeDecodeError as error:
        raise StageError(f"{path} is no text in UTF-8; write it anew.") from error
    except tomllib.TOMLDecodeError as error:
        raise StageError(f"{path} is not TOML: {error}.") from error
    if "name" in document or "folder" in document:
        raise StageError(f"{path}: the file's own name is the stage's; leave out `name` and `folder`.")
    try:
        stage = Stage.model_validate({**document, "name": name, "folder": path.parent})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise StageError(f"{path}: {place + ': ' if place else ''}{said}.") from error
    for named in (stage.models, stage.people):
        stage.file(named)
    _ = stage.lake
    return stage
