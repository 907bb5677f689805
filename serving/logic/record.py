"""What budgets, experiments and surveys have in common."""

from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from serving.logic.templates.model import TEMPLATE_ID, EnvironmentName, Who

RecordId = Annotated[str, StringConstraints(pattern=TEMPLATE_ID)]


def values_of(kind: type[BaseModel], given: BaseModel) -> dict[str, Any]:
    """Those fields of what is given that a model of this kind has."""
    return {name: getattr(given, name) for name in kind.model_fields}


class Record(BaseModel):
    """Something that persons write and applications go by. ``revision`` counts its changes; the ETag."""

    KIND: ClassVar[str]
    """What one of its kind is called, and where it is kept; no other kind has it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: RecordId
    environment: EnvironmentName
    revision: int = Field(ge=1, description="Counts its changes; the ETag")
    created_by: Who
    created_at: AwareDatetime
    changed_by: Who
    changed_at: AwareDatetime
