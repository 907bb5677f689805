"""The life of an experiment: drafted, started, stopped, and its winner shipped."""

import secrets
from datetime import datetime
from http import HTTPStatus
from typing import Any

from serving.logic.experiments.model import Experiment, ExperimentTerms, State, Variant
from serving.logic.record import values_of
from serving.logic.refused import RequestRefused
from serving.logic.templates.acts import conflict, not_approved
from serving.logic.templates.desk import Answer, Asking, Desk
from serving.logic.templates.following import check_followers
from serving.logic.templates.labels import point
from serving.logic.templates.lifecycle import APPROVED_STATES, PRODUCTION
from serving.logic.templates.sunset import check_usable

_SALT_BYTES = 16


def known_metric(name: str) -> bool:
    """Whether `sql/metrics` has a metric of this name."""
    from sql.catalog import metrics  # and with it YAML, which only who writes an experiment needs

    return name in metrics()


def make(desk: Desk, terms: ExperimentTerms, signed: dict[str, Any]) -> Experiment:
    """A draft.

    Raises:
        RequestRefused: 404, there is no such template; 422, no such metric.
    """
    desk.find(signed["environment"], terms.template_id)
    _check_metrics(terms)
    return Experiment(**values_of(ExperimentTerms, terms), **signed, salt=secrets.token_hex(_SALT_BYTES))


def change(desk: Desk, experiment: Experiment, terms: ExperimentTerms) -> dict[str, object]:
    """Other terms: all of them while it is a draft, and only other weights while it runs.

    Raises:
        RequestRefused: 409, it is too late for that; and as :func:`make`.
    """
    if experiment.state in (State.STOPPED, State.SHIPPED):
        raise conflict("ended", f"The experiment {experiment.id} has ended; make another one.")
    if experiment.state == State.RUNNING:
        if _without_weights(terms) != _without_weights(experiment):
            message = f"While {experiment.id} runs, only the weights of its variants can be changed; stop it first."
            raise conflict("running", message)
        return {"variants": terms.variants}
    desk.find(experiment.environment, terms.template_id)
    _check_metrics(terms)
    return values_of(ExperimentTerms, terms)


def start(desk: Desk, experiment: Experiment, at: datetime) -> dict[str, object]:
    """Let it run.

    Raises:
        RequestRefused: 409, it is no draft, or a variant is of a version that nobody has approved.
    """
    if experiment.state != State.DRAFT:
        raise conflict("no_draft", f"The experiment {experiment.id} is {experiment.state}, and only a draft starts.")
    for variant in experiment.variants:
        _check_version(desk, experiment, variant, at)
    return {"state": State.RUNNING, "started_at": at}


def stop(experiment: Experiment, at: datetime) -> dict[str, object]:
    """End it without a winner: everybody gets the control again. Raises ``RequestRefused``, 409, unless it runs."""
    if experiment.state != State.RUNNING:
        raise conflict("not_running", f"The experiment {experiment.id} is {experiment.state}, and does not run.")
    return {"state": State.STOPPED, "stopped_at": at}


def check_shippable(experiment: Experiment, winner: str) -> Variant:
    """The variant that is to be shipped.

    Raises:
        RequestRefused: 409, it has not run, or is shipped already; 422, it has no such variant.
    """
    if experiment.state not in (State.RUNNING, State.STOPPED):
        message = f"The experiment {experiment.id} is {experiment.state}; only one that has run is shipped."
        raise conflict("not_shippable", message)
    variant = experiment.variant(winner)
    if variant is None:
        known = ", ".join(one.name for one in experiment.variants)
        message = f"The experiment {experiment.id} has no variant {winner[:60]}; it has {known}."
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "no_such_variant", message)
    return variant


def ship(experiment: Experiment, winner: str, at: datetime) -> dict[str, object]:
    """End it with a winner, which everybody gets from now on. Raises as :func:`check_shippable`."""
    check_shippable(experiment, winner)
    return {"state": State.SHIPPED, "winner": winner, "stopped_at": experiment.stopped_at or at}


def move_label(desk: Desk, asking: Asking, experiment: Experiment, variant: Variant, label: str, why: str) -> None:
    """Let a label of the template point to the winner's version, by the rules that hold for every label; nothing where
    it is there already, or the variants are models.

    Raises:
        RequestRefused: the label may not point there, or not by them.
    """
    number = variant.version
    if number is None:
        return
    labels = desk.find(experiment.environment, experiment.template_id).labels
    if label in labels and labels[label].number == number:
        return
    desk.change(
        Asking(asking.who, asking.environment),
        experiment.template_id,
        lambda template, act: check_followers(desk, point(template, label, number, act), label, act),
        lambda _: Answer(HTTPStatus.OK, {}, ""),
        why,
    )


def check_removal(experiment: Experiment) -> None:
    """Raises ``RequestRefused``, 409, for one that has run: events tell of it."""
    if experiment.state != State.DRAFT:
        message = f"The experiment {experiment.id} has run, and events tell of it; it stays."
        raise conflict("has_run", message)


def _check_metrics(terms: ExperimentTerms) -> None:
    for name in (terms.metric, *terms.guardrails):
        if not known_metric(name):
            message = f"There is no metric {name}; `sql/metrics` has them, and docs/reference/tables.md lists them."
            raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "no_such_metric", message)


def _check_version(desk: Desk, experiment: Experiment, variant: Variant, at: datetime) -> None:
    selector = variant.version or PRODUCTION
    version = desk.version(experiment.environment, experiment.template_id, selector)
    check_usable(version, at)
    if version.state not in APPROVED_STATES:
        raise not_approved(version)


def _without_weights(terms: ExperimentTerms) -> dict[str, object]:
    variants = [variant.model_copy(update={"weight": 1}) for variant in terms.variants]
    return values_of(ExperimentTerms, terms) | {"variants": variants}
