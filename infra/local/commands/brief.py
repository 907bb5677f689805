"""`promptlake report --audience …`: a week or a month for those who read one report each."""

import argparse
import json
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.commands.pages import write, write_bytes

if TYPE_CHECKING:
    from dashboards.boards import Board
    from dashboards.briefs.data import Brief
    from infra.local.lake import Lake

HTML, MAIL, PDF = "report.html", "report.eml", "report.pdf"
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
    headlines = _write(brief, out)
    if args.json:
        sys.stdout.write(json.dumps(_summary(brief, headlines, out), indent=1) + "\n")
    else:
        sys.stdout.write(
            "".join(
                f"{line}\n"
                for line in (*brief.status.warnings, *([brief.nothing] if brief.nothing else ()), *headlines)
            )
        )
        sys.stdout.write(f"Written: {out / HTML}, {MAIL} and {PDF}\n")
    return 0


def _collect(lake: "Lake", board: "Board", period: str) -> "Brief":
    from dashboards.briefs.collect import collect
    from dashboards.briefs.periods import PeriodError, parse_period
    from infra.local.lake import LakeError
    from ingest.contracts import layout
    from ingest.delivery.privacy.settings import SettingsError, load
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
        smallest_group = load(lake.root / layout.SETTINGS_FILE).smallest_group
        return collect(tables, board, kind, day, today, failure_of(lake.root), smallest_group)
    except (CatalogError, SettingsError) as error:
        raise LakeError(str(error)) from error


def _write(brief: "Brief", out: Path) -> list[str]:
    from dashboards.briefs import mail, page, pdf
    from dashboards.briefs.drawing import draw, pictures_of
    from dashboards.briefs.findings import find
    from infra.local.lake import LakeError

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LakeError(f"{out} can't be written ({error.strerror}); name another folder with --out.") from error
    findings = find(brief)
    charts = draw(brief, findings)
    pictures = pictures_of(charts)
    document = pdf.render(brief, findings, charts, pictures)
    message = mail.compose(brief, findings, charts, pictures, document)
    write(out / HTML, page.render(brief, findings, charts, page.embedded(pictures), with_appendix=True))
    write_bytes(out / PDF, document)
    write_bytes(out / MAIL, message.as_bytes())
    return [finding.headline for finding in findings.told]


def _board(audience: str, folder: Path | None) -> "Board":
    from dashboards.boards import BoardError, load_board
    from dashboards.briefs.audiences import AUDIENCES
    from infra.local.lake import LakeError

    folder = folder or AUDIENCES
    path = folder / f"{audience}.yaml"
    known = sorted(found.stem for found in folder.glob("*.yaml"))
    if audience not in known:
        raise LakeError(f"There is no audience {audience[:60]!r}; there are {', '.join(known) or 'none'} in {folder}.")
    try:
        return load_board(path)
    except BoardError as error:
        raise LakeError(str(error)) from error


def failure_of(root: Path) -> str | None:
    """Why the last build published nothing, in a sentence; None where it did."""
    from dashboards.gates.collect import collect

    history = collect(root, runs=1)
    if history.last is None or history.last.outcome != "failed":
        return None
    table, rule = history.broken[0]
    when = f"{history.last.checked_at[:16].replace('T', ' ')} UTC"
    return (
        f"The build of {when} failed the quality gate ({table.table}: {rule.demand}), so that this report tells what "
        "was published before it."
    )


def _summary(brief: "Brief", headlines: list[str], out: Path) -> dict[str, Any]:
    told = brief.period.told
    return {
        "out": [str(out / name) for name in (HTML, MAIL, PDF)],
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
