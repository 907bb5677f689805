"""Where the dialects differ, the translation says what means the same. `tests/engines` runs them on the engines."""

from datetime import datetime

import duckdb
import pytest

from sql.dialects import table_names, to_duckdb, to_spark


def test_a_timestamp_has_no_zone_in_spark_either() -> None:
    assert to_spark("SELECT CAST(x AS TIMESTAMP(6)) AS t") == "SELECT CAST(x AS TIMESTAMP_NTZ) AS t"


def test_nanoseconds_since_1970_are_microseconds_elsewhere() -> None:
    query = "SELECT CAST(from_unixtime_nanos(1774742400000001 * 1000) AS TIMESTAMP(6)) AS t"
    assert duckdb.sql(to_duckdb(query)).fetchall() == [(datetime(2026, 3, 29, 0, 0, 0, 1),)]  # noqa: DTZ001 - SQL's has none either
    assert "TIMESTAMP_MICROS(1774742400000001 * 1000 DIV 1000)" in to_spark(query)


def test_tables_are_views_without_a_schema_in_spark() -> None:
    query = "WITH own AS (SELECT * FROM silver.feedback AS f) SELECT * FROM own INNER JOIN gold.sessions ON TRUE"
    assert table_names(query) == {"silver.feedback", "gold.sessions"}
    translated = to_spark(query)
    assert "FROM silver__feedback AS f" in translated
    assert "JOIN gold__sessions" in translated
    assert "FROM own" in translated


@pytest.mark.parametrize(("start", "end"), [("10:59:59.9", "11:00:00"), ("10:00:00.5", "10:00:01.4")])
def test_whole_units_elapsed_are_counted_not_boundaries(start: str, end: str) -> None:
    query = f"SELECT date_diff('second', TIMESTAMP '2026-03-29 {start}', TIMESTAMP '2026-03-29 {end}') AS s"
    assert duckdb.sql(to_duckdb(query)).fetchall() == [(0,)]
    assert "DATEDIFF(SECOND, " in to_spark(query)


def test_a_count_of_nothing_is_zero() -> None:
    query = "SELECT COUNT_IF(x) AS n FROM (VALUES (CAST(NULL AS BOOLEAN))) AS t (x)"
    assert duckdb.sql(to_duckdb(query)).fetchall() == [(0,)]
