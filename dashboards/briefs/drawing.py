"""Charts as Vega-Lite, and as pictures of it: light, and dark for who reads at night."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dashboards.briefs.data import Brief, Figure, Part
from dashboards.briefs.explaining import amount, chosen
from dashboards.briefs.findings import Findings
from dashboards.briefs.labels import dimension_name
from dashboards.reports import units
from dashboards.reports.data import Figure as Compared
from dashboards.reports.judge import is_better

Theme = Literal["light", "dark"]
WIDTH, HEIGHT = 292, 150
"""Of a chart, in pixels of the page."""

_PIXELS = 2
"""Pixels of the picture for each of the page, so that it is sharp on any screen."""

LINES_MAX, DRIVERS_MAX = 6, 2
_FONT = "Roboto, Liberation Sans, Arial, sans-serif"
LABEL_MAX = 21
"""Characters of a name beside its bar."""

_LABEL_PX_MAX = 120
_ROOM_SHARE = 0.4
_COLORS: Mapping[Theme, Mapping[str, str]] = {
    "light": {"paper": "#ffffff", "ink": "#12161d", "soft": "#5b6472", "grid": "#e3e6eb", "now": "#2b6cc4",
              "before": "#8a93a1", "good": "#0b8a63", "poor": "#c8421b"},
    "dark": {"paper": "#181c22", "ink": "#e8ebf0", "soft": "#a4adba", "grid": "#2a3039", "now": "#5b9bea",
             "before": "#7c8593", "good": "#46c898", "poor": "#f4805b"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart: what it shows, the same in words, and the data and marks of it."""

    key: str
    title: str
    alternative: str
    """For who can't see it, and where pictures are not loaded."""
    values: Sequence[Mapping[str, Any]]
    spec: Mapping[str, Any]
    """Vega-Lite without colors and data; ``$now`` and its like stand for colors of the theme."""

    def vega_lite(self, theme: Theme) -> dict[str, Any]:
        colors = _COLORS[theme]
        return {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "data": {"values": list(self.values)},
            "width": WIDTH - 60,
            "height": HEIGHT - 44,
            "autosize": {"type": "fit", "contains": "padding"},
            "background": colors["paper"],
            "config": _config(colors),
            **_coloured(self.spec, colors),
        } | {"width": WIDTH, "height": HEIGHT}

    def png(self, theme: Theme) -> bytes:
        """The picture."""
        import vl_convert  # needs a second that only this must pay

        return bytes(vl_convert.vegalite_to_png(self.vega_lite(theme), vl_version="5.21", scale=_PIXELS))


def draw(brief: Brief, findings: Findings) -> list[Drawn]:
    """What explains the first findings, then figures day by day: of findings first."""
    figures = [finding.figure for finding in findings.told]
    drivers = [(figure, part) for figure in figures if (part := chosen(figure)) is not None]
    lines = [figure for figure in [*figures, *brief.figures] if sum(now is not None for _, now, _ in figure.daily) > 1]
    unique = {figure.metric.name: figure for figure in lines}
    return [
        *(_drivers(figure, part) for figure, part in drivers[:DRIVERS_MAX]),
        *(_lines(brief, figure) for figure in list(unique.values())[:LINES_MAX]),
    ]


def _lines(brief: Brief, figure: Figure) -> Drawn:
    kind, unit = brief.period.kind, figure.metric.unit
    names = (f"this {kind}", f"the {kind} before")
    values = [
        {"day": f"{day:%a} {day.day}" if kind == "week" else str(day.day), "order": n, "value": value, "of": name}
        for n, (day, *both) in enumerate(figure.daily)
        for name, value in zip(names, both, strict=True)
    ]
    spec = {
        "mark": {"type": "line", "point": {"size": 22}, "strokeWidth": 2, "invalid": "break-paths-show-domains"},
        "encoding": {
            "x": {"field": "day", "type": "ordinal", "sort": {"field": "order"}, "title": None,
                  "axis": {"labelAngle": 0, "labelOverlap": True, "ticks": False}},
            "y": {"field": "value", "type": "quantitative", "title": None, "axis": {"tickCount": 4, **_axis(unit)}},
            "color": {"field": "of", "type": "nominal", "scale": {"domain": names, "range": ["$now", "$before"]}},
            "strokeDash": {"field": "of", "type": "nominal", "scale": {"domain": names, "range": [[1, 0], [4, 3]]}},
        },
    }  # fmt: skip
    return Drawn(figure.metric.name, f"{figure.metric.title} by day", _said(figure, kind), values, spec)


def _said(figure: Figure, kind: str) -> str:
    known = [(day, now) for day, now, _ in figure.daily if now is not None]
    low, high = min(known, key=lambda one: one[1]), max(known, key=lambda one: one[1])
    unit = figure.metric.unit
    ends = [f"{units.text(value, unit)} on {units.day(day)}" for day, value in (low, high)]
    said = f"{figure.metric.title} by day: lowest {ends[0]}, highest {ends[1]}"
    before = [value for _, _, value in figure.daily if value is not None]
    if before:
        said += f"; the {kind} before between {units.text(min(before), unit)} and {units.text(max(before), unit)}"
    return f"{said}."


def _drivers(figure: Figure, part: Part) -> Drawn:
    metric = figure.metric
    values = [
        {
            "row": number,
            "part": row.part,
            "end": max(row.part or 0, 0),
            "says": amount(metric, row.part),
            "tone": _tone(figure, row.part or 0),
        }
        for number, row in enumerate(part.rows)
    ]
    # A row is found by its number: two long names may be the same once they are short.
    names = json.dumps([units.short(row.name, LABEL_MAX) for row in part.rows])
    scale = {"domain": ["good", "poor", "now"], "range": ["$good", "$poor", "$now"]}
    y = {"field": "row", "type": "ordinal", "title": None,
         "axis": {"labelExpr": f"{names}[datum.value]", "labelLimit": _LABEL_PX_MAX, "ticks": False,
                  "domain": False}}  # fmt: skip
    x = {"field": "part", "type": "quantitative", "title": None,
         "scale": {"domain": _with_room([row.part or 0 for row in part.rows]), "nice": False},
         "axis": {"labels": False, "ticks": False, "domain": False, "grid": False}}  # fmt: skip
    bars = {"mark": {"type": "bar", "height": {"band": 0.7}},
            "encoding": {"y": y, "x": x,
                         "color": {"field": "tone", "type": "nominal", "scale": scale, "legend": None}}}  # fmt: skip
    # Always to the right, of the bar or of nothing: on the left stand the names.
    said = {"mark": {"type": "text", "align": "left", "dx": 4, "color": "$ink", "fontSize": 10},
            "encoding": {"y": y, "x": {**x, "field": "end"}, "text": {"field": "says"}}}  # fmt: skip
    name = dimension_name(part.dimension)
    listed = "; ".join(f"{row.name} {amount(metric, row.part)}" for row in part.rows)
    title = f"{metric.title}: what each {name} did to it"
    return Drawn(f"{metric.name}-by-{part.dimension}", title, f"{title}: {listed}.", values, {"layer": [bars, said]})


def _with_room(parts: Sequence[float]) -> tuple[float, float]:
    """From where to where bars are drawn, so that the words beside them have room."""
    low, high = min(0.0, *parts), max(0.0, *parts)
    return low, high + ((high - low) * _ROOM_SHARE or 1.0)


def _tone(figure: Figure, part: float) -> str:
    better = is_better(Compared(figure.metric, part, 0.0))
    return "now" if better is None else "good" if better else "poor"


def _axis(unit: str) -> dict[str, Any]:
    if unit == "share":
        return {"format": ".2~p"}
    if unit == "US dollars":
        return {
            "labelExpr": "datum.value < 0.1 ? '$' + format(datum.value, '.2~g') : '$' + format(datum.value, ',.4~r')"
        }
    if unit == "milliseconds":
        return {"labelExpr": "datum.value < 1000 ? datum.value + ' ms' : format(datum.value / 1000, '~r') + ' s'"}
    return {"format": "~s"}


def _config(colors: Mapping[str, str]) -> dict[str, Any]:
    axis = {"labelColor": colors["soft"], "gridColor": colors["grid"], "domainColor": colors["grid"],
            "labelFont": _FONT, "labelFontSize": 10, "tickColor": colors["grid"]}  # fmt: skip
    legend = {"orient": "top", "title": None, "labelColor": colors["soft"], "labelFont": _FONT, "labelFontSize": 10,
              "symbolType": "stroke", "offset": 4}  # fmt: skip
    return {"view": {"stroke": None}, "axis": axis, "legend": legend, "text": {"font": _FONT}, "font": _FONT}


def _coloured(spec: Any, colors: Mapping[str, str]) -> Any:
    if isinstance(spec, Mapping):
        return {key: _coloured(value, colors) for key, value in spec.items()}
    if isinstance(spec, list | tuple):
        return [_coloured(value, colors) for value in spec]
    return colors[spec[1:]] if isinstance(spec, str) and spec[:1] == "$" else spec


def pictures_of(charts: Sequence[Drawn]) -> dict[tuple[str, Theme], bytes]:
    """Every chart, light and dark."""
    themes: tuple[Theme, ...] = ("light", "dark")
    return {(chart.key, theme): chart.png(theme) for chart in charts for theme in themes}
