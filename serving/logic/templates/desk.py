"""Where requests about templates are dealt with: they are found, changed in one piece, and changed by one at a time."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

from serving.access import People, Principal
from serving.logic.models.provider import Models
from serving.logic.models.stand_in import stand_in_alone
from serving.logic.refused import RequestRefused
from serving.logic.templates.acts import Act, check_match, etag, key_used, not_found
from serving.logic.templates.changes import Change, Replay
from serving.logic.templates.model import Checks, Selector, Template, Version
from serving.stores.table import Full, Lost
from serving.stores.templates.source import OfEnvironment
from serving.stores.templates.store import TemplateStore

ATTEMPTS = 12
"""So often a change is tried where others change the same template all the time."""

REPLAYED_FOR = timedelta(days=1)
RETRY_AFTER_S = 1
_WAIT_S = 0.005


class Answer(NamedTuple):
    """What a change is answered with."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Asking:
    """A request to change something: by whom, where, and under which conditions."""

    who: Principal
    environment: str
    if_match: str | None = None
    key: str | None = None
    """Names the request, so that it is answered and not done again where it is sent again."""
    request: str = ""
    """A digest of all that is asked."""


Make = Callable[[Template, Act], Change | None]
Tell = Callable[[Change], Answer]


@dataclass(frozen=True)
class Desk:
    """All that the routes need."""

    store: TemplateStore
    checks: Checks
    models: Models = field(default_factory=stand_in_alone)
    """Asked by the tests of templates."""
    people: People = field(default_factory=dict)
    """Who is behind an identity, where one person has several."""
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def source(self, environment: str, at: datetime | None = None) -> OfEnvironment:
        """The templates of an environment at a moment; without one, now."""
        return OfEnvironment(self.store, environment, at or self.clock())

    def find(self, environment: str, template_id: str) -> Template:
        """Raises ``RequestRefused``, 404."""
        found = self.store.template(environment, template_id)
        if found is None:
            raise not_found("no_such_template", f"There is no template {template_id} in {environment}.")
        return found

    def version(self, environment: str, template_id: str, selector: Selector) -> Version:
        """Raises ``RequestRefused``, 404."""
        found = self.store.version(environment, template_id, selector)
        if found is None:
            self.find(environment, template_id)
            what = f"version {selector}" if isinstance(selector, int) else f"label {selector}"
            raise not_found("no_such_version", f"{template_id} has no {what}.")
        return found

    def change(
        self,
        asking: Asking,
        template_id: str,
        make: Make,
        tell: Tell,
        why: str = "",
        *,
        unchanged: Callable[[Template], Answer] | None = None,
    ) -> Answer:
        """Change a template: ``make`` says how, from what it is, and is asked again where it was changed meanwhile.

        Raises:
            RequestRefused: 404; 412 where it is not what ``If-Match`` says; 422 for a key of another request; 503 where
                others change it all the time; 413 for what is too large.
        """

        def attempt(act: Act) -> tuple[Change | None, Template]:
            template = self.find(asking.environment, template_id)
            check_match(template.id, lambda: etag(template), asking.if_match)
            return make(template, act), template

        return self._repeat(asking, attempt, tell, why, unchanged)

    def create(self, asking: Asking, make: Callable[[Act], Change], tell: Tell, why: str = "") -> Answer:
        """Make a template.

        Raises:
            RequestRefused: as for :meth:`change`; 409 where there is one of this id.
        """

        def attempt(act: Act) -> tuple[Change, Template]:
            change = make(act)
            if self.store.template(asking.environment, change.after.id) is not None:
                message = f"There is a template {change.after.id} in {asking.environment} already; save it with PUT."
                raise RequestRefused(HTTPStatus.CONFLICT, "exists", message)
            return change, change.after

        return self._repeat(asking, attempt, tell, why, None)

    def _repeat(
        self,
        asking: Asking,
        attempt: Callable[[Act], tuple[Change | None, Template]],
        tell: Tell,
        why: str,
        unchanged: Callable[[Template], Answer] | None,
    ) -> Answer:
        for number in range(ATTEMPTS):
            if (answered := self._answered(asking)) is not None:
                return answered
            act = Act(asking.who, self.clock(), why)
            try:
                change, template = attempt(act)
            except RequestRefused:
                if (answered := self._answered(asking)) is not None:
                    return answered  # the same request was done meanwhile; what it did is why it can't be done now
                raise
            if change is None:
                assert unchanged is not None  # noqa: S101 - who may change nothing says what is answered then
                # It may be as asked for because this very request, sent twice, has just made it so.
                return self._answered(asking) or unchanged(template)
            answer = tell(change)
            try:
                self.store.commit(replace(change, replay=_replay(asking, answer, act.at)))
            except Lost:
                time.sleep(_WAIT_S * random.random() * 2 ** min(number, 6))  # noqa: S311 - to get out of step
            except Full as error:
                message = f"{error}; make it smaller, or split it into parts."
                raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message) from error
            else:
                return answer
        message = "Others are changing the same template all the time; send the request again."
        raise RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE, "busy", message, RETRY_AFTER_S)

    def _answered(self, asking: Asking) -> Answer | None:
        if asking.key is None or (found := self.store.replay(_asker(asking), asking.key, self.clock())) is None:
            return None
        if found.request != asking.request:
            raise key_used()
        return Answer(found.status, {**found.headers, "Idempotent-Replayed": "true"}, found.body)


def _asker(asking: Asking) -> str:
    return f"{asking.environment}#{asking.who.name}"


def _replay(asking: Asking, answer: Answer, at: datetime) -> Replay | None:
    if asking.key is None:
        return None
    return Replay(
        who=_asker(asking),
        key=asking.key,
        request=asking.request,
        status=answer.status,
        headers=dict(answer.headers),
        body=answer.body,
        until=at + REPLAYED_FOR,
    )
