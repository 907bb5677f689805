"""What is told of the lake's state, as OpenAPI tells it."""

from typing import Any, Literal

from pydantic import BaseModel, Field

_TIME: dict[str, Any] = {"format": "date-time"}


class ComponentState(BaseModel):
    """A part that can be up or down."""

    name: str
    is_up: bool
    problem: str | None = Field(description="What is wrong with it now")


class Health(BaseModel):
    """Whether all parts work."""

    status: Literal["ok", "degraded"]
    problem: str | None = Field(description="What is wrong now, in sentences")
    components: list[ComponentState]


class DataState(BaseModel):
    """How fresh the numbers are."""

    as_of: str | None = Field(description="When they were computed; null where nothing is", json_schema_extra=_TIME)
    complete_through: str | None = Field(
        description="The latest time such that every event received before it is in them", json_schema_extra=_TIME
    )
    behind_s: int | None = Field(description="Seconds since then")
    is_fresh: bool


class Arrivals(BaseModel):
    """What arrived in an hour or on a day, UTC."""

    period: str
    received: int
    quarantined: int = Field(description="Of these, refused and kept as data")


class CountsState(BaseModel):
    """Whether every event received is accounted for."""

    reconciles: bool | None = Field(description="Null where nothing has been counted")
    gap_count: int | None = Field(description="Hand-overs of an hour, a type and a door that do not add up")
    received: int | None = Field(description="Events, since the lake was made")
    hours: list[Arrivals] = Field(description="The latest hours in which anything arrived, oldest first")
    days: list[Arrivals] = Field(description="The latest such days")


class StatusAnswer(BaseModel):
    """Is data fresh, are counts whole, are components up."""

    status: Literal["ok", "degraded"]
    checked_at: str = Field(json_schema_extra=_TIME)
    problems: list[str] = Field(description="What is wrong now, in sentences")
    data: DataState
    counts: CountsState
    components: list[ComponentState]
