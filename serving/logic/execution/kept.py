"""Executions that somebody may ask for again: by their id, or by sending the same request again with its key."""

from datetime import timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from ingest.contracts.roles import Role
from serving.access import Principal
from serving.stores.table import Delete, Key, Put, Table

KEPT_FOR = timedelta(days=1)
LEASE = timedelta(seconds=30)
"""Beyond its time limit; who has not come back by then never will."""


class Refusal(BaseModel):
    """How an execution failed."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    status: int
    code: str
    message: str
    retry_after_s: int | None = None
    extra: dict[str, str] = {}


class Kept(BaseModel):
    """One execution. ``answer`` is JSON of what it was answered with; one of it and ``refusal`` is there once it has
    ended.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    execution_id: str
    environment: str
    revision: int = 1
    state: Literal["queued", "running", "done"]
    is_deferred: bool
    who: str
    role: Role
    key: str | None
    wanted: str | None
    """The request, JSON; only where somebody else is to run it."""
    about: dict[str, Any]
    """What its event would tell, were it never to come back."""
    started_at: AwareDatetime
    lease_until: AwareDatetime
    answer: str | None = None
    refusal: Refusal | None = None

    @property
    def principal(self) -> Principal:
        return Principal(self.who, self.role)


class Pointer(BaseModel):
    """Which execution a key names, and a digest of the request that was sent with it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    execution_id: str
    request: str


class KeptExecutions:
    """Keeps them in the table for a day."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, environment: str, execution_id: str) -> Kept | None:
        key = _place(environment, execution_id)
        document = self._table.get([key]).get(key)
        return None if document is None else Kept.model_validate_json(document)

    def named(self, environment: str, who: str, key: str) -> Pointer | None:
        """What a key of someone names."""
        place = _pointer(environment, who, key)
        document = self._table.get([place]).get(place)
        return None if document is None else Pointer.model_validate_json(document)

    def begin(self, kept: Kept, request: str) -> None:
        """Keep a new one, under its key where it has one. Raises ``Lost`` where the key names another by now."""
        until_s = _until_s(kept)
        place = _place(kept.environment, kept.execution_id)
        writes = [Put(place, kept.model_dump_json(), kept.revision, replaces=0, expires_at_s=until_s)]
        if kept.key is not None:
            pointer = Pointer(execution_id=kept.execution_id, request=request).model_dump_json()
            where = _pointer(kept.environment, kept.who, kept.key)
            writes.append(Put(where, pointer, replaces=0, expires_at_s=until_s))
        self._table.write(writes)

    def save(self, kept: Kept, changes: dict[str, Any], *, forget_key: bool = False) -> Kept:
        """Keep it as it is by now.

        Raises:
            Lost: somebody else has changed it.
            Full: it is too large.
        """
        after = kept.model_copy(update={**changes, "revision": kept.revision + 1})
        place = _place(kept.environment, kept.execution_id)
        put = Put(place, after.model_dump_json(), after.revision, replaces=kept.revision, expires_at_s=_until_s(kept))
        self._table.write([put, *(_forgotten(kept) if forget_key else [])])
        return after

    def forget(self, kept: Kept) -> None:
        """As if it had never been: it was not executed."""
        self._table.write([Delete(_place(kept.environment, kept.execution_id)), *_forgotten(kept)])

    def free(self, environment: str, who: str, key: str) -> None:
        """Let a key name nothing."""
        self._table.write([Delete(_pointer(environment, who, key))])


def _forgotten(kept: Kept) -> list[Delete]:
    return [] if kept.key is None else [Delete(_pointer(kept.environment, kept.who, kept.key))]


def _until_s(kept: Kept) -> int:
    return int((kept.started_at + KEPT_FOR).timestamp())


def _place(environment: str, execution_id: str) -> Key:
    return Key(f"execution#{environment}", execution_id)


def _pointer(environment: str, who: str, key: str) -> Key:
    return Key(f"executed#{environment}#{who}", key)
