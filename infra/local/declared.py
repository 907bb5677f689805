"""What the owner of a lake declares in its folder, for commands and the build."""

from pathlib import Path

from infra.local.lake import LakeError
from sql.funnels.file import FunnelError, funnels_in_folder
from sql.funnels.model import Funnel


def funnels_in(folder: Path) -> tuple[Funnel, ...]:
    """The owner's own funnels of a folder, else those that every lake has.

    Raises:
        LakeError: a file says nonsense; the message names file and line.
    """
    try:
        return funnels_in_folder(folder)
    except FunnelError as error:
        raise LakeError(f"{error}.") from error
