"""What the routes that render and test templates take and give, as OpenAPI tells it."""

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from serving.logic.templates.model import Deprecation, Run, Version

if TYPE_CHECKING:
    from serving.logic.rendering.compose import Composition
    from serving.logic.rendering.render import Rendering

_Name = Annotated[str, Field(min_length=1, max_length=200)]


class RenderRequest(BaseModel):
    """Values for a template's variables."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    values: dict[str, JsonValue] = Field(default={}, description="By name; what is left out gets its default")
    spans: bool = Field(default=True, description="Whether to say where each part of the text comes from")


class RenderedSpan(BaseModel, defer_build=True):
    """Characters of a text, and where they come from."""

    start: int = Field(description="Index of the first character, in code points")
    end: int = Field(description="Index after the last one")
    template: str = Field(description="The version that wrote them, such as base@3")
    block: str | None = Field(description="The block they stand in; null outside of blocks")
    line: int = Field(description="Line of the version's body")
    is_value: bool = Field(description="Whether an expression gave them, rather than the template's own words")


class Rendered(BaseModel, defer_build=True):
    """A text, and where each part of it comes from."""

    template_id: str
    number: int
    text: str
    spans: list[RenderedSpan] = Field(description="In order and without gaps; empty where they are not asked for")
    parts: dict[str, str] = Field(description="The version that was used, by what refers to it")
    deprecated: dict[str, Deprecation] = Field(
        description="What of it will end, the version itself or parts: what replaces it, and when that is"
    )
    steps: int = Field(description="What it took; see the guide for how much it may")

    @classmethod
    def of(
        cls, version: Version, composition: "Composition", rendering: "Rendering", *, with_spans: bool
    ) -> "Rendered":
        """What is told of a rendering."""
        return cls(
            template_id=version.template_id,
            number=version.number,
            text=rendering.text,
            spans=[
                RenderedSpan(
                    start=span.start,
                    end=span.end,
                    template=span.origin.template,
                    block=span.origin.block,
                    line=span.origin.line,
                    is_value=span.origin.is_value,
                )
                for span in (rendering.spans if with_spans else ())
            ],
            parts=dict(rendering.members),
            deprecated=composition.deprecated,
            steps=rendering.steps,
        )


class RunRequest(BaseModel):
    """Which model is to answer the tests; left out, what is set up."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    provider: _Name | None = None
    model: _Name | None = None
    judge_model: _Name | None = Field(default=None, description="At the same provider; default the model itself")


class Runs(BaseModel, defer_build=True):
    """Runs of a version's tests, the newest first."""

    runs: list[Run]
