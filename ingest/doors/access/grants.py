"""Keys: each lets its holder act in one role. Who sends reads nothing, and who reads sends nothing."""

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, Protocol

from ingest.contracts.roles import Role

_KEY = re.compile(r"plk_([0-9a-f]{12})_[0-9A-Za-z_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Grant:
    """What the holder of one key may do."""

    id: str
    role: Role
    environments: tuple[str, ...] = ()
    """Those it may send for, or whose templates it may work on; what names none is of the first. Empty is all."""
    events_per_s: float | None = None
    """For an emitter: how fast it may send in the long run; None is as fast as it likes."""
    holder: str = ""
    """Who has it. Two keys of one holder are one person, who can't approve their own work by the other."""

    @property
    def name(self) -> str:
        """What its holder is called in audit logs."""
        return self.holder or f"key {self.id}"


class Listed(NamedTuple):
    """A key as its owner sees it."""

    grant: Grant
    note: str
    made_at: str
    revoked_at: str | None


class Grants(Protocol):
    """Keeps the keys that an owner made, as digests."""

    def are_demanded(self, role: Role) -> bool:
        """Whether nobody may act in a role without a key: so it is once one was made for it."""

    def find(self, key_id: str, digest: str) -> Grant | None:
        """What a key grants; None where there is none of this id and digest, or it was revoked."""


class NoKeys:
    """The grants of a lake whose owner has made no key: everyone who reaches it may send and read."""

    def are_demanded(self, role: Role) -> bool:  # noqa: ARG002 - the protocol's
        return False

    def find(self, key_id: str, digest: str) -> Grant | None:  # noqa: ARG002 - the protocol's
        return None


class NewKey(NamedTuple):
    """A key as it is made: its holder gets ``text``, the lake keeps the other two."""

    text: str
    id: str
    digest: str


def make_key() -> NewKey:
    """A key that nobody can guess."""
    key_id = secrets.token_hex(6)
    text = f"plk_{key_id}_{secrets.token_urlsafe(32)}"
    return NewKey(text, key_id, digest_of(text))


def digest_of(key: str) -> str:
    """What is kept of a key. It is random and long, so that a plain hash can't be turned back."""
    return sha256(key.encode()).hexdigest()


def id_of(text: str) -> str | None:
    """The id in what looks like a key; None for what does not."""
    match = _KEY.fullmatch(text)
    return match[1] if match else None
