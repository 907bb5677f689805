"""Athena's API in front of Trino, which is Athena's engine: what a client needs to run a query and read its result."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.services import moto

Columns = Sequence[tuple[str, str]]
"""Names, and types as Trino says them."""
Run = Callable[[str, str], tuple[Columns, Sequence[Sequence[Any]]]]
"""Runs a query in a database."""


@contextmanager
def athena(run: Run, s3_url: str) -> Iterator[str]:
    """The address of the API, whose results are written to S3 as Athena does."""
    handler = type("Here", (_Api,), {"run": staticmethod(run), "s3_url": s3_url, "queries": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    run: Run
    s3_url: str
    queries: dict[str, tuple[str, str, Columns]]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers["X-Amz-Target"].partition(".")[2]
        body = json.dumps(getattr(self, f"_{action}")(asked)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _GetWorkGroup(self, asked: Any) -> Any:  # noqa: N802 - named as Athena's actions
        configuration = {"EnforceWorkGroupConfiguration": False, "ResultConfiguration": {}}
        return {"WorkGroup": {"Name": asked["WorkGroup"], "State": "ENABLED", "Configuration": configuration}}

    def _StartQueryExecution(self, asked: Any) -> Any:  # noqa: N802
        name = str(uuid4())
        output = f"{asked['ResultConfiguration']['OutputLocation'].rstrip('/')}/{name}.csv"
        columns, rows = self.run(asked["QueryString"], asked["QueryExecutionContext"]["Database"])
        lines = [[name for name, _ in columns], *([_text(value) for value in row] for row in rows)]
        place = urlsplit(output)
        document = "".join(",".join(map(_quoted, line)) + "\n" for line in lines)
        moto.client("s3", self.s3_url).put_object(Bucket=place.netloc, Key=place.path[1:], Body=document.encode())
        self.queries[name] = (asked["QueryString"], output, columns)
        return {"QueryExecutionId": name}

    def _GetQueryExecution(self, asked: Any) -> Any:  # noqa: N802
        query, output, _ = self.queries[asked["QueryExecutionId"]]
        return {
            "QueryExecution": {
                "QueryExecutionId": asked["QueryExecutionId"],
                "Query": query,
                "StatementType": "DML",
                "ResultConfiguration": {"OutputLocation": output},
                "Status": {"State": "SUCCEEDED", "SubmissionDateTime": 0, "CompletionDateTime": 0},
                "Statistics": {},
            }
        }

    def _GetQueryResults(self, asked: Any) -> Any:  # noqa: N802
        _, _, columns = self.queries[asked["QueryExecutionId"]]
        return {"ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": [_column(*c) for c in columns]}}}

    def log_message(self, *_: object) -> None:
        """Nothing: what is asked for, the test knows."""


def _column(name: str, kind: str) -> dict[str, Any]:
    plain, *numbers = re.findall(r"\w+", kind)
    digits = dict(zip(("Precision", "Scale"), map(int, numbers), strict=False)) if plain == "decimal" else {}
    return {"Name": name, "Type": plain, **digits}


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds")
    return None if value is None else str(value)


def _quoted(text: str | None) -> str:
    """As Athena writes CSV: every value in quotes, and nothing where there is none."""
    return "" if text is None else '"' + text.replace('"', '""') + '"'
