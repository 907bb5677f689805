"""Pages without their ids. `tests/engines` asks the other engines, over `gold.web_vitals_daily`."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sql.dialects import to_duckdb
from sql.macros import expand

PARTS = st.text(st.sampled_from("ab0123-_é🗺.%"), max_size=8)


def page(path: str | None) -> str | None:
    query = to_duckdb(expand("SELECT PAGE(p) AS page FROM given"))
    with duckdb.connect() as db:
        db.execute("CREATE TABLE given (p VARCHAR)")
        db.execute("INSERT INTO given VALUES (?)", [path])
        ((found,),) = db.execute(query).fetchall()
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "/"),
        ("/orders", "/orders"),
        ("/orders/", "/orders/"),
        ("/orders/4711", "/orders/:id"),
        ("/orders/4711/", "/orders/:id/"),
        ("/orders/1/2/3/items", "/orders/:id/:id/:id/items"),
        ("/c/9f1c2b7e-0d4a-4b7e-8f1c-2b7e9f1c2b7e", "/c/:id"),
        ("orders/4711", "orders/:id"),
        ("/v2/gpt-4o/step-10", "/v2/gpt-4o/step-10"),
        ("/a//b", "/a//b"),
        ("//", "//"),
        ("/straße/日本", "/straße/日本"),
        (None, None),
    ],
)
def test_ids_are_taken_out_and_words_stay(path: str | None, shown: str | None) -> None:
    assert page(path) == shown


@given(st.lists(PARTS, min_size=1, max_size=5))
def test_part_by_part(parts: list[str]) -> None:
    def is_id(part: str) -> bool:
        return sum(c.isdigit() for c in part) >= 4 or (part != "" and all(c in "0123456789" for c in part))

    path = "/" + "/".join(parts)
    assert page(path) == "/" + "/".join(":id" if is_id(part) else part for part in parts)
