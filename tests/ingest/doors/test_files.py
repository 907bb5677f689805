"""Files of every kind of wrong: one sentence each, and the good lines beside a broken one are taken."""

import codecs
import csv
import gzip
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.doors import files
from ingest.doors.delimited import read_csv
from ingest.doors.document import read_json
from ingest.doors.files import Broken, Row, Skipped, check_gzip, open_log, read_jsonl
from ingest.doors.plain_lines import read_lines
from ingest.doors.refused import ImportRefused


def jsonl(body: bytes) -> list[Row | Broken]:
    return list(read_jsonl(io.BytesIO(body)))


def delimited(body: bytes, delimiter: str = ",", encoding: str = "utf-8") -> list[Row | Broken]:
    return list(read_csv(Path("log.csv"), io.BytesIO(body), delimiter, encoding))


def refused(path: Path) -> str:
    with pytest.raises(ImportRefused) as error, open_log(path) as log:
        list(read_jsonl(log.stream))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "is empty"),
        (b" \r\n\t\n", "is empty"),
        (codecs.BOM_UTF8, "is empty"),
        (b"\x7fELF\0\0\0", "is binary"),
        (b"PAR1....", "is a Parquet file"),
        (b"PK\x03\x04....", "is a zip archive; unpack it"),
        ('{"a": 1}'.encode("utf-16"), "is UTF-16; convert it with `iconv"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (gzip.compress(b'{"a": 1}\n', mtime=0)[:12], "gzip file that is cut short or damaged"),
        (b"\x1f\x8b\x08 and no more", "gzip file that is cut short or damaged"),
    ],
)
def test_a_file_that_can_not_be_a_log_is_refused_at_once(tmp_path: Path, body: bytes, message: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(body)
    said = refused(path)
    assert message in said
    assert said.startswith(str(path))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "is a folder; name the log files themselves" in refused(tmp_path)
    assert "There is no file" in refused(tmp_path / "none")
    os.mkfifo(tmp_path / "pipe")
    assert "is not a regular file" in refused(tmp_path / "pipe")


def test_a_gzip_is_read_like_a_plain_file_and_told_when_truncated(tmp_path: Path) -> None:
    body = b"".join(b'{"n": %d}\n' % n for n in range(50_000))
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(body, mtime=0))
    check_gzip(path)
    with open_log(path) as log:
        assert len(list(read_jsonl(log.stream))) == 50_000
        assert log.position_bytes() == path.stat().st_size
    path.write_bytes(gzip.compress(body, mtime=0)[:-2000])
    with pytest.raises(ImportRefused, match=r"cut short or damaged after about [\d,]+ lines; fetch it again"):
        check_gzip(path)


def test_broken_lines_cost_no_other() -> None:
    found = jsonl(codecs.BOM_UTF8 + b'{"a": 1}\r\n\n{"a": \n[1]\n{"a": "\xff"}\n{"a": NaN}\n{"a": 2}')
    assert [row.line for row in found] == [1, 3, 4, 5, 6, 7]
    assert [row.value for row in found if isinstance(row, Row)] == [{"a": 1}, {"a": 2}]
    reasons = [row.reason for row in found if isinstance(row, Broken)]
    assert reasons[0].startswith("is not JSON (")
    assert reasons[1].startswith("is JSON but not an object")
    assert reasons[2].startswith("is not UTF-8")
    assert reasons[3].startswith("is not JSON (")


def test_a_line_that_is_too_long_is_passed_over_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LINE_MAX_BYTES", 100)
    long = b'{"a": "' + b"x" * 5000 + b'"}\n'
    found = jsonl(b'{"a": 1}\n' + long + b'{"a": 2}\n')
    assert [type(row) for row in found] == [Row, Broken, Row]
    assert found[1].line == 2
    assert "is longer than" in getattr(found[1], "reason", "")


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_broken_lines(body: bytes) -> None:
    lines = [line for line in body.removeprefix(codecs.BOM_UTF8).split(b"\n") if line.strip(b" \t\r\n\x0b\x0c")]
    assert len(jsonl(body)) == len(lines)


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=8)


@given(st.lists(st.tuples(_texts, _texts, _texts), min_size=1, max_size=8), st.sampled_from(",;\t|"))
def test_a_csv_comes_back_as_it_was_written(table: list[tuple[str, str, str]], delimiter: str) -> None:
    body = io.StringIO(newline="")
    writer = csv.writer(body, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b", "c"), *table])
    found = delimited(body.getvalue().encode(), delimiter)
    assert [tuple(row.value.values()) for row in found if isinstance(row, Row)] == table
    assert len(found) == len(table)


def test_a_bad_row_of_a_csv_costs_no_other() -> None:
    found = delimited(b'a,b\n1,2\n1\n1,2,3\n"x"y,2\n\n"two\nlines",2\n"never closed,2\n3,4\n\xff,1\n5,6')
    good = [(row.line, list(row.value.values())) for row in found if isinstance(row, Row)]
    assert good == [(2, ["1", "2"]), (7, ["two\nlines", "2"]), (10, ["3", "4"]), (12, ["5", "6"])]
    bad = {row.line: row.reason for row in found if isinstance(row, Broken)}
    assert sorted(bad) == [3, 4, 5, 9, 11]
    assert bad[3].startswith("has 1 fields, but the header 2")
    assert bad[5].startswith("has broken quotes")
    assert bad[9].startswith("has broken quotes")
    assert "csv: {encoding: cp1252}" in bad[11]


def test_another_encoding_is_read_as_the_mapping_says() -> None:
    (row,) = delimited("name;n\nfür;1\r\n".encode("latin-1"), ";", "latin-1")
    assert isinstance(row, Row)
    assert row.value == {"name": "für", "n": "1"}


def test_a_header_must_name_every_column_once() -> None:
    with pytest.raises(ImportRefused, match=r"log\.csv:1 names the column 'a' twice"):
        delimited(b"a,a\n1,2\n")
    (row,) = delimited(b",a\n1,2\n")
    assert isinstance(row, Row)
    assert row.value == {"column_1": "1", "a": "2"}
    assert delimited(b"a,b\n") == []


def test_columns_of_one_name_are_a_list_where_that_is_said() -> None:
    body = b"key,label,label,label\nA-1,x,,y\nA-2,,,\n"
    found = list(read_csv(Path("log.csv"), io.BytesIO(body), ",", "utf-8", repeated=True))
    assert [row.value for row in found if isinstance(row, Row)] == [
        {"key": "A-1", "label": ["x", "y"]},
        {"key": "A-2", "label": []},
    ]


def document(body: bytes) -> list[Row | Broken]:
    return list(read_json(Path("log.json"), io.BytesIO(body)))


_objects = st.dictionaries(st.text(max_size=4), st.recursive(st.none() | st.integers(-9, 9) | st.text(max_size=6),
                           lambda inner: st.lists(inner, max_size=3)), max_size=3)  # fmt: skip


@given(st.lists(_objects, max_size=5), st.sampled_from([None, 1, "\t"]), st.integers(1, 7))
def test_an_array_comes_back_as_it_was_written_in_whatever_pieces_it_is_read(
    rows: list[dict[str, Any]], indent: Any, size: int
) -> None:
    body = json.dumps(rows, indent=indent, ensure_ascii=False).encode()

    class Slow(io.BytesIO):
        def read(self, _: Any = -1) -> bytes:
            return super().read(size)

    found = list(read_json(Path("log.json"), Slow(codecs.BOM_UTF8 + body)))
    assert [row.value for row in found if isinstance(row, Row)] == rows
    assert [row.element for row in found] == list(range(1, len(rows) + 1))
    assert all(body.split(b"\n")[row.line - 1].lstrip(b" \t[").startswith(b"{") for row in found)


def test_an_element_that_is_no_row_costs_no_other() -> None:
    found = document(b'[{"a": 1}, 12, {"a": NaN}, {"a": "\\ud800"}, "x",\n {"a": 2}]')
    assert [row.value for row in found if isinstance(row, Row)] == [{"a": 1}, {"a": 2}]
    assert [(row.line, row.element) for row in found] == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 6)]


def test_a_document_of_one_object_is_one_row() -> None:
    (row,) = document(b'\n{\n "a": [1]\n}\n')
    assert isinstance(row, Row)
    assert (row.line, row.value) == (2, {"a": [1]})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'[{"a": 1}', "log.json:1 ends before its JSON array does"),
        (b'[{"a": 1},\n{"a": ', "log.json:2 is not JSON (Expecting value), or ends too early"),
        (b'[{"a": 1} {"a": 2}]', "log.json:1 is not JSON: between two elements of an array stands a comma"),
        (b'[{"a": 1}]\n[{"a": 2}]', "log.json:2 goes on after the end of its JSON array"),
        (b'{"a": 1}\n{"a": 2}', "if it is one document a line, say `format: jsonl`"),
        (b'"text"', "log.json:1 is JSON, but neither an object nor an array"),
        (b"words", "log.json:1 is not one JSON document"),
        (b'[{"a": "\xff"}]', "is not UTF-8"),
        (b"[" * 100_000, "log.json:1 is nested too deep"),
        (b'[{"a": "' + b"x" * 11_000_000, "or one element of more than 10 MiB"),
        (b'{"a": "' + b"x" * 11_000_000 + b'"}', "is one JSON object of more than 10 MiB"),
    ],
)
def test_a_document_that_is_broken_is_refused_as_a_whole(body: bytes, message: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        document(body)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.binary(max_size=60) | st.text('[]{},:"\\ 1a\n').map(str.encode))
def test_any_bytes_are_a_document_or_refused(body: bytes) -> None:
    try:
        found = document(body)
    except ImportRefused as refused:
        assert str(refused).startswith("log.json:")  # noqa: PT017 - most bytes are no document
    else:
        assert all(isinstance(row, Row | Broken) for row in found)


def plain(body: bytes, *, ignore_others: bool = False) -> list[Row | Broken | Skipped]:
    pattern, skip = re.compile(r"(?P<n>\d+) (?P<word>\w+)?"), re.compile("^#")
    return list(read_lines(io.BytesIO(body), pattern, skip, ignore_others=ignore_others))


def test_lines_are_rows_of_the_groups_of_a_pattern() -> None:
    found = plain("# note\n1 größe\r\n\n2 \n3 a b\n".encode() + b"4 \xff\n")
    assert [(type(row), row.line) for row in found] == [(Skipped, 1), (Row, 2), (Row, 4), (Broken, 5), (Broken, 6)]
    assert [row.value for row in found if isinstance(row, Row)] == [
        {"n": "1", "word": "größe"},
        {"n": "2", "word": None},
    ]
    reasons = [row.reason for row in found if isinstance(row, Broken)]
    assert reasons[0].startswith("does not match the mapping's `pattern`")
    assert reasons[1].startswith("is not UTF-8")
    assert [type(row) for row in plain(b"1 a\nother\n", ignore_others=True)] == [Row, Skipped]


def test_json_lines_may_stand_among_others_that_are_skipped() -> None:
    found = list(read_jsonl(io.BytesIO(b'starting\n{"a": 1}\nstopping\n{"a"\n'), re.compile(b"^st")))
    assert [type(row) for row in found] == [Skipped, Row, Skipped, Broken]
