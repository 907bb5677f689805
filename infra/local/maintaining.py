"""Maintains an embedded lake."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

from infra.local.bronze import FolderBronze
from infra.local.build import alone, engine_of
from infra.local.delivering import consents_of, retention_of
from infra.local.erasing import compute_due, erase_request
from infra.local.lake import Lake
from transforms.jobs.erase import finish_erasure
from transforms.jobs.maintain import Maintained, MaintainRequest, maintain
from transforms.jobs.pending import finish_pending


def maintain_lake(
    lake: Lake,
    on_step: Callable[[str], None] = lambda _: None,
    on_wait: Callable[[], None] = lambda: None,
    now: datetime | None = None,
) -> Maintained:
    """Do all that is due by ``now``; an erasure that was cut off is finished first.

    Raises:
        LakeError: the lake or its settings can't be read.
    """
    retention = retention_of(lake)
    with alone(lake, on_wait):
        lake.check_catalog()
        with closing(lake.ledger()) as ledger, closing(consents_of(lake)) as consents:
            with engine_of(lake)() as engine:
                finish_pending(engine, ledger)
            finish_erasure(erase_request(lake, ledger, consents, frozenset(), "", lambda _: None, on_step))
            bronze = FolderBronze(lake.root, ledger)
            request = MaintainRequest(
                engine_of(lake),
                bronze,
                ledger,
                retention,
                partial(compute_due, lake, ledger, consents, on_step),
                now or datetime.now(UTC),
                bronze.merge,
                on_step,
            )
            done = maintain(request)
            ledger.compact()
    return done
