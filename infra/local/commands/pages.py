"""How commands write pages."""

import os
from pathlib import Path


def write(out: Path, page: str) -> None:
    """All of the page or none of it: somebody may be looking at the one before.

    Raises:
        LakeError: it can't be written there.
    """
    write_bytes(out, page.encode())


def write_bytes(out: Path, document: bytes) -> None:
    """The same of any document.

    Raises:
        LakeError: it can't be written there.
    """
    from infra.local.lake import LakeError

    fresh = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        fresh.write_bytes(document)
        fresh.replace(out)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise LakeError(f"{out} can't be written ({error.strerror}); name another place with --out.") from error
