"""The jobs of a lake in AWS, whatever engine runs them."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from infra.aws.lake.declared import funnels_in
from infra.aws.lake.discovery import receive
from infra.aws.lake.lake import AwsLake
from infra.aws.lake.prices import book_in
from infra.aws.lake.receipts import write_receipt
from infra.aws.lake.views import put_views
from ingest.contracts.instants import from_us
from transforms.jobs.backfill import Backfilled, BackfillRequest, RereadingEngine, backfill
from transforms.jobs.build import build
from transforms.jobs.build_request import BuildRequest
from transforms.jobs.build_result import BuildResult
from transforms.jobs.erase import EraseRequest, Erasure, erase, finish_erasure
from transforms.jobs.maintain import Maintained, MaintainRequest, maintain
from transforms.jobs.pending import finish_pending
from transforms.jobs.publish import published


@dataclass(frozen=True)
class Jobs:
    """What can be done with a lake. The caller has it alone, see :meth:`infra.aws.lake.lake.AwsLake.alone`."""

    lake: AwsLake
    open_engine: Callable[[], AbstractContextManager[RereadingEngine]]
    on_step: Callable[[str], None] = lambda _: None

    def build(self) -> BuildResult:
        """Bring the tables up to what was received.

        Raises:
            GateFailed: readers keep the last good state.
            PriceError: or ``FunnelError``: one of the owner's files says nonsense; nothing was read or written.
            ClientError: the views could not be put; what was built is published.
        """
        built = build(self._building(takes_new=True))
        # The tables are as this version has them now, and so are the views over them.
        self.on_step("bringing the analysts' views up to date")
        put_views(self.lake.glue)
        return built

    def backfill(self, first: date, last: date) -> tuple[Backfilled, BuildResult]:
        """Read silver of some days from bronze once more, and bring the tables up to it and to what was received.

        Raises:
            GateFailed: or ``PriceError``, as :meth:`build`.
        """
        self._finish_pending()
        done = backfill(
            BackfillRequest(first, last, self.open_engine, self.lake.bronze, self.lake.ledger, self.on_step)
        )
        return done, self.build()

    def erase(self, names: Collection[str]) -> dict[str, Any]:
        """Erase a person whom the lake keeps under some pseudonyms; returns the receipt.

        Raises:
            GateFailed: nothing of the person is left in bronze and silver, but gold can't be published before that is
                mended; the same call finishes.
            UnreadableObjects: nobody knows who is in them; nothing was changed, or what was begun is finished by the
                same call.
        """
        receipts: list[dict[str, Any]] = []
        request = self._erasing(frozenset(names), _iso(receive(self.lake)), receipts.append)
        self._finish_pending()
        erase(request)
        return receipts[-1]

    def maintain(self, now: datetime | None = None) -> Maintained:
        """Do all that is due by ``now``; an erasure that was cut off is finished first."""
        retention = self.lake.retention()  # refused before anything is done
        self._finish_pending()
        finish_erasure(self._erasing(frozenset(), "", lambda _: None))
        return maintain(
            MaintainRequest(
                self.open_engine,
                self.lake.bronze,
                self.lake.ledger,
                retention,
                self._compute_due,
                now or datetime.now(UTC),
                on_step=self.on_step,
            )
        )

    def _erasing(
        self, names: frozenset[str], received_before: str, on_receipt: Callable[[dict[str, Any]], None]
    ) -> EraseRequest:
        retention = self.lake.retention()

        def keep(erasure: Erasure) -> None:
            on_receipt(write_receipt(self.lake.mirror.bucket, erasure, retention, datetime.now(UTC)))

        return EraseRequest(
            names,
            received_before,
            self.open_engine,
            self.lake.bronze,
            self.lake.consents,
            self.lake.ledger,
            self._compute_due,
            keep,
            self.on_step,
        )

    def _finish_pending(self) -> None:
        with self.open_engine() as engine:
            finish_pending(engine, self.lake.ledger)

    def _compute_due(self) -> None:
        """Compute and publish what is due in gold, without what is new in bronze; nothing where nothing was built."""
        if published(self.lake.mirror.bucket) is not None:
            build(self._building(takes_new=False))

    def _building(self, *, takes_new: bool) -> BuildRequest:
        return BuildRequest(
            self.open_engine,
            self.lake.ledger,
            self.lake.consents,
            (lambda: receive(self.lake)) if takes_new else (lambda: 0),
            self.on_step,
            book_in(self.lake.mirror.bucket),
            funnels_in(self.lake.mirror.bucket),
            takes_new=takes_new,
        )


def _iso(at_us: int) -> str:
    return from_us(at_us).isoformat().replace("+00:00", "Z")
