"""What aider's public log says of visits, commands and months, in plain Python, beside the lake's own tables."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

PAUSE_S = 1800
_ACTS = frozenset({"ai-comments execute", "ai-comments file-add", "copy-paste mode", "interactive help"})


class Act(NamedTuple):
    """One line of the log."""

    user: str
    event: str
    at_s: int

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.at_s, UTC)


def acts(log: Path) -> list[Act]:
    """Every line of somebody known, in the order of time."""
    with log.open() as lines:
        said = [json.loads(line) for line in lines]
    known = (Act(one["user_id"], one["event"], one["time"]) for one in said if one["user_id"])
    return sorted(known, key=lambda act: act.at_s)


def visits(log: Iterable[Act]) -> list[tuple[int, int]]:
    """First and last second of each visit: no pause over half an hour, and at most one midnight passed."""
    by_user: dict[str, list[int]] = defaultdict(list)
    for act in log:
        by_user[act.user].append(act.at_s)
    return [(run[0], run[-1]) for times in by_user.values() for run in _runs(times)]


def _runs(times: Sequence[int]) -> list[list[int]]:
    runs = [[times[0]]]
    # Whether the run of this day follows one of the day before, joined to it or not.
    follows = False
    for before, now in pairwise(times):
        if now - before > PAUSE_S:
            runs.append([now])
            follows = False
        elif before // 86_400 == now // 86_400:
            runs[-1].append(now)
        elif follows:
            runs.append([now])
        else:
            runs[-1].append(now)
            follows = True
    return runs


def commands(log: Iterable[Act]) -> dict[str, tuple[int, int]]:
    """By command: people, and uses. Taking back is no command but a judgement."""
    users: dict[str, list[str]] = defaultdict(list)
    for act in log:
        if act.event in _ACTS or (act.event.startswith("command_") and act.event != "command_undo"):
            users[act.event.removeprefix("command_")].append(act.user)
    return {name: (len(set(used)), len(used)) for name, used in users.items()}


def retention(log: Sequence[Act]) -> dict[tuple[str, int], tuple[int, int]]:
    """By month of the first act and months since: people of the cohort, and of these those who came."""
    months: dict[str, set[int]] = defaultdict(set)
    for act in log:
        months[act.user].add(act.at.year * 12 + act.at.month - 1)
    cohorts: dict[int, list[set[int]]] = defaultdict(list)
    for came in months.values():
        cohorts[min(came)].append(came)
    last = max(max(came) for came in months.values())
    return {
        (f"{first // 12}-{first % 12 + 1:02}-01", age): (len(people), sum(first + age in came for came in people))
        for first, people in cohorts.items()
        for age in range(min(24, last - first) + 1)
    }


def seconds(found: Iterable[tuple[int, int]]) -> int:
    """How long the visits lasted together."""
    return int(sum((timedelta(seconds=last - first) for first, last in found), timedelta()).total_seconds())
