"""What every form of a report says alike, around its numbers."""

from dashboards.briefs.data import Brief
from dashboards.briefs.telling import compared_with, days, period_name
from dashboards.reports import units

SIMULATED = "These figures come from a simulated application."
APPENDIX = (
    "Each query runs as it stands in promptlake sql and in Athena; Q numbers above name them. "
    "Values of a change are the differences of their rows."
)
UNSUBSCRIBE = "You get this report since whoever runs this lake has put you on its list. To get it no more:"
PARTS = (
    "The parts of a change by a dimension sum to the change exactly. Of a share or a mean, a part has two: what its "
    "own value did at its mean weight, and what its weight did at its distance from the whole."
)


def title(brief: Brief) -> str:
    return f"{brief.audience} report · {period_name(brief.period)}"


def subtitle(brief: Brief) -> str:
    """The days, and what they are compared with."""
    told = days(brief.period.told or brief.period.whole)
    return f"{told}." if brief.nothing else f"{told}, {compared_with(brief.period)}."


def fresh(brief: Brief) -> str:
    """Of when it is, and of which environments."""
    status, names = brief.status, brief.environments
    said = f"As of {units.instant(status.as_of)} · complete through {units.instant(status.complete_through)}"
    return f"{said} · {'environments' if len(names) > 1 else 'environment'} {', '.join(names)}" if names else said


def warnings(brief: Brief) -> tuple[str, ...]:
    """All that stands above the first number."""
    return (*brief.status.warnings, *([SIMULATED] if brief.is_simulated else []))


def figures_note(brief: Brief) -> str:
    """What stands below the figures."""
    said = "Changes in grey are too small, or on too few, to be told from chance."
    missing = ", ".join(metric.title for metric in brief.missing)
    return f"{said} Not in these data: {missing}." if missing else said


def meanings(brief: Brief) -> list[tuple[str, str]]:
    """What each metric means."""
    told = [figure.metric for figure in brief.figures]
    found = [(metric.title, f"{metric.description}.{f' {metric.means}' if metric.means else ''}") for metric in told]
    return [*found, ("Parts", PARTS)]
