"""A report as HTML that e-mail programs show as it is meant: tables, styles on each element, charts as pictures."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Template
from markupsafe import Markup

from dashboards import templates
from dashboards.briefs import drawing, explaining
from dashboards.briefs.data import Brief, Figure, Part
from dashboards.briefs.findings import TOLD, Findings
from dashboards.briefs.labels import dimension_name
from dashboards.briefs.measuring import count_unit
from dashboards.briefs.words import APPENDIX, UNSUBSCRIBE, figures_note, fresh, meanings, subtitle, title, warnings
from dashboards.reports import units
from dashboards.reports.judge import is_better, verdict

Pictures = Mapping[tuple[str, drawing.Theme], bytes]
"""By key of the chart and theme."""

Source = Callable[[drawing.Drawn, drawing.Theme], str]
"""Where the HTML finds a picture."""


def render(
    brief: Brief,
    findings: Findings,
    charts: list[drawing.Drawn],
    source: Source,
    *,
    with_appendix: bool,
    unsubscribe: str | None = None,
) -> str:
    """The page, every style on its element; rules for dark screens and narrow ones stay in the head.

    ``unsubscribe`` is where the reader of an e-mail ends it.
    """
    import css_inline

    page = _template().render(
        brief=brief,
        findings=findings,
        charts=charts,
        source=source,
        with_appendix=with_appendix,
        title=title(brief),
        subtitle=subtitle(brief),
        fresh=fresh(brief),
        warnings=warnings(brief),
        note=figures_note(brief),
        meanings=meanings(brief),
        appendix=APPENDIX,
        preview=warnings(brief)[0] if brief.status.trouble else findings.subject,
        unsubscribe=unsubscribe,
        unsubscribe_says=UNSUBSCRIBE,
        css=_own("style.css"),
        night=_own("night.css"),
        parts_shown=(lambda figure: figure.parts) if with_appendix else (lambda figure: _explaining(figure, findings)),
    )
    inlined: str = css_inline.inline(page, load_remote_stylesheets=False)
    return inlined


def _own(name: str) -> Markup:
    return Markup((files(__package__) / name).read_text())  # noqa: S704 - our own file


def _explaining(figure: Figure, findings: Findings) -> tuple[Part, ...]:
    """What a short report shows of a figure: of a finding the dimension that explains it, of the others nothing."""
    if not any(figure is finding.figure for finding in findings.told):
        return ()
    best = explaining.chosen(figure)
    return (best,) if best else figure.parts[:1]


def embedded(pictures: Pictures) -> Source:
    """Pictures within the page itself, for a file that is opened on its own."""
    return lambda chart, theme: f"data:image/png;base64,{b64encode(pictures[chart.key, theme]).decode()}"


@cache
def _template() -> Template:
    environment = templates.environment()
    environment.globals.update(
        units=units,
        dimension_name=dimension_name,
        count_unit=count_unit,
        amount=explaining.amount,
        share=explaining.share,
        verdict=verdict,
        better_of=better_of,
        tone=tone_of,
        change=changed,
        queries_of=queries_of,
        width=drawing.WIDTH,
    )
    return environment.from_string((files(__package__) / "brief.html.j2").read_text())


def queries_of(figure: Figure) -> list[int]:
    """All queries that what is said of a figure follows from."""
    return sorted({*figure.queries, *(number for part in figure.parts for number in part.queries)})


def changed(figure: Figure) -> str:
    return units.change(figure.compared) or units.NOTHING


def better_of(figure: Figure) -> bool | None:
    return is_better(figure.compared)


def tone_of(figure: Figure, better: bool | None) -> str:
    if figure.judged.standing not in TOLD:
        return "soft"
    return "" if better is None else "good" if better else "poor"
