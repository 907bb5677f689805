"""Writes every Grafana board as JSON: ``python -m dashboards.grafana.generate FOLDER``. Needs the extra ``grafana``."""

import sys
from pathlib import Path

from dashboards.boards import BoardError, load_boards
from dashboards.grafana import BOARDS


def main(arguments: list[str]) -> int:
    """Write them; returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("Give one folder for the dashboards.\n")
        return 2
    try:
        from dashboards.grafana.panels import dashboard

        boards = load_boards(BOARDS)
    except ModuleNotFoundError:
        sys.stderr.write("Grafana's SDK is not installed; run `pip install 'promptlake[grafana]'`.\n")
        return 1
    except BoardError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, board in boards.items():
        (folder / f"{name}.json").write_text(dashboard(board))
        sys.stdout.write(f"{folder / name}.json\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
