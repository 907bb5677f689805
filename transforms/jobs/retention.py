"""How long each layer is kept: the table ``retention`` of ``settings.toml``, all of it optional.

[retention]
snapshots_hours = 1      # what was replaced stays so long, for readers in the middle of it
backups_days = 35        # how long your own backups live; only told in receipts

[retention.bronze]       # by day of arrival
"*" = 90                 # every table that is not named
quarantine = 30

[retention.silver]       # by day of the event
"*" = 400

[retention.gold]
sessions = 180

[retention.operations]   # by day of the build
gate_results = 90
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.registry import EVENTS
from sql.catalog import models
from sql.operations import GATE_RESULTS

ANY = "*"
Days = Annotated[int, Field(ge=1)]


class RetentionError(Exception):
    """The settings say what can't be. The message names the place."""


class Retention(BaseModel):
    """How long what is kept. A table of which nothing is said is kept for ever."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    snapshots_hours: Annotated[int, Field(ge=0)] = 1
    backups_days: Days | None = None
    bronze: dict[str, Days] = {}
    silver: dict[str, Days] = {}
    gold: dict[str, Days] = {}
    operations: dict[str, Days] = {}

    @model_validator(mode="after")
    def _known_tables(self) -> Self:
        for layer, known in _tables().items():
            for name in getattr(self, layer):
                if f"{layer}.{name}" in _kept_for_ever():
                    raise ValueError(f"{layer}: {name} is kept for ever, for other tables are computed from it")
                if name not in (ANY, *known):
                    raise ValueError(f"{layer}: there is no table {name!r}; there are {', '.join(known)}")
        return self

    @property
    def snapshots(self) -> timedelta:
        return timedelta(hours=self.snapshots_hours)

    def first_kept(self, layer: str, table: str, today: date) -> date | None:
        """The oldest day that is still kept; None where all are."""
        by_table: Mapping[str, int] = getattr(self, layer)
        days = by_table.get(table, by_table.get(ANY))
        return None if days is None else today - timedelta(days=days)


def read_retention(document: Mapping[str, Any]) -> Retention:
    """Check what the settings say.

    Raises:
        RetentionError: it is no retention.
    """
    try:
        return Retention.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(("retention", *map(str, first["loc"])))
        raise RetentionError(f"{place}: {first['msg'].removeprefix('Value error, ').rstrip('.')}") from error


def _tables() -> dict[str, list[str]]:
    tables = {
        layer: [m.name for m in models().values() if m.layer == layer and m.expires]
        for layer in (layout.SILVER, layout.GOLD)
    }
    layer, _, name = GATE_RESULTS.partition(".")
    return {layout.BRONZE: [*EVENTS, QUARANTINE_TABLE], **tables, layer: [name]}


def _kept_for_ever() -> set[str]:
    return {model.full_name for model in models().values() if not model.expires}
