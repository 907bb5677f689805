"""The API starts without what a small Lambda can't carry, and reads no settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving.lakes import EXAMPLE, publish

HEAVY = [
    "pyarrow",
    "pandas",
    "numpy",
    "awswrangler",
    "pyiceberg",
    "great_expectations",
    "duckdb",
    "boto3",
    "httpx",
    "jsonschema",
    "rapidfuzz",
    "re2",
]

PROGRAM = f"""
import sys
from pathlib import Path
from serving.app import build_app
from infra.local.templates import open_desk
from sql.reader import NothingPublished, Reader
app = build_app(Reader(Path("nowhere")), lambda event: None, open_desk(Path(sys.argv[1])))
event = {{
    "path": "/openapi.json", "httpMethod": "GET", "headers": {{}}, "body": None, "isBase64Encoded": False,
    "queryStringParameters": None, "multiValueQueryStringParameters": None, "requestContext": {{"stage": "x"}},
}}
assert app.resolve(event, None)["statusCode"] == 200
assert app.resolve(event | {{"path": "/analytics/usage"}}, None)["statusCode"] == 503
print(sorted(set({HEAVY!r}) & set(sys.modules)))
"""

READING = f"""
import sys
from pathlib import Path
from infra.local.gateway import ask
from infra.local.templates import open_desk
from serving.app import build_app
from sql.reader import Reader
root = Path(sys.argv[1])
app = build_app(Reader(root), lambda event: None, open_desk(root))
asked = ["usage?group_by=day", "performance?", "costs?compare=previous&format=csv", "quality?", "experiments?"]
for path, query in (each.split("?") for each in (*asked, "reconciliation?")):
    status, _, body = ask(app, "GET", "/analytics/" + path, query, {{}}, b"")
    assert status == 200, body
assert ask(app, "GET", "/status", "", {{"accept": "text/html"}}, b"")[0] == 200
print(sorted((set({HEAVY!r}) - {{"duckdb"}}) & set(sys.modules)))
"""


@pytest.mark.parametrize("program", [PROGRAM, READING], ids=["starting", "reading"])
def test_the_api_imports_nothing_heavy(tmp_path: Path, program: str) -> None:
    publish(tmp_path, EXAMPLE)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
