"""What explains a change: the dimension along which it is least alike, and the values that made most of it."""

from collections.abc import Iterable

from dashboards.briefs.data import Figure, Part, PartRow
from dashboards.briefs.drivers import OTHERS
from dashboards.briefs.labels import dimension_name
from dashboards.briefs.measuring import count_unit
from dashboards.reports import units
from sql.records import Metric

ALIKE = 0.1
"""A dimension along which less than this part of the change is uneven explains nothing."""

TOLD, SHARE_TOLD = 3, 0.1
"""So many values are named, and none that explains less of the change."""


def explain(figure: Figure) -> list[str]:
    """Sentences; empty where the metric is told by no dimension, or it did not change."""
    if not figure.change:
        return []
    apart = [part for part in figure.parts if part.decomposition is not None]
    if not apart:
        return [_largest(figure, part) for part in figure.parts[:1]]
    best = chosen(figure)
    if best is None:
        return [_in_proportion(apart)]
    said = [_drivers(figure.metric, best)]
    return [*said, *_mix(best)]


def chosen(figure: Figure) -> Part | None:
    """The part whose dimension explains most; None where the change is alike along all."""
    apart = [(part.decomposition.concentration, part) for part in figure.parts if part.decomposition is not None]
    if not apart:
        return None
    concentration, best = max(apart, key=lambda found: found[0])
    return best if concentration >= ALIKE else None


def _drivers(metric: Metric, part: Part) -> str:
    name = dimension_name(part.dimension)
    if any(row.share is None for row in part.rows):
        top = " and ".join(f"{_named(row)} {amount(metric, row.part)}" for row in part.rows[:2])
        return f"By {name}, moves that cancel each other are larger than the change: {top}."
    told = [row for row in part.rows if (row.share or 0) >= SHARE_TOLD][:TOLD]
    against = [row for row in part.rows if (row.share or 0) <= -SHARE_TOLD][:TOLD]
    said = "; ".join(f"{_named(row)} {_explains(row)} {_of_it(row.share)} ({_how(metric, row)})" for row in told)
    if against:
        went = "; ".join(f"{_named(row)} ({share(row.share)}; {_how(metric, row)})" for row in against)
        said = f"{said}. Against it went {went}" if told else f"against it went {went}"
    return f"By {name}: {said}."


def _in_proportion(parts: list[Part]) -> str:
    """A change that no dimension explains, with the largest of its parts."""
    largest, part = max(((part.rows[0], part) for part in parts), key=lambda found: abs(found[0].share or 0))
    said = f"It changed in proportion along {_listed(part.dimension for part in parts)}"
    if largest.share is None:
        return f"{said}."
    name = f"{dimension_name(part.dimension)} {_named(largest)}"
    return f"{said}; the largest part, {share(largest.share)} of it, is {name}."


def _explains(row: PartRow) -> str:
    return "explain" if row.name == OTHERS else "explains"


def _of_it(of_change: float | None) -> str:
    return f"{share(of_change)} of it" if (of_change or 0) <= 1 else f"more than all of it, {share(of_change)}"


def _how(metric: Metric, row: PartRow) -> str:
    if row.rate is None or row.mix is None:
        return amount(metric, row.part)
    if abs(row.rate) >= abs(row.mix):
        return f"its own went from {units.text(row.before, metric.unit)} to {units.text(row.now, metric.unit)}"
    if row.now is None or row.before is None:
        value = units.text(row.before if row.now is None else row.now, metric.unit)
        return f"gone, it stood at {value}" if row.now is None else f"new, it stands at {value}"
    now, before = (units.text(weight, "share") for weight in row.weights or (None, None))
    return f"its weight went from {before} to {now}; it stands at {units.text(row.now, metric.unit)}"


def _mix(part: Part) -> list[str]:
    found = part.decomposition
    if found is None or found.mix is None or not found.change:
        return []
    mix, name = found.mix / found.change, dimension_name(part.dimension)
    within = 1 - mix
    if abs(mix) < SHARE_TOLD:
        return [f"How much each {name} was used hardly matters."]
    if within < 0:
        parts = f"mix {share(float(mix))}, values {share(float(within))}"
        return [f"It is the mix: taken {name} by {name}, the values went the other way ({parts})."]
    return [f"The mix makes up {share(float(mix))} of the change, the values of each {name} {share(float(within))}."]


def _largest(figure: Figure, part: Part) -> str:
    """Of a metric whose parts don't add up, where it changed most among those that are seen often."""
    known = [row for row in part.rows if row.now is not None and row.before is not None]
    name, unit = dimension_name(part.dimension), figure.metric.unit
    if not known:
        return f"No {name} has a value in both periods; shares of a percentile can't be told."
    most = max(known[:TOLD], key=lambda row: abs((row.now or 0) - (row.before or 0)))
    counted = f"{units.text(most.count, 'number')} {count_unit(figure.told)}"
    return (
        f"Parts of it don't add up, so no shares can be told; of the most frequent, {name} {_named(most)} "
        f"went from {units.text(most.before, unit)} to {units.text(most.now, unit)} ({counted})."
    )


def amount(metric: Metric, part: float | None) -> str:
    """A part of a change with its sign."""
    if part is None:
        return units.NOTHING
    sign = "+" if part > 0 else "\N{MINUS SIGN}" if part < 0 else ""
    if metric.unit == "share":
        return f"{sign}{abs(part) * 100:.1f} pp"
    return f"{sign}{units.text(abs(part), metric.unit)}"


def share(of_change: float | None) -> str:
    """A part of a change as a share of it; nothing where it can't be told."""
    if of_change is None:
        return units.NOTHING
    percent = round(of_change * 100)
    return f"{chr(0x2212) if percent < 0 else ''}{abs(percent)}%"


def _named(row: PartRow) -> str:
    return (
        row.name
        if row.name == OTHERS
        else f"\N{LEFT DOUBLE QUOTATION MARK}{units.short(row.name)}\N{RIGHT DOUBLE QUOTATION MARK}"
    )


def _listed(names: Iterable[str]) -> str:
    *rest, last = map(dimension_name, names)
    return f"{', '.join(rest)} and {last}" if rest else last
