"""What an execution is going to do, once it is sure that it may."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from ingest.contracts.roles import EXECUTOR, includes
from ingest.contracts.types import PASSAGE_MAX_CHARS
from serving.access import Principal
from serving.logic.execution.asking import Target
from serving.logic.models.provider import Models, Provider
from serving.logic.refused import RequestRefused, bad_request
from serving.logic.templates.acts import not_approved
from serving.logic.templates.desk import Desk
from serving.logic.templates.lifecycle import APPROVED_STATES, PRODUCTION
from serving.logic.templates.model import Selector, Version
from serving.logic.templates.sunset import check_usable

if TYPE_CHECKING:
    from serving.execution_schemas import ExecuteRequest
    from serving.logic.experiments.model import Assigned

MAX_PROMPT_CHARS = PASSAGE_MAX_CHARS
"""What an event can tell of."""


@dataclass(frozen=True)
class Plan:
    """One execution, before a model is asked."""

    execution_id: str
    started_at: datetime
    environment: str
    wanted: "ExecuteRequest"
    template_id: str
    version: int
    prompt: str
    parts: dict[str, str]
    targets: tuple[Target, ...]
    assigned: "Assigned | None" = None


def plan(
    desk: Desk,
    who: Principal,
    environment: str,
    wanted: "ExecuteRequest",
    assigned: "Assigned | None" = None,
    execution_id: str | None = None,
) -> Plan:
    """Render what is asked for.

    Args:
        desk: keeps the templates, and knows the models.
        who: asks; an application gets only what somebody has approved.
        environment: where.
        wanted: which prompt and model.
        assigned: the variant of the experiment that is asked for.
        execution_id: where it has one already.

    Raises:
        RequestRefused: 404 and 410 for the version, 409 for one that is not approved, 422 for its values, 400 for a
            provider that there is not.
    """
    # Jinja is loaded by who renders.
    from serving.logic.rendering.compose import compose, member
    from serving.logic.rendering.render import render

    who.demand(EXECUTOR)
    template_id, selector = _prompt(wanted, assigned)
    version = desk.version(environment, template_id, selector)
    now = desk.clock()
    check_usable(version, now)
    _check_approved(version, who)
    rendering = render(compose(member(version), desk.source(environment, now)), wanted.values)
    if len(rendering.text) > MAX_PROMPT_CHARS:
        message = f"The prompt has {len(rendering.text):,} characters, and at most {MAX_PROMPT_CHARS:,} are sent."
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "prompt_too_long", message)
    return Plan(
        execution_id=execution_id or uuid.uuid4().hex,
        started_at=now,
        environment=environment,
        wanted=wanted,
        template_id=template_id,
        version=version.number,
        prompt=rendering.text,
        parts=dict(rendering.members),
        targets=_targets(desk.models, wanted, assigned),
        assigned=assigned,
    )


def _prompt(wanted: "ExecuteRequest", assigned: "Assigned | None") -> tuple[str, Selector]:
    if assigned is None:
        return str(wanted.template_id), wanted.version or wanted.label or PRODUCTION
    if wanted.template_id not in (None, assigned.template_id):
        message = f"The experiment {wanted.experiment} is about {assigned.template_id}, not {wanted.template_id}."
        raise bad_request("other_template", message)
    return assigned.template_id, assigned.variant.version or PRODUCTION


def _check_approved(version: Version, who: Principal) -> None:
    if version.state not in APPROVED_STATES and not includes(who.role, "editor"):
        raise not_approved(version)


def _targets(models: Models, wanted: "ExecuteRequest", assigned: "Assigned | None") -> tuple[Target, ...]:
    variant = assigned.variant if assigned else None
    provider = (variant and variant.provider) or wanted.provider or models.default_provider
    model = (variant and variant.model) or wanted.model or models.default_model
    targets = [(provider, model)]
    if wanted.fallback is not None:
        targets.append((wanted.fallback.provider or provider, wanted.fallback.model))
    return tuple(Target(_provider(models, name), asked) for name, asked in targets)


def _provider(models: Models, name: str) -> Provider:
    if name not in models.providers:
        raise bad_request(
            "no_such_provider", f"There is no provider {name[:60]!r}; there are {', '.join(models.providers)}."
        )
    return models.providers[name]
