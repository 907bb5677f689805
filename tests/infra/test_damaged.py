"""A file of bronze that can't be read stops a build before anything is written, and never for ever."""

from pathlib import Path

import pytest

from ingest.contracts import layout
from tests.commands import run, run_json
from tests.lakes import build_lake, event, make_lake, row, send
from transforms.engines.unreadable import UnreadableObjects


def newest(root: Path) -> Path:
    found = (root / layout.bronze_table("behavior")).rglob("*.parquet")
    return max(found, key=lambda path: path.stat().st_mtime_ns)


def stored(root: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for layer in ("silver", "gold", "publish") for p in (root / layer).rglob("*.*")}


@pytest.mark.parametrize("damage", ["cut off", "overwritten", "gone"])
def test_a_build_refuses_it_before_anything_is_written_and_goes_on_without_it(tmp_path: Path, damage: str) -> None:
    lake = make_lake(tmp_path / "lake")
    send(lake, [event("behavior"), event()])
    build_lake(lake)
    send(lake, [event("behavior"), event("behavior"), event()])
    lake.drain()
    path = newest(lake.root)
    if damage == "gone":
        path.unlink()
    else:
        whole = path.read_bytes()
        path.write_bytes(whole[:-9] if damage == "cut off" else b"\0" * 300 + whole[300:])
    before = stored(lake.root)
    with pytest.raises(UnreadableObjects) as refused:
        build_lake(lake)
    name = path.relative_to(lake.root).as_posix()
    assert str(refused.value).startswith(f"{name} can't be read (")
    assert f"set it aside with `promptlake quarantine aside {name}`" in str(refused.value)
    assert stored(lake.root) == before
    assert row(lake, "SELECT count(*) FROM gold.behavior_daily") == (1,), "readers keep the last good state"
    of_bronze = run("sql", "SELECT max(hash(b)) FROM bronze.behavior AS b", "--lake", lake.root, check=False)
    assert of_bronze.returncode == (damage != "gone")
    assert stored(lake.root) == before
    assert run_json("quarantine", "aside", name, "--lake", lake.root)["damaged"] == 2
    assert build_lake(lake).new_rows == {"prompt_execution": 1}
    run("reconcile", "--lake", lake.root)
    assert (damage == "gone") == (not list((lake.root / layout.DAMAGED).glob("*")))


def test_an_object_that_can_be_read_stays_where_it_is(tmp_path: Path) -> None:
    lake = make_lake(tmp_path / "lake")
    send(lake, [event("behavior")])
    lake.drain()
    path = newest(lake.root)
    for given, told in (
        (path, "can be read, so it stays where it is"),
        (lake.root / "lake.json", "only what lies there can be set aside"),
        ("bronze/behavior/none.parquet", "is no object of bronze"),
    ):
        done = run("quarantine", "aside", given, "--lake", lake.root, check=False)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert told in done.stderr
    assert path.exists()


def test_a_catalog_that_is_gone_is_told_and_nothing_is_built(tmp_path: Path) -> None:
    lake = make_lake(tmp_path / "lake")
    send(lake, [event()])
    build_lake(lake)
    (lake.root / layout.CATALOG_FILE).unlink()
    before = stored(lake.root)
    for words in (("build",), ("erase", "--user", "u"), ("maintain",), ("build", "--from", "2026-03-02")):
        done = run(*words, "--lake", lake.root, check=False)
        assert done.returncode == 1
        assert done.stderr == (
            f"promptlake: {lake.root / layout.CATALOG_FILE} is gone, and with it what the tables are made of; "
            "restore it from a backup.\n"
        )
    assert stored(lake.root) == before
    assert not (lake.root / layout.CATALOG_FILE).exists()
