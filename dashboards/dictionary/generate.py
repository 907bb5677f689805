"""Writes the tables' reference pages into ``docs/reference``: ``python -m dashboards.dictionary.generate``.

A test fails while a committed file differs from what this would write.
"""

from collections.abc import Mapping
from pathlib import Path

from dashboards.dictionary import drawing, interpretation, markdown
from dashboards.dictionary.collect import collect
from sql.catalog import metrics

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
"""Only a checkout has it; an installed package has nothing to generate."""

_STYLE = """<style>
text{font:12.5px system-ui,sans-serif;fill:#12161d}
rect{fill:#fff;stroke:#c5cbd4;stroke-width:1.2}
path{fill:none;stroke:#a9b1bd;stroke-width:1.2;opacity:.7}
.bronze rect{fill:#f3e9e0;stroke:#c79f7b}.silver rect{fill:#e8ecf0;stroke:#a9b6c5}
.gold rect{fill:#f8f0d9;stroke:#dfc06c}
.view rect,.given rect{stroke-dasharray:4 3}
.paper{fill:#fff;stroke:none}
</style><rect class="paper" width="100%" height="100%"/>"""


def render() -> dict[str, str]:
    """Every generated file: its text by its path below ``docs/reference``."""
    dictionary = collect()
    drawn = drawing.svg(dictionary, drawing.all_tables(dictionary), None, "Which table is computed from which")
    opening, end, rest = str(drawn).partition(">")
    return {
        "tables.md": markdown.render(dictionary),
        "lineage.svg": f"{opening}{end}{_STYLE}{rest}\n",
        "../analytics-interpretation.md": interpretation.render(metrics().values()),
    }


def stale(files: Mapping[str, str], folder: Path = REFERENCE) -> list[str]:
    """Paths that are missing or differ."""
    return [n for n, text in files.items() if not (folder / n).is_file() or (folder / n).read_text("utf-8") != text]


def main() -> None:
    """Write every file that is stale, and say which."""
    files = render()
    for name in stale(files):
        (REFERENCE / name).write_text(files[name], encoding="utf-8")
        print(f"docs/reference/{name}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
