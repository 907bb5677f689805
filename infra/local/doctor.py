"""What can be wrong with an embedded lake. Each check says one sentence, which tells what to do, or nothing."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.local.keyring import open_keys
from infra.local.lake import Lake, LakeError
from infra.local.reconcile import counts
from ingest.contracts import layout
from ingest.delivery.privacy.settings import SettingsError, load
from sql.publication import current
from transforms.jobs.retention import RetentionError, read_retention

FREE_AT_LEAST_BYTES = 1 << 30
BUILT_WITHIN = timedelta(hours=26)
"""Of a lake into which something came since."""

Check = Callable[[Lake], Iterator[str]]


def examine(lake: Lake) -> dict[str, list[str]]:
    """Problems by check; changes nothing."""
    return {title: _problems(check, lake) for title, check in CHECKS.items()}


def _problems(check: Check, lake: Lake) -> list[str]:
    try:
        return list(check(lake))
    except LakeError as error:
        return [str(error)]


def settings(lake: Lake) -> Iterator[str]:
    path = lake.root / layout.SETTINGS_FILE
    try:
        read_retention(load(path).retention)
    except SettingsError as error:
        yield str(error)
    except RetentionError as error:
        yield f"{path}: {error}."


def keys(lake: Lake) -> Iterator[str]:
    open_keys(lake)
    yield from ()


def disk(lake: Lake) -> Iterator[str]:
    free = shutil.disk_usage(lake.root).free
    if free < FREE_AT_LEAST_BYTES:
        yield f"{lake.root} has {free / 1e9:.1f} GB left; a build writes its tables anew, so make room."


def damaged(lake: Lake) -> Iterator[str]:
    where = [*(lake.root / layout.SPOOL).glob("*.damaged-*"), *_files(lake.root / layout.DAMAGED)]
    if where:
        yield f"{len(where)} files can't be read, such as {where[0]}; look at them, and remove what is of no use."


def counts_add_up(lake: Lake) -> Iterator[str]:
    ledger = lake.ledger()
    try:
        gaps = [row for row in counts(ledger) if not row.is_whole]
    finally:
        ledger.close()
    if gaps:
        yield f"At {len(gaps)} hand-overs something received is not accounted for; `promptlake reconcile` names them."


def built(lake: Lake) -> Iterator[str]:
    publication, waiting = current(lake.root), lake.spool_bytes()
    if publication is None:
        yield "Nothing has been built yet; run `promptlake build`."
    elif waiting and datetime.now(UTC) - datetime.fromisoformat(publication.as_of) > BUILT_WITHIN:
        yield f"{waiting:,} bytes have come since the last build of {publication.as_of}; run `promptlake build`."


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else iter(())


CHECKS: dict[str, Check] = {
    "settings": settings,
    "keys": keys,
    "disk": disk,
    "files": damaged,
    "counts": counts_add_up,
    "builds": built,
}
