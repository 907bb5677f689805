"""Whether the gate has refused the last build, so that what is published is older than it should be."""

from pathlib import Path

from dashboards.gates.collect import collect


def failure_of(root: Path) -> str | None:
    """Why the last build published nothing, in a sentence; None where it did.

    Args:
        root: of the lake, or a folder with what the gate found last, in its place in a lake.
    """
    history = collect(root, runs=1)
    if history.last is None or history.last.outcome != "failed":
        return None
    table, rule = history.broken[0]
    when = f"{history.last.checked_at[:16].replace('T', ' ')} UTC"
    return (
        f"The build of {when} failed the quality gate ({table.table}: {rule.demand}), so that this report tells what "
        "was published before it."
    )
