"""When a version may no longer be used, and what is said to who asks for it, or for what is composed of it."""

from datetime import datetime
from http import HTTPStatus

from serving.logic.refused import RequestRefused
from serving.logic.templates.model import Deprecation, State, Template, Version


def is_sunset(template: Template, number: int, at: datetime) -> Deprecation | None:
    """What to use instead of a version that may no longer be used; None while it may."""
    return _ended(template.states.get(number), template.deprecations.get(number), at)


def has_ended(version: Version, at: datetime) -> Deprecation | None:
    """The same, of a version as it stands."""
    return _ended(version.state, version.deprecation, at)


def gone(template_id: str, number: int, ended: Deprecation, at: datetime, within: str = "") -> RequestRefused:
    """The refusal, with 410 and the replacement, of a version that is archived or whose sunset has come.

    Args:
        template_id: of the version.
        number: of the version.
        ended: what to use instead.
        at: when it was asked for.
        within: what is composed of it, where that was asked for.
    """
    name = f"{template_id}@{number}"
    extra = {"gone": name, **({"replacement": str(ended.replacement)} if ended.replacement else {})}
    subject = f"{within} is composed of {name}, which" if within else f"Version {number} of {template_id}"
    return RequestRefused(HTTPStatus.GONE, "gone", described(subject, ended, at), extra=extra)


def described(subject: str, ended: Deprecation, at: datetime) -> str:
    """That something has ended, and what to use instead."""
    instead = f"use {ended.replacement} instead" if ended.replacement else "nothing was named to replace it"
    since = f" since {ended.sunset_at:%Y-%m-%d}" if ended.sunset_at and ended.sunset_at <= at else ""
    return f"{subject} is gone{since}; {instead}."


def check_usable(version: Version, at: datetime) -> None:
    """Refuse, with 410 and the replacement, a version that is archived or whose sunset has come."""
    if (ended := has_ended(version, at)) is not None:
        raise gone(version.template_id, version.number, ended, at)


def _ended(state: State | None, deprecation: Deprecation | None, at: datetime) -> Deprecation | None:
    if state == State.ARCHIVED:
        return deprecation or Deprecation()
    is_over = deprecation and deprecation.sunset_at and deprecation.sunset_at <= at
    return deprecation if is_over else None
