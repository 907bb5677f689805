"""Who reads reports, and of which metrics: a file each."""

from pathlib import Path

from dashboards.boards import Board, BoardError, load_board

AUDIENCES = Path(__file__).parent


def audience_board(audience: str, folder: Path = AUDIENCES) -> Board:
    """The metrics of an audience.

    Raises:
        BoardError: there is no such audience in the folder, or its file is not what it must be.
    """
    known = sorted(found.stem for found in folder.glob("*.yaml"))
    if audience not in known:
        raise BoardError(f"There is no audience {audience[:60]!r}; there are {', '.join(known) or 'none'} in {folder}.")
    return load_board(folder / f"{audience}.yaml")
