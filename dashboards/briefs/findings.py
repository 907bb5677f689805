"""What changed and why, in words that follow from the numbers by rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboards.briefs import explaining
from dashboards.briefs.data import Brief, Figure
from dashboards.briefs.measuring import count_unit, is_share_of_count
from dashboards.reports import units
from dashboards.reports.judge import is_better

SHOWN = 6
TOLD = ("clear", "unjudged", "usual")
"""Standings that make a finding, the most telling first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One change worth telling."""

    figure: Figure
    headline: str
    is_better: bool | None
    why: tuple[str, ...]
    """Sentences: what explains it, then how far it can be relied on."""
    to_do: str
    """What to do about it, where it is for the worse."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All of a report."""

    told: tuple[Finding, ...]
    others: tuple[str, ...]
    """Sentences on what is no finding, and why not."""
    has_before: bool
    """Whether there is anything to compare with."""

    @property
    def none(self) -> str:
        """What is said where nothing is told."""
        return "Nothing changed beyond chance." if self.has_before else "There is nothing to compare with yet."

    @property
    def subject(self) -> str:
        """The whole in half a line."""
        return self.told[0].headline if self.told else self.none.removesuffix(".")


def find(brief: Brief) -> Findings:
    """Findings, the most telling first."""
    figures = [figure for figure in brief.figures if figure.judged.standing in TOLD]
    figures.sort(key=lambda figure: (TOLD.index(figure.judged.standing), -_relative(figure)))
    told = tuple(_finding(brief, figure) for figure in figures[:SHOWN])
    has_before = any(figure.before is not None for figure in brief.figures)
    return Findings(told, tuple(_others(brief, figures[SHOWN:])), has_before)


def headline(figure: Figure) -> str:
    """``Cost rose 23% to $41.20, from $33.50.``"""
    metric, now, before = figure.metric, figure.now, figure.before
    if now is None or before is None:
        return f"{metric.title}: {units.text(now, metric.unit)}"
    direction = "rose" if now > before else "fell"
    by = f" {said}" if (said := _by_how_much(figure)) else ""
    return f"{metric.title} {direction}{by} to {units.text(now, metric.unit)}, from {units.text(before, metric.unit)}."


def _by_how_much(figure: Figure) -> str:
    """Without its sign; empty where it can't be said."""
    said = units.change(figure.compared)
    return said.lstrip("+\N{MINUS SIGN}").replace(" pp", " points") if said[:1] in "+\N{MINUS SIGN}" else ""


def _relative(figure: Figure) -> float:
    return abs((figure.change or 0) / figure.before) if figure.before else float("inf")


def _finding(brief: Brief, figure: Figure) -> Finding:
    better = is_better(figure.compared)
    why = [*explaining.explain(figure), *_carries(brief, figure)]
    return Finding(figure, headline(figure), better, tuple(why), figure.metric.to_do if better is False else "")


def _carries(brief: Brief, figure: Figure) -> list[str]:
    said = []
    interval = figure.judged.interval
    if interval is not None and is_share_of_count(figure.told):
        low, high = (_signed(end * 100) for end in interval)
        counted = f"{units.text(figure.count, 'number')} {count_unit(figure.told)}"
        said.append(f"As far as {counted} can tell, the change is between {low} and {high} points.")
    known = sum(value is not None for value in (figure.before, *figure.earlier)) - 1
    kind = f"{known} {brief.period.kind}{'' if known == 1 else 's'} before"
    match figure.judged.standing:
        case "clear":
            said.append(f"None of the {kind} saw as large a change.")
        case "usual":
            said.append(f"As large a change was seen within the {kind}.")
        case "unjudged":
            said.append(f"Too few {brief.period.kind}s before are known to say whether that is usual.")
    return said


def _signed(number: float) -> str:
    return f"{'+' if number > 0 else chr(0x2212) if number < 0 else ''}{abs(number):.1f}"


def _others(brief: Brief, left_over: Sequence[Figure]) -> list[str]:
    by_standing = {
        name: [figure for figure in brief.figures if figure.judged.standing == name]
        for name in ("steady", "chance", "few", "new", "gone")
    }
    said = []
    if left_over:
        said.append(f"Also changed: {_listed(f'{f.metric.title} ({units.change(f.compared)})' for f in left_over)}.")
    if found := by_standing["steady"]:
        said.append(f"Hardly changed: {_listed(_valued(figure) for figure in found)}.")
    if found := by_standing["chance"]:
        said.append(f"Changed no more than chance would: {_listed(_counted(figure) for figure in found)}.")
    if found := by_standing["few"]:
        said.append(f"Too few to say anything: {_listed(_counted(figure) for figure in found)}.")
    if found := by_standing["new"]:
        said.append(f"Nothing to compare with: {_listed(_valued(figure) for figure in found)}.")
    if found := by_standing["gone"]:
        said.append(f"Had a value before and has none now: {_listed(figure.metric.title for figure in found)}.")
    return said


def _valued(figure: Figure) -> str:
    return f"{figure.metric.title} ({units.text(figure.now, figure.metric.unit)})"


def _counted(figure: Figure) -> str:
    was, now = (units.text(value, figure.metric.unit) for value in (figure.before, figure.now))
    counted = f"{units.text(figure.count, 'number')} {count_unit(figure.told)}"
    moved = f"{was} to {now}" if was != now else now
    return f"{figure.metric.title} ({moved}; {counted})"


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items)
