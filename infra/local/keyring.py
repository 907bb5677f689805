"""The embedded lake's keys: one file outside the lake, which the lake knows by fingerprint."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra.local.lake import Lake, LakeError
from ingest.delivery.privacy.keys import KEY_BYTES, Keyring, parse_keys

VARIABLE = "PROMPTLAKE_KEYS"
"""Names the file, where it shall not be below the user's own data."""

_FINGERPRINTS = "key_fingerprints"
"""Ledger fact: the keys under which something is stored."""


@dataclass(frozen=True)
class KeyFile:
    """Where the keys of a lake lie, and what is there."""

    path: Path
    keys: tuple[bytes, ...]
    made_at: tuple[str, ...]

    @property
    def keyring(self) -> Keyring:
        return Keyring(self.keys)


def key_path(lake: Lake) -> Path:
    """The file that ``PROMPTLAKE_KEYS`` names, else one below the user's data, by the lake's id.

    Raises:
        LakeError: it would lie in the lake.
    """
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    path = Path(os.environ.get(VARIABLE) or f"{data}/promptlake/{lake.lake_id}.keys.json").expanduser().resolve()
    if path.is_relative_to(lake.root):
        raise LakeError(
            f"{VARIABLE} names {path}, which is in the lake; keys belong where whoever has the lake is not."
        )
    return path


def open_keys(lake: Lake) -> KeyFile:
    """The keys; a new lake gets its first one here.

    Raises:
        LakeError: keys that the lake was written with are gone, or the file can't be used.
    """
    with _alone(lake) as path:
        found = _read(path) if path.exists() else None
        file = _checked(lake, path, found)
        if file is not found:
            _write(file)
        _remember(lake, file)
    return file


def rotate(lake: Lake) -> KeyFile:
    """Add a key, which whatever starts from now on uses; the earlier ones stay.

    Raises:
        LakeError: as for ``open_keys``.
    """
    open_keys(lake)
    with _alone(lake) as path:
        file = _with_new_key(_read(path))
        _write(file)
        _remember(lake, file)
    return file


@contextmanager
def _alone(lake: Lake) -> Iterator[Path]:
    path = key_path(lake)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.with_name(path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield path
    except OSError as error:
        raise LakeError(
            f"The lake's keys can't be kept at {path} ({error.strerror}); name another file in {VARIABLE}."
        ) from error


def _checked(lake: Lake, path: Path, found: KeyFile | None) -> KeyFile:
    known = _known(lake)
    if found is None:
        if known:
            raise LakeError(
                f"The keys of the lake {lake.root} are not at {path}, and without them nobody in it can be found; "
                f"bring the file back, or say in {VARIABLE} where it is."
            )
        return _with_new_key(KeyFile(path, (), ()))
    if found.keyring.fingerprints()[: len(known)] != known:
        raise LakeError(
            f"The keys at {path} are not those that the lake {lake.root} was written with; name its own in {VARIABLE}."
        )
    return found


def _with_new_key(file: KeyFile) -> KeyFile:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return KeyFile(file.path, (*file.keys, secrets.token_bytes(KEY_BYTES)), (*file.made_at, now))


def _known(lake: Lake) -> tuple[str, ...]:
    ledger = lake.ledger()
    try:
        return tuple(json.loads(ledger.fact(_FINGERPRINTS) or "[]"))
    finally:
        ledger.close()


def _remember(lake: Lake, file: KeyFile) -> None:
    fingerprints = file.keyring.fingerprints()
    if _known(lake) == fingerprints:
        return
    ledger = lake.ledger()
    try:
        ledger.set_fact(_FINGERPRINTS, json.dumps(fingerprints))
    finally:
        ledger.close()


def _read(path: Path) -> KeyFile:
    try:
        text = path.read_text()
        file = KeyFile(path, tuple(parse_keys(text)), tuple(entry["made_at"] for entry in json.loads(text)["keys"]))
        Keyring(file.keys)
    except (ValueError, KeyError) as error:
        raise LakeError(f"{path} can't be read as a lake's keys; restore it from a copy.") from error
    return file


def _write(file: KeyFile) -> None:
    """Whole or not at all, and for nobody else to read."""
    entries = [
        {"number": number, "made_at": made_at, "key": base64.b64encode(key).decode()}
        for number, (key, made_at) in enumerate(zip(file.keys, file.made_at, strict=True), 1)
    ]
    fresh = file.path.with_name(file.path.name + ".tmp")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(json.dumps({"keys": entries}, indent=2) + "\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file.path)
