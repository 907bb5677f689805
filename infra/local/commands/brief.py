"""`promptlake report --audience …`: a week or a month for those who read one report each."""

import argparse
import json
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.commands.pages import write_bytes

if TYPE_CHECKING:
    from dashboards.boards import Board
    from dashboards.briefs.data import Brief
    from infra.local.lake import Lake

_NEEDED = ("css_inline", "typst", "vl_convert")
"""Modules of the extra ``reports``."""


def run(args: argparse.Namespace) -> int:
    """Write the page, the e-mail and the PDF into a folder; returns 0 once all are there.

    Raises:
        LakeError: something needed is missing, the lake can't be opened, nothing was built in it, the audience or the
            period is none, or the folder can't be written.
    """
    from infra.local.lake import LakeError, lake_path, open_lake

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise LakeError(
            "Reports need charts and PDF, which are not installed; run `pip install 'promptlake[reports]'`."
        )
    board = _board(args.audience, args.boards)
    lake = open_lake(lake_path(args.lake))
    out: Path = args.out.expanduser().absolute()
    brief = _collect(lake, board, args.period)
    headlines, paths = _write(brief, out)
    if args.json:
        sys.stdout.write(json.dumps(_summary(brief, headlines, paths), indent=1) + "\n")
    else:
        sys.stdout.write(
            "".join(
                f"{line}\n"
                for line in (*brief.status.warnings, *([brief.nothing] if brief.nothing else ()), *headlines)
            )
        )
        sys.stdout.write(f"Written: {_listed(paths)}\n")
    return 0


def _collect(lake: "Lake", board: "Board", period: str) -> "Brief":
    from dashboards.briefs.collect import collect
    from dashboards.briefs.periods import PeriodError, parse_period
    from dashboards.briefs.refused import failure_of
    from infra.local.delivering import settings_of
    from infra.local.lake import LakeError
    from sql.catalog import CatalogError
    from sql.reader import NothingPublished, Reader

    today = datetime.now(UTC).date()
    try:
        kind, day = parse_period(period, today)
        tables = Reader(lake.root).current()
    except PeriodError as error:
        raise LakeError(f"--period {error}") from error
    except NothingPublished as error:
        raise LakeError(f"{lake.root}: {error}") from error
    try:
        smallest_group = settings_of(lake).smallest_group
        return collect(tables, board, kind, day, today, failure_of(lake.root), smallest_group)
    except CatalogError as error:
        raise LakeError(str(error)) from error


def _write(brief: "Brief", out: Path) -> tuple[list[str], list[Path]]:
    from dashboards.briefs.making import make
    from infra.local.lake import LakeError

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LakeError(f"{out} can't be written ({error.strerror}); name another folder with --out.") from error
    made = make(brief)
    paths = {out / name: content for name, content in made.files().items()}
    for path, content in paths.items():
        write_bytes(path, content)
    return [finding.headline for finding in made.findings.told], list(paths)


def _listed(paths: list[Path]) -> str:
    first, *others = paths
    return " and ".join([", ".join([str(first), *(path.name for path in others[:-1])]), others[-1].name])


def _board(audience: str, folder: Path | None) -> "Board":
    from dashboards.boards import BoardError
    from dashboards.briefs.audiences import AUDIENCES, audience_board
    from infra.local.lake import LakeError

    try:
        return audience_board(audience, folder or AUDIENCES)
    except BoardError as error:
        raise LakeError(str(error)) from error


def _summary(brief: "Brief", headlines: list[str], paths: list[Path]) -> dict[str, Any]:
    told = brief.period.told
    return {
        "out": [str(path) for path in paths],
        "audience": brief.audience,
        "from": brief.period.whole.first.isoformat(),
        "to": brief.period.whole.last.isoformat(),
        "told_through": told.last.isoformat() if told else None,
        "as_of": brief.status.as_of,
        "complete_through": brief.status.complete_through,
        "simulated": brief.is_simulated,
        "warnings": brief.status.warnings,
        "nothing": brief.nothing,
        "headlines": headlines,
        "figures": {
            figure.metric.name: {
                "now": figure.now,
                "before": figure.before,
                "unit": figure.metric.unit,
                "standing": figure.judged.standing,
            }
            for figure in brief.figures
        },
    }
