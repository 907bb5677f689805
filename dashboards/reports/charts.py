"""Charts as inline SVG, in 200 lines of our own.

pygal, the one light library that renders SVG in Python, writes its colours into each chart, so that a page can't turn
dark, and needs a script from the net for its tooltips; altair, bokeh and plotly need megabytes of JavaScript.
"""

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10

from markupsafe import Markup

from dashboards.reports.data import Chart
from dashboards.reports.units import NOTHING, bucket_name, bucket_tick, exact, text

HALF, WHOLE = 540, 1116
"""Width of a chart in a half card and in a whole one."""

HEIGHT = 216
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 8, 10, 24
_PLOT_HEIGHT = HEIGHT - _TOP - _BOTTOM
_BAR_SHARE, _BAR_MAX_PX = 0.76, 40
_LABEL_PX = 78
"""Room that a label under the axis needs."""

_SPARK_WIDTH, _SPARK_HEIGHT = 120, 30


def svg(chart: Chart, id_prefix: str = "", width: int = HALF) -> Markup:
    """The chart without its legend; colours are the page's CSS classes ``f-<tone>`` (fill) and ``s-<tone>`` (stroke).

    ``id_prefix`` keeps the ids of one chart in two parts of a page apart.
    """
    plot = _Plot(chart, width)
    marks = plot.lines() if chart.drawn == "lines" else ()
    parts = [*plot.grid(), *marks, *plot.buckets()]
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="t-{key} d-{key}">'
        '<title id="t-{key}">{}</title><desc id="d-{key}">{}</desc>{}</svg>'
    ).format(width, HEIGHT, chart.title, _described(chart), Markup("").join(parts), key=f"{id_prefix}{chart.key}")


def sparkline(values: Sequence[float | None]) -> Markup:
    """A line without axes for a card; nothing where there are fewer than two values."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    low, high = min(0.0, *known), max(known)
    step = _SPARK_WIDTH / (len(values) - 1)
    points = [
        None
        if value is None
        else (i * step, _SPARK_HEIGHT - 2 - (value - low) / ((high - low) or 1) * (_SPARK_HEIGHT - 5))
        for i, value in enumerate(values)
    ]
    lines = Markup("").join(_polyline(run, "spark-line") for run in _runs(points))
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    ).format(_SPARK_WIDTH, _SPARK_HEIGHT, lines)


def ticks(highest: float, at_most: int = 5) -> list[float]:
    """Round numbers from 0 to at least ``highest``: steps of 1, 2, 2.5 or 5 times a power of ten."""
    if highest <= 0:
        return [0.0, 1.0]
    rough = highest / (at_most - 1)
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    return [i * step for i in range(ceil(highest / step - 1e-9) + 1)]


class _Plot:
    """Where the values of one chart come to lie."""

    def __init__(self, chart: Chart, width: int) -> None:
        self.chart, self.right = chart, width - _RIGHT
        self.slot = (self.right - _LEFT) / len(chart.starts)
        self.ticks = ticks(_highest(chart))

    def x(self, number: int) -> float:
        return _LEFT + (number + 0.5) * self.slot

    def y(self, value: float) -> float:
        return _TOP + _PLOT_HEIGHT * (1 - value / self.ticks[-1])

    def grid(self) -> Iterator[Markup]:
        for tick in self.ticks:
            y = f"{self.y(tick):.1f}"
            yield Markup('<line class="{}" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
                "grid" if tick else "base", _LEFT, self.right, y=y
            )
            yield Markup('<text class="tick" x="{}" y="{}" dy="4" text-anchor="end">{}</text>').format(
                _LEFT - 8, y, self._tick(tick)
            )
        starts = self.chart.starts
        for number in range(0, len(starts), ceil(_LABEL_PX / self.slot)):
            x = min(max(self.x(number), _LEFT + 14), self.right - 22)
            yield Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                x, HEIGHT - 6, bucket_tick(starts[number], self.chart.bucket)
            )

    def _tick(self, tick: float) -> str:
        if not tick:
            return "0"
        said = text(tick, self.chart.unit)
        return said.removesuffix(".00") if self.ticks[1] == int(self.ticks[1]) else said

    def lines(self) -> Iterator[Markup]:
        for series in self.chart.series:
            points = [None if v is None else (self.x(i), self.y(v)) for i, v in enumerate(series.values)]
            for run in _runs(points):
                if len(run) == 1:  # a value between two gaps has no line to stand on
                    yield _dot(*run[0], series.tone, "lone")
                else:
                    yield _polyline(run, f"line s-{series.tone}")

    def buckets(self) -> Iterator[Markup]:
        """One group a bucket of time: what is drawn there, and its values as a tooltip."""
        for number in range(len(self.chart.starts)):
            if all(series.values[number] is None for series in self.chart.series):
                continue
            hit = Markup('<rect class="hit" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>').format(
                _LEFT + number * self.slot, _TOP, self.slot, _PLOT_HEIGHT
            )
            drawn = self._dots(number) if self.chart.drawn == "lines" else self._bars(number)
            yield Markup('<g class="bucket"><title>{}</title>{}{}</g>').format(
                _tooltip(self.chart, number), hit, Markup("").join(drawn)
            )

    def _bars(self, number: int) -> Iterator[Markup]:
        width = min(self.slot * _BAR_SHARE, _BAR_MAX_PX)
        base = 0.0
        for series in self.chart.series:
            value = series.values[number]
            if not value:
                continue
            below = base if self.chart.drawn == "stacked" else 0.0
            top = self.y(below + value)
            # What is there must be seen: a bar is never thinner than half a pixel.
            height = max(self.y(below) - top, 0.5)
            yield Markup('<rect class="f-{}" x="{:.1f}" y="{:.2f}" width="{:.1f}" height="{:.2f}"/>').format(
                series.tone, self.x(number) - width / 2, top, width, height
            )
            base += value

    def _dots(self, number: int) -> Iterator[Markup]:
        for series in self.chart.series:
            value = series.values[number]
            if value is not None:
                yield _dot(self.x(number), self.y(value), series.tone, "dot")


_Point = tuple[float, float]


def _runs(points: Sequence[_Point | None]) -> Iterator[list[_Point]]:
    """The points between gaps."""
    run: list[_Point] = []
    for point in [*points, None]:
        if point is not None:
            run.append(point)
        elif run:
            yield run
            run = []


def _polyline(points: Sequence[_Point], css_class: str) -> Markup:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Markup('<polyline class="{}" points="{}" vector-effect="non-scaling-stroke"/>').format(css_class, joined)


def _dot(x: float, y: float, tone: str, css_class: str) -> Markup:
    return Markup('<circle class="{} f-{}" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(css_class, tone, x, y)


def _highest(chart: Chart) -> float:
    columns = [[value or 0.0 for value in column] for column in zip(*(s.values for s in chart.series), strict=True)]
    return max((sum(column) if chart.drawn == "stacked" else max(column) for column in columns), default=0.0)


def _tooltip(chart: Chart, number: int) -> str:
    values = [(series.name, series.values[number]) for series in chart.series]
    lines = [f"{name}: {exact(value, chart.unit)}" for name, value in values if value is not None]
    if chart.drawn == "stacked" and len(lines) > 1:
        lines.append(f"Together: {exact(sum(value or 0 for _, value in values), chart.unit)}")
    return "\n".join([bucket_name(chart.starts[number], chart.bucket), *(lines or [NOTHING])])


def _described(chart: Chart) -> str:
    names = ", ".join(series.name for series in chart.series)
    first, last = (bucket_name(start, chart.bucket) for start in (chart.starts[0], chart.starts[-1]))
    return f"{names}, by {chart.bucket}, from {first} to {last}; highest {text(_highest(chart), chart.unit)}."
