"""The demo from start to end: a server, an application that talks to it, a build."""

import json
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from infra.local.build import build_lake
from infra.local.demo.application import Application, Sent
from infra.local.demo.books import Books, disagreements, read_books
from infra.local.demo.child import Child
from infra.local.demo.watch import Watch
from infra.local.lake import Lake, LakeError
from ingest.contracts import layout
from transforms.jobs.build import GateFailed

_DRAIN_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What the application is to simulate."""

    seed: int
    days: int
    scale: float


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it."""

    first: date
    last: date
    sent: Sent
    booked: Books


def last_day(lake: Lake) -> date:
    """The last simulated day: the last whole one before the lake was made, so that a repeat sends the same again.

    Raises:
        LakeError: the lake does not say when it was made.
    """
    marker = lake.root / layout.LAKE_FILE
    try:
        made_at = datetime.fromisoformat(json.loads(marker.read_text())["made_at"])
    except (ValueError, KeyError, TypeError) as error:
        raise LakeError(f"{marker} does not say when the lake was made; restore it, or name a new folder.") from error
    return made_at.date() - timedelta(days=1)


def play(lake: Lake, asked: Asked, child: Child, watch: Watch) -> Played:
    """Send everything and build.

    Raises:
        LakeError: the server is gone, the gate is closed, or what was sent and what was booked differ.
    """
    before, last = read_books(lake), last_day(lake)
    first = last - timedelta(days=asked.days - 1)
    sent = _send(Application(child.url, asked.seed, last, asked.scale), first, asked.days, watch)
    with watch.stage("build", "Building the tables") as stage:
        _wait_for_bronze(lake, time.time_ns() // 1000)
        try:
            built = build_lake(lake, stage.tell, on_wait=lambda: stage.tell("waiting for the server's own build"))
        except GateFailed as failed:
            raise LakeError(str(failed)) from failed
        stage.tell(f"complete through {built.publication.complete_through[:19]} UTC")
    booked = read_books(lake).since(before)
    wrong = disagreements(sent, booked)
    if wrong:
        raise LakeError(" ".join(wrong))
    return Played(first, last, sent, booked)


def _send(application: Application, first: date, days: int, watch: Watch) -> Sent:
    sent = application.sent
    with watch.stage("send", f"Sending {days} simulated day{'s' if days > 1 else ''}", days) as stage:
        for number in range(days):
            application.live(first + timedelta(days=number))
            stage.tell(f"{sent.executions:,} executions, {sent.events + sent.surveys:,} other events", advance=1)
        application.close()
    return sent


def _wait_for_bronze(lake: Lake, sent_us: int) -> None:
    """The server closes its spool segment by itself within a second; only then is all of it there to be built."""
    give_up = time.monotonic() + _DRAIN_WITHIN_S
    while lake.drain().complete_through_us < sent_us:
        if time.monotonic() > give_up:
            raise LakeError(f"The server did not hand over what it took within {_DRAIN_WITHIN_S:.0f} seconds.")
        time.sleep(0.1)
