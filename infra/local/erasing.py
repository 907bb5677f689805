"""Erases persons from an embedded lake."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import Any

from infra.local.bronze import FolderBronze
from infra.local.build import alone, engine_of
from infra.local.consents import SqliteConsents
from infra.local.declared import funnels_in
from infra.local.delivering import consents_of, retention_of
from infra.local.keyring import open_keys
from infra.local.lake import Lake, LakeError
from infra.local.ledger import SqliteLedger
from infra.local.price_files import book_in
from infra.local.receipts import receipt_path, write_receipt
from ingest.contracts.instants import from_us
from transforms.engines.store import FolderStore
from transforms.engines.unreadable import UnreadableObjects
from transforms.jobs.build import GateFailed, build
from transforms.jobs.build_request import BuildRequest
from transforms.jobs.erase import EraseRequest, erase
from transforms.jobs.pending import finish_pending
from transforms.jobs.publish import published


def erase_from_lake(
    lake: Lake,
    ids: Sequence[str],
    on_step: Callable[[str], None] = lambda _: None,
    on_wait: Callable[[], None] = lambda: None,
) -> tuple[dict[str, Any], str]:
    """Erase whoever the application calls by some ids; returns the receipt, and where it is kept.

    Raises:
        LakeError: something can't be read, so that nobody knows who is in it; nothing was changed, or what was begun is
            finished by the next call.
    """
    keyring = open_keys(lake).keyring
    retention_of(lake)  # refused before anything is looked for
    names = frozenset(name for identity in ids for name in keyring.pseudonyms(identity))
    receipts: list[dict[str, Any]] = []
    with alone(lake, on_wait):
        lake.check_catalog()
        received_before = from_us(lake.drain().complete_through_us).isoformat().replace("+00:00", "Z")
        with closing(lake.ledger()) as ledger, closing(consents_of(lake)) as consents:
            with engine_of(lake)() as engine:
                finish_pending(engine, ledger)
            try:
                erasure = erase(erase_request(lake, ledger, consents, names, received_before, receipts.append, on_step))
            except UnreadableObjects as error:
                raise LakeError(str(error)) from error
            except GateFailed as failed:
                raise LakeError(
                    f"Bronze and silver hold nothing of the person any more, but gold can't be published: {failed} "
                    "Run the same command again once that is mended."
                ) from failed
            ledger.flush()
    return receipts[-1], str(receipt_path(lake, erasure))


def erase_request(
    lake: Lake,
    ledger: SqliteLedger,
    consents: SqliteConsents,
    names: frozenset[str],
    received_before: str,
    on_receipt: Callable[[dict[str, Any]], None],
    on_step: Callable[[str], None],
) -> EraseRequest:
    """What the job takes. The caller holds the build lock; with nobody's names, it can only finish what was begun."""
    retention = retention_of(lake)
    return EraseRequest(
        names,
        received_before,
        engine_of(lake),
        FolderBronze(lake.root, ledger),
        consents,
        ledger,
        partial(compute_due, lake, ledger, consents, on_step),
        lambda erasure: on_receipt(write_receipt(lake, erasure, retention, datetime.now(UTC))),
        on_step,
    )


def compute_due(lake: Lake, ledger: SqliteLedger, consents: SqliteConsents, on_step: Callable[[str], None]) -> None:
    """Compute and publish what is due in gold, without what is new in bronze; nothing where nothing was ever built."""
    if published(FolderStore(lake.root)) is None:
        return
    # What arrived meanwhile is left to the next build, and so is how far the answers are complete.
    engine, book = engine_of(lake), book_in(lake.root)
    request = BuildRequest(engine, ledger, consents, lambda: 0, on_step, book, funnels_in(lake.root), takes_new=False)
    build(request)
