"""Which survey, if any, a person sees now. To tell it is to show it: nobody sees one twice."""

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import digest

from pydantic import AwareDatetime, BaseModel, ConfigDict

from serving.logic.experiments.chance import uniform
from serving.logic.surveys.model import Survey
from serving.stores.records import RecordStore
from serving.stores.table import Key, Lost, Put

ATTEMPTS = 5
REMEMBERED_FOR = timedelta(days=800)
"""Longer than any quiet period."""


class Seen(BaseModel):
    """The surveys that a person has seen, and when."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    revision: int = 0
    surveys: dict[str, AwareDatetime] = {}


@dataclass(frozen=True)
class AskingSurveys:
    """Shows surveys.

    Args:
        store: keeps them, and who has seen which.
        clock: tells the time.
        chance: a number from 0 to 1, each time another.
    """

    store: RecordStore[Survey]
    clock: Callable[[], datetime]
    chance: Callable[[], float] = field(default=random.random)

    def next(self, environment: str, user_id: str, feature: str | None = None) -> Survey | None:
        """The first survey, by id, that fits the person and the moment; None where there is none."""
        surveys = self.store.page(environment)
        now = self.clock()
        if not any(_runs(survey, feature, now) for survey in surveys):
            return None
        secret = self._secret(environment)
        person = Key(f"surveyed#{environment}", _pseudonym(secret, user_id))
        for _ in range(ATTEMPTS):
            document = self.store.table.get([person]).get(person)
            seen = Seen() if document is None else Seen.model_validate_json(document)
            found = next((one for one in surveys if self._fits(one, seen, secret, user_id, feature, now)), None)
            if found is None:
                return None
            after = Seen(revision=seen.revision + 1, surveys={**seen.surveys, found.id: now})
            until_s = int((now + REMEMBERED_FOR).timestamp())
            try:
                self.store.table.write(
                    [Put(person, after.model_dump_json(), after.revision, replaces=seen.revision, expires_at_s=until_s)]
                )
            except Lost:
                continue  # they were shown one meanwhile
            return found
        return None

    def _fits(self, survey: Survey, seen: Seen, secret: str, user_id: str, feature: str | None, now: datetime) -> bool:
        if not _runs(survey, feature, now) or survey.id in seen.surveys:
            return False
        last = max(seen.surveys.values(), default=None)
        if last is not None and now < last + timedelta(days=survey.quiet_period_days):
            return False
        if uniform(secret, survey.id, user_id) > survey.audience.share:
            return False
        return self.chance() < survey.sampling

    def _secret(self, environment: str) -> str:
        """Keys the digests of persons: the store tells nobody who has seen what."""
        key = Key(f"secret#{environment}", "surveys")
        for _ in range(ATTEMPTS):
            if (found := self.store.table.get([key]).get(key)) is not None:
                return found
            try:
                self.store.table.write([Put(key, secrets.token_hex(16), replaces=0)])
            except Lost:
                continue
        raise Lost


def _runs(survey: Survey, feature: str | None, now: datetime) -> bool:
    if not survey.is_active or (survey.audience.features and feature not in survey.audience.features):
        return False
    return (survey.starts_at is None or survey.starts_at <= now) and (survey.ends_at is None or now < survey.ends_at)


def _pseudonym(secret: str, user_id: str) -> str:
    return digest(secret.encode(), user_id.encode("utf-8", "surrogatepass"), sha256).hex()
