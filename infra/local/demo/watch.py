"""How far the demo is: a bar on a terminal, a line a stage where nobody looks."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Watch:
    """Shows one stage after the other on stderr, and remembers how long each took."""

    def __init__(self, bar: Progress, *, quiet: bool) -> None:
        self._bar, self._is_drawn, self._quiet = bar, bar.live.console.is_terminal, quiet
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, title: str, steps: int | None = None) -> Iterator["Stage"]:
        """One stage; the bar moves where it has ``steps``."""
        begun = time.monotonic()
        task = self._bar.add_task(title, total=steps, detail="")
        yield (stage := Stage(self._bar, task))
        self.seconds[name] = round(time.monotonic() - begun, 1)
        self._bar.update(task, total=steps or 1, completed=steps or 1)
        if not self._is_drawn and not self._quiet:
            print(f"{title}: {stage.detail or 'done'} ({self.seconds[name]} s)", file=sys.stderr)  # noqa: T201


class Stage:
    """The stage at hand."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar, self._task = bar, task
        self.detail = ""

    def tell(self, detail: str, advance: int = 0) -> None:
        self.detail = detail
        self._bar.update(self._task, detail=detail, advance=advance)


@contextmanager
def watching(*, quiet: bool) -> Iterator[Watch]:
    """Draw while the block runs; what was drawn stays."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(finished_text="[green]✓[/green]"),
        TextColumn("{task.description}"),
        BarColumn(20),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[detail]}"),
    )
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bar:
        yield Watch(bar, quiet=quiet)
