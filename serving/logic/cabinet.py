"""Records are found, made, changed by one at a time, and taken away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from serving.access import Principal
from serving.logic.record import Record
from serving.logic.refused import RequestRefused
from serving.logic.templates.acts import check_match, conflict, not_found
from serving.stores.records import RecordStore
from serving.stores.table import Full, Lost

ATTEMPTS = 5
RETRY_AFTER_S = 1
RECORDS_MAX = 100
"""Of one kind in an environment: each execution looks at all its budgets."""

_Kept = TypeVar("_Kept", bound=Record)


@dataclass(frozen=True)
class Cabinet(Generic[_Kept]):
    """The records of one kind.

    Args:
        store: where they are kept.
        name: what one of them is called.
        clock: tells the time.
        at_most: so many there may be in an environment; None where those that have ended stay.
    """

    store: RecordStore[_Kept]
    name: str
    clock: Callable[[], datetime]
    at_most: int | None = RECORDS_MAX

    def find(self, environment: str, record_id: str) -> _Kept:
        """Raises ``RequestRefused``, 404."""
        found = self.store.find(environment, record_id)
        if found is None:
            raise not_found(f"no_such_{self.name}", f"There is no {self.name} {record_id} in {environment}.")
        return found

    def seen(self, environment: str, record_id: str, if_match: str | None) -> _Kept:
        """A record as it is, which ``If-Match`` says. Raises ``RequestRefused``, 404 and 412."""
        found = self.find(environment, record_id)
        check_match(found.id, lambda: etag(found), if_match)
        return found

    def page(self, environment: str, after: str, limit: int) -> tuple[Sequence[_Kept], str | None]:
        """In the order of their ids; and the id to go on after, None at the end."""
        found = self.store.page(environment, after, limit + 1)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    def create(
        self, who: Principal, environment: str, record_id: str, make: Callable[[dict[str, Any]], _Kept]
    ) -> _Kept:
        """Keep what ``make`` makes of the fields that every record has.

        Raises:
            RequestRefused: 409 where there is one of this id, or there are too many; 413 for what is too large.
        """
        now = self.clock()
        signed = {"created_by": who.name, "created_at": now, "changed_by": who.name, "changed_at": now}
        made = make({"id": record_id, "environment": environment, "revision": 1, **signed})
        if self.at_most is not None and len(self.store.page(environment, limit=self.at_most)) == self.at_most:
            message = f"{environment} has {self.at_most} {self.name}s, the most there may be; take one away."
            raise conflict(f"too_many_{self.name}s", message)
        try:
            self._save(made)
        except Lost as error:
            message = f"{environment} has {record_id} among its {self.name}s already; change it with PUT."
            raise conflict("exists", message) from error
        return made

    def change(
        self,
        who: Principal,
        environment: str,
        record_id: str,
        if_match: str | None,
        make: Callable[[_Kept], dict[str, object]],
    ) -> _Kept:
        """Give a record other values, which ``make`` says from what it is.

        Raises:
            RequestRefused: 404; 412 where it is not what ``If-Match`` says; 503 where others change it all the time.
        """
        for _ in range(ATTEMPTS):
            found = self.seen(environment, record_id, if_match)
            signed = {"revision": found.revision + 1, "changed_by": who.name, "changed_at": self.clock()}
            # Validated as a whole: what fits alone may not fit what was there.
            changed = type(found).model_validate({**dict(found), **make(found), **signed})
            try:
                self._save(changed)
            except Lost:
                continue
            return changed
        raise self._busy()

    def remove(
        self, environment: str, record_id: str, if_match: str | None, check: Callable[[_Kept], None] | None = None
    ) -> _Kept:
        """Take a record away, and say what it was. Raises as :meth:`change`, and what ``check`` raises of it."""
        for _ in range(ATTEMPTS):
            found = self.seen(environment, record_id, if_match)
            if check is not None:
                check(found)
            try:
                self.store.remove(found)
            except Lost:
                continue
            return found
        raise self._busy()

    def _save(self, record: _Kept) -> None:
        try:
            self.store.save(record)
        except Full as error:
            raise RequestRefused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"{error}; make it smaller."
            ) from error

    def _busy(self) -> RequestRefused:
        message = f"Others are changing the same {self.name} all the time; send the request again."
        return RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE, "busy", message, RETRY_AFTER_S)


def etag(record: Record) -> str:
    """Changes whenever the record does."""
    return f'"{record.revision}"'
