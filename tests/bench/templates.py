"""Templates: how fast the function starts, how large it is, and how fast 10,000 templates are searched."""

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

from infra.aws.packages.build import Package, build_functions, size_bytes
from infra.aws.packages.installed import AWS
from serving.logic.templates.model import Label, State, Template, Version
from serving.stores.sqlite import SqliteTable
from serving.stores.templates import keys
from tests.serving.templates.people import Clock, Site, open_desk

TEMPLATES, VERSIONS, ASKED = 10_000, 100, 200
BASELINE = (
    "import boto3; from pydantic import BaseModel; "
    "from aws_lambda_powertools.event_handler import APIGatewayRestResolver; "
    "from aws_lambda_powertools.event_handler.openapi.params import Body"
)
HANDLER = "import serving.lambdas.api"
_AT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Start:
    """CPU time of one import, in milliseconds."""

    handler_ms: float
    baseline_ms: float


def start(runs: int = 9) -> Start:
    """Medians, taken in turns."""
    taken = [(_import_ms(HANDLER), _import_ms(BASELINE)) for _ in range(runs)]
    return Start(*(median(column) for column in zip(*taken, strict=True)))


def _import_ms(code: str) -> float:
    program = f"import time; t = time.process_time(); {code}; print((time.process_time() - t) * 1000)"
    return float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)


def package_mb(folder: Path) -> float:
    """The API's package as it is sent, unzipped; with bytecode where the Python that runs it is here."""
    return size_bytes(build_functions(Package.API, folder / "package", {}, AWS)) / 1e6


@dataclass(frozen=True)
class Taken:
    """Medians of whole requests, from the gateway's event to the answer, in milliseconds."""

    wall_ms: float
    cpu_ms: float


def search() -> dict[str, Taken]:
    """How long it takes to find some of 10,000 templates of 100 versions, by each combination of what can be asked."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "templates.db"
        with closing(SqliteTable(path)) as table:
            table.query("none")  # makes the file
        _fill(path)
        clock = Clock()
        site = Site(open_desk(SqliteTable(path), clock), clock, Path(folder))
        questions: dict[str, dict[str, Any]] = {
            "list": {},
            "list from the middle": {"after": f"t{TEMPLATES // 2:05d}"},
            "by prefix": {"prefix": "t07"},
        }
        asked = {"tag": "tag3", "owner": "owner13", "status": "published"}
        for count in range(1, len(asked) + 1):
            questions |= {
                f"by {' and '.join(some)}": {n: asked[n] for n in some} for some in combinations(asked, count)
            }
        found = {name: _taken(site, "", query) for name, query in questions.items()}
        found["versions of one"] = _taken(site, f"/t{TEMPLATES // 2:05d}/versions", {})
        return found


def _taken(site: Site, path: str, query: dict[str, Any]) -> Taken:
    taken = [_once(site, path, query) for _ in range(ASKED)]
    return Taken(*(median(column) * 1000 for column in zip(*taken, strict=True)))


def _once(site: Site, path: str, query: dict[str, Any]) -> tuple[float, float]:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    answer = site.get(path, **query)
    assert answer.status == 200, answer.body
    return time.perf_counter() - wall_s, time.process_time() - cpu_s


def _fill(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")
    db.executemany("INSERT INTO item VALUES (?, ?, ?, ?, NULL)", _items())
    db.commit()
    db.close()


def _items() -> Iterator[tuple[str, str, str, int]]:
    states = dict.fromkeys(range(1, VERSIONS - 1), State.ARCHIVED)
    states |= {VERSIONS - 1: State.PUBLISHED, VERSIONS: State.DRAFT}
    yield keys.ENVIRONMENTS, "default", "{}", 0
    for number in range(TEMPLATES):
        template = Template(
            id=f"t{number:05d}",
            environment="default",
            owner=f"owner{number % 50}",
            tags=(f"tag{number % 10}", "every"),
            labels={"production": Label(number=VERSIONS - 1)},
            states=states,
            revision=VERSIONS,
            created_at=_AT,
            changed_at=_AT,
        )
        yield *keys.template("default", template.id), template.model_dump_json(), VERSIONS
        yield from ((*key, "{}", 0) for key in keys.indexed(template))
        written = Version(
            template_id=template.id, number=1, body="Answer {{ question }} in a few words. " * 10, created_by="ann",
            created_at=_AT,
        ).model_dump_json(exclude={"state", "number"})  # fmt: skip
        for version in range(1, VERSIONS + 1):
            document = f'{{"number":{version},{written[1:]}'
            yield *keys.version("default", template.id, version), document, 0
