"""The transform step for tests: with keys of its own, and persons visible where a test is about something else."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from infra.local.consents import SqliteConsents
from ingest.delivery.delivery import Delivery, Store
from ingest.delivery.privacy.keys import KEY_BYTES, Keyring
from ingest.delivery.privacy.settings import Settings
from ingest.delivery.transform import Transform
from ingest.doors.exchange import Request, Response
from ingest.doors.http import Doors
from ingest.doors.origins import LOOPBACK_ONLY, Origins
from ingest.doors.request_refused import RequestRefused

KEYRING = Keyring([b"k" * KEY_BYTES])


class Visible(Keyring):
    """Names persons as they came."""

    def pseudonym(self, identity: str) -> str:
        return identity


def step(settings: Settings | None = None, keyring: Keyring = KEYRING) -> Transform:
    """The step of a lake that nobody else has."""
    return Transform(settings or Settings(), keyring, SqliteConsents(Path(":memory:")))


def visible_step(settings: Settings | None = None) -> Transform:
    """The same, with persons as they came: for tests of what a door makes of a payload."""
    return step(settings, Visible([b"k" * KEY_BYTES]))


transform = visible_step()


def handle(request: Request, store: Store, now: Callable[[], datetime], allowed: Origins = LOOPBACK_ONLY) -> Response:
    """Let the doors answer, with persons as they came."""
    return Doors(Delivery(transform, store), now, allowed).answer(request)


def refuse(request: Request, refused: RequestRefused, store: Store, allowed: Origins) -> Response:
    """Let the doors refuse a request whose body nobody has read."""
    return Doors(Delivery(transform, store), lambda: datetime.now(UTC), allowed).refuse(request, refused)
