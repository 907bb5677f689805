"""What the gate found in the last builds, by table and rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ingest.contracts import layout

Outcome = Literal["passed", "warned", "failed"]
_WORST: tuple[Outcome, ...] = ("passed", "warned", "failed")


@dataclass(frozen=True, slots=True)
class Run:
    """One build that asked the gate."""

    run: str
    checked_at: str
    """ISO 8601, UTC."""
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class RuleHistory:
    """One rule of one table, as the runs shown have found it."""

    demand: str
    rule: str
    severity: str
    by_run: Mapping[str, Outcome]
    """Runs that had no row of the table are not in it."""
    outcome: Outcome
    """In the last run that asked, of which these are too:"""
    rows: int
    broken: int
    examples: str | None
    checked_at: str


@dataclass(frozen=True, slots=True)
class TableHistory:
    """All rules of one table, those that are broken first."""

    table: str
    rules: tuple[RuleHistory, ...]
    by_run: Mapping[str, Outcome]

    @property
    def outcome(self) -> Outcome:
        return _worst([rule.outcome for rule in self.rules])

    @property
    def broken(self) -> list[RuleHistory]:
        return [rule for rule in self.rules if rule.outcome != "passed"]

    @property
    def rows(self) -> int:
        return max(rule.rows for rule in self.rules)

    @property
    def checked_at(self) -> str:
        return max(rule.checked_at for rule in self.rules)


@dataclass(frozen=True, slots=True)
class GateHistory:
    """What the page tells."""

    runs: tuple[Run, ...]
    """Oldest first."""
    tables: tuple[TableHistory, ...]

    @property
    def broken(self) -> list[tuple[TableHistory, RuleHistory]]:
        """Rules that the last run to ask found broken, the worst first."""
        found = [(table, rule) for table in self.tables for rule in table.broken]
        return sorted(found, key=lambda one: -_WORST.index(one[1].outcome))

    @property
    def last(self) -> Run | None:
        return self.runs[-1] if self.runs else None


def collect(root: Path, runs: int) -> GateHistory:
    """The last ``runs`` builds that asked the gate; fewer where there were fewer."""
    import duckdb  # a quarter of a second that only this must pay

    newest_first = sorted((root / layout.GATE_RESULTS).glob("*/*.parquet"), reverse=True)
    db = duckdb.connect(":memory:", config={"threads": 2})
    try:
        rows: list[dict[str, Any]] = []
        chosen: list[str] = []
        for path in newest_first:
            cursor = db.execute("SELECT * FROM read_parquet(?, hive_partitioning = false)", [str(path)])
            names = [column[0] for column in cursor.description or ()]
            found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            chosen += sorted({row["run"] for row in found}, reverse=True)
            rows += found
            if len(chosen) >= runs:
                break
    finally:
        db.close()
    kept = set(chosen[:runs])
    return arrange([row for row in rows if row["run"] in kept])


def arrange(rows: Sequence[Mapping[str, Any]]) -> GateHistory:
    """Rows of ``operations.gate_results`` by run, table and rule."""
    in_order = sorted(rows, key=lambda row: str(row["run"]))
    by_run = _grouped(in_order, "run")
    runs = tuple(Run(run, _iso(of_run[0]), _worst([r["outcome"] for r in of_run])) for run, of_run in by_run.items())
    tables = [_table(name, of_table) for name, of_table in _grouped(in_order, "table_name").items()]
    return GateHistory(
        runs, tuple(sorted(tables, key=lambda table: (_LAYERS.get(table.table.partition(".")[0], 2), table.table)))
    )


_LAYERS = {"silver": 0, "gold": 1}


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> TableHistory:
    last_run = rows[-1]["run"]
    by_rule = _grouped(rows, "demand")
    # A rule that is not asked any more is history, and not shown.
    rules = [_rule(of_rule) for of_rule in by_rule.values() if of_rule[-1]["run"] == last_run]
    return TableHistory(name, tuple(sorted(rules, key=lambda r: -_WORST.index(r.outcome))), _worst_by_run(rows))


def _rule(rows: Sequence[Mapping[str, Any]]) -> RuleHistory:
    """A run that reads days again asks some at a time, and is told as the worst that it found."""
    of_last_run = _grouped(rows, "run")[rows[-1]["run"]]
    last = max(of_last_run, key=lambda row: _WORST.index(row["outcome"]))
    return RuleHistory(
        demand=last["demand"],
        rule=last["rule"],
        severity=last["severity"],
        by_run=_worst_by_run(rows),
        outcome=last["outcome"],
        rows=last["checked_rows"],
        broken=last["broken_rows"],
        examples=last["examples"],
        checked_at=_iso(last),
    )


def _grouped(rows: Sequence[Mapping[str, Any]], key: str) -> dict[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def _worst_by_run(rows: Sequence[Mapping[str, Any]]) -> dict[str, Outcome]:
    return {run: _worst([row["outcome"] for row in of_run]) for run, of_run in _grouped(rows, "run").items()}


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    return max(outcomes, key=_WORST.index)


def _iso(row: Mapping[str, Any]) -> str:
    return f"{row['checked_at'].isoformat(timespec='seconds')}Z"
