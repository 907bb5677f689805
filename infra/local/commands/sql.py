"""``promptlake sql "…"``: ask any layer anything."""

import argparse
import csv
import json
import sys
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from infra.local.commands.options import add_lake
from infra.local.lake import LakeError, NotWritable, lake_path, open_lake

if TYPE_CHECKING:
    import duckdb

_SHOWN_ROWS = 200


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "sql",
        help="query bronze, silver and gold",
        description="Runs one query in DuckDB's dialect over bronze.*, silver.*, gold.* and operations.*; without a "
        "query it lists the tables. bronze.quarantine holds what was refused, and why.",
    )
    parser.add_argument("query", nargs="?", metavar="QUERY", help="one SELECT")
    parser.add_argument(
        "--question",
        metavar="NAME",
        nargs="?",
        const="",
        help="answer one of the questions that are asked most; without a name they are listed",
    )
    add_lake(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="answer as a JSON array of objects")
    form.add_argument("--csv", action="store_true", help="answer as CSV")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Answer one query; returns 0 when it was answered.

    Raises:
        LakeError: no lake, or DuckDB can't make sense of the query.
    """
    query = _TABLES if args.query is None else args.query
    if args.question is not None:
        if args.query is not None:
            raise LakeError("Give a query or --question, not both.")
        if args.question == "":
            return _list_questions()
        query = _question(args.question)
    lake = open_lake(lake_path(args.lake))
    import duckdb  # these two take a second to import

    from infra.local.query import open_session, read_by

    try:
        try:
            db = open_session(lake, reads=read_by(query))
        except NotWritable as error:
            print(f"warning: {error} What came last is not in the answer.", file=sys.stderr)  # noqa: T201
            db = open_session(lake, drain=False, reads=read_by(query))
        try:
            _must_be_one_select(db, query)
            cursor = db.execute(query)
            names = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchall()
        finally:
            db.close()
    except duckdb.Error as error:
        raise LakeError(f"The query failed: {' '.join(str(error).split())}") from error
    if args.json:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=_plain))  # noqa: T201
    elif args.csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
    else:
        _show(names, rows)
    return 0


def _list_questions() -> int:
    from sql.question import questions

    for question in questions().values():
        print(f"{question.name:32} {question.asks}")  # noqa: T201
    return 0


def _question(name: str) -> str:
    from sql.dialects import to_duckdb
    from sql.question import questions

    if name not in questions():
        raise LakeError(f"There is no question {name[:60]!r}; `promptlake sql --question` lists those there are.")
    return to_duckdb(questions()[name].sql)


def _must_be_one_select(db: "duckdb.DuckDBPyConnection", query: str) -> None:
    kinds = [statement.type.name for statement in db.extract_statements(query)]
    if len(kinds) != 1 or kinds[0] not in ("SELECT", "EXPLAIN"):
        raise LakeError(
            f"Give one SELECT; this is {' and '.join(kinds) or 'nothing'}. Reading changes nothing in a lake."
        )


_TABLES = """
SELECT table_schema || '.' || table_name AS "table", count(*) AS columns, string_agg(column_name, ', '
    ORDER BY ordinal_position) AS names
FROM information_schema.columns WHERE table_schema IN ('bronze', 'silver', 'gold', 'operations')
GROUP BY ALL ORDER BY 1
"""


def _plain(value: Any) -> Any:
    """Money as a string: a JSON number would round it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else repr(value)


def _show(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(header_style="bold", show_edge=False)
    for index, name in enumerate(names):
        is_number = any(isinstance(row[index], int | float | Decimal) for row in rows[:20])
        table.add_column(escape(name), justify="right" if is_number else "left", overflow="fold")
    for row in rows[:_SHOWN_ROWS]:
        table.add_row(*("" if value is None else escape(_text(value)) for value in row))
    # Into a file or a pipe, nothing is folded.
    console = Console(width=None if sys.stdout.isatty() else 10_000)
    console.print(table)
    if len(rows) > _SHOWN_ROWS:
        console.print(f"… and {len(rows) - _SHOWN_ROWS:,} more rows; --csv or --json gives all.")


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return str(value)
