"""A report as PDF, set by Typst: one wheel that needs no library of the system, and tags what screen readers read."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dashboards.briefs.data import Brief, Figure, Part
from dashboards.briefs.drawing import Drawn
from dashboards.briefs.explaining import amount, share
from dashboards.briefs.findings import Findings
from dashboards.briefs.labels import dimension_name
from dashboards.briefs.measuring import count_unit
from dashboards.briefs.page import Pictures, better_of, changed, queries_of, tone_of
from dashboards.briefs.words import APPENDIX, figures_note, fresh, meanings, subtitle, title, warnings
from dashboards.reports import units
from dashboards.reports.judge import verdict

_TEMPLATE = "brief.typ"


def render(brief: Brief, findings: Findings, charts: list[Drawn], pictures: Pictures) -> bytes:
    """The document, with every table and query."""
    import typst

    names = {chart.key: f"chart{number}.png" for number, chart in enumerate(charts)}
    document = json.dumps(_document(brief, findings, charts, names))
    with TemporaryDirectory() as folder:  # which is all that the template can read
        main = Path(folder) / _TEMPLATE
        main.write_bytes((files(__package__) / _TEMPLATE).read_bytes())
        for chart in charts:
            (Path(folder) / names[chart.key]).write_bytes(pictures[chart.key, "light"])
        return bytes(typst.compile(str(main), root=folder, sys_inputs={"data": document}))


def _document(brief: Brief, findings: Findings, charts: list[Drawn], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "title": title(brief),
        "subtitle": subtitle(brief),
        "fresh": fresh(brief),
        "warnings": warnings(brief),
        "nothing": brief.nothing,
        "findings": [
            {
                "headline": finding.headline,
                "tone": "" if finding.is_better is None else "good" if finding.is_better else "poor",
                "judged": "Better" if finding.is_better else "Worse",
                "why": finding.why,
                "to_do": finding.to_do,
                "queries": queries_of(finding.figure),
            }
            for finding in findings.told
        ],
        "others": findings.others,
        "none": findings.none,
        "charts": [{"title": c.title, "alternative": c.alternative, "file": names[c.key]} for c in charts],
        "figures": {
            "columns": _columns("Metric", "Now", "Before", "Change", "Counted on"),
            "rows": [_figure(figure) for figure in brief.figures],
        },
        "note": figures_note(brief),
        "parts": [_part(figure, part) for figure in brief.figures for part in figure.parts],
        "meanings": meanings(brief),
        "asked": [{"number": asked.number, "says": asked.says, "sql": asked.sql} for asked in brief.asked],
        "appendix": APPENDIX,
    }  # fmt: skip


def _columns(first: str, *others: str) -> list[dict[str, Any]]:
    return [
        {"title": first, "wide": True, "number": False},
        *({"title": o, "wide": False, "number": True} for o in others),
    ]


def _cell(text: str, tone: str = "", queries: tuple[int, ...] = ()) -> dict[str, Any]:
    return {"text": text, "tone": tone, "queries": queries}


def _figure(figure: Figure) -> list[dict[str, Any]]:
    unit, judged = figure.metric.unit, verdict(figure.metric, figure.now)
    return [
        _cell(figure.metric.title, queries=figure.queries),
        _cell(f"{units.text(figure.now, unit)}{f' · {judged}' if judged else ''}", judged or ""),
        _cell(units.text(figure.before, unit)),
        _cell(changed(figure), tone_of(figure, better_of(figure))),
        _cell(f"{units.text(figure.count, 'number')} {count_unit(figure.told)}"),
    ]


def _part(figure: Figure, part: Part) -> dict[str, Any]:
    name, metric = dimension_name(part.dimension), figure.metric
    heads, is_ratio = ["Now", "Before"], any(row.mix is not None for row in part.rows)
    if part.decomposition is not None:
        heads += ["Did to the whole", *(["by its value", "by its weight"] if is_ratio else []), "Share"]
    rows = []
    for row in part.rows:
        cells = [units.short(row.name, 48), units.text(row.now, metric.unit), units.text(row.before, metric.unit)]
        if part.decomposition is not None:
            cells.append(amount(metric, row.part))
            cells += [amount(metric, row.rate), amount(metric, row.mix)] if is_ratio else []
            cells.append(share(row.share))
        rows.append([_cell(cell) for cell in [*cells, units.text(row.count, "number")]])
    return {
        "title": f"{metric.title} by {name}",
        "queries": part.queries,
        "columns": _columns(name.capitalize(), *heads, "Counted on"),
        "rows": rows,
    }
