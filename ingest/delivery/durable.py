"""What it takes for a change of a folder to outlast a power cut."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make sure that what was created in a folder, or renamed into it, is still there after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
