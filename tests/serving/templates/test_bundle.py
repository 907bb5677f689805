"""Backups: whole or refused, and restored into each kind of store."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from serving.logic.templates import editing, labels
from serving.logic.templates.bundle import BadBundle, Standing, check_bundle, read_bundle, restore, write_bundle
from serving.logic.templates.desk import Desk
from serving.logic.templates.moving import move_version
from serving.stores.sqlite import SqliteTable
from serving.stores.templates.wholes import environments, everything
from serving.template_schemas import Transition
from tests.serving.templates.people import ANN, BOB, asking, open_desk
from tests.serving.templates.tables import Open
from tests.serving.templates.test_desk import make, save, tell

AT = datetime(2026, 3, 1, tzinfo=UTC)


def fill(desk: Desk) -> None:
    for name, environment in (("t", "default"), ("u", "default"), ("t", "staging")):
        make(desk, name, environment=environment, tags=("x",), description="what it is for")
    save(desk, ANN, "two", "t")
    for to, who in (("in_review", ANN), ("approved", BOB)):
        wanted = Transition(to=to, why="x")
        desk.change(asking(who), "t", lambda t, act, w=wanted: move_version(desk, t, 2, w, act), tell)
    desk.change(asking(BOB), "t", lambda t, act: labels.point(t, "beta", 2, act), tell)
    version = desk.version("default", "t", 1)
    desk.change(asking(BOB), "t", lambda t, act: editing.comment(t, version, 1, "why?", act), tell)


def backup(desk: Desk, path: Path) -> Path:
    with path.open("wb") as file:
        write_bundle(desk.store, file, AT)
    return path


def test_what_comes_back_is_the_same(fresh: Callable[[], Open], tmp_path: Path) -> None:
    desk, empty = open_desk(fresh()()), open_desk(fresh()())
    fill(desk)
    bundle = backup(desk, tmp_path / "a")
    rehearsal = restore(empty.store, bundle, is_rehearsal=True)
    assert [one.standing for one in rehearsal] == [Standing.MISSING] * 3
    assert environments(empty.store) == []
    restore(empty.store, bundle, is_rehearsal=False)
    assert list(everything(empty.store)) == list(everything(desk.store))
    assert backup(empty, tmp_path / "b").read_bytes() == bundle.read_bytes()
    assert [one.standing for one in restore(empty.store, bundle, is_rehearsal=False)] == [Standing.SAME] * 3
    assert save(empty, ANN, "three", "t").body == "3", "life goes on"


def test_a_living_store_keeps_what_it_has_of_its_own(fresh: Callable[[], Open], tmp_path: Path) -> None:
    living, other = open_desk(fresh()()), open_desk(fresh()())
    fill(living)
    early = backup(living, tmp_path / "early")
    restore(other.store, early, is_rehearsal=False)
    save(living, ANN, "three", "t")
    late = backup(living, tmp_path / "late")
    save(other, BOB, "three of another", "u")
    make(other, "v")

    def standings(desk: Desk, bundle: Path) -> list[str]:
        return [one.standing for one in restore(desk.store, bundle, is_rehearsal=False)]

    assert standings(other, late) == ["behind", "ahead", "same"]
    assert standings(other, late) == ["same", "ahead", "same"]
    assert other.version("default", "t", 3).body == "three"
    assert standings(living, early) == ["ahead", "same", "same"]
    save(living, ANN, "three", "u")
    before = list(everything(other.store))
    assert standings(other, backup(living, tmp_path / "conflict")) == ["same", "conflict", "same"]
    assert list(everything(other.store)) == before


def test_a_restore_that_was_cut_off_is_not_seen_and_can_be_repeated(tmp_path: Path) -> None:
    class Failing(SqliteTable):
        writes = 0

        def write(self, writes: object) -> None:
            Failing.writes += 1
            if Failing.writes == 2:
                raise OSError(28, "No space left on device")
            super().write(writes)  # type: ignore[arg-type]

    desk = open_desk(SqliteTable(tmp_path / "from.db"))
    fill(desk)
    bundle = backup(desk, tmp_path / "a")
    target = open_desk(Failing(tmp_path / "to.db"))
    with pytest.raises(OSError, match="No space"):
        restore(target.store, bundle, is_rehearsal=False)
    assert list(everything(target.store)) == []
    assert target.store.template("default", "t") is None
    restore(target.store, bundle, is_rehearsal=False)
    assert list(everything(target.store)) == list(everything(desk.store))


def rewritten(bundle: Path, change: Callable[[list[bytes]], list[bytes]], path: Path) -> Path:
    path.write_bytes(gzip.compress(b"".join(change(gzip.decompress(bundle.read_bytes()).splitlines(keepends=True)))))
    return path


def test_a_bundle_that_was_changed_or_cut_off_is_refused_whole(tmp_path: Path) -> None:
    desk = open_desk(SqliteTable(tmp_path / "from.db"))
    fill(desk)
    bundle = backup(desk, tmp_path / "a")
    assert check_bundle(bundle) == 3
    packed = bundle.read_bytes()
    other = json.dumps({"format": "promptlake-templates", "version": 2}).encode() + b"\n"
    changes: dict[str, Callable[[list[bytes]], list[bytes]]] = {
        "changed": lambda lines: [line.replace(b'"two"', b'"TWO"') for line in lines],
        "lacks": lambda lines: [line.replace(b'"revision":1,', b'"revision":9,') for line in lines],
        "ends before": lambda lines: lines[:-1],
        "checksum": lambda lines: [lines[0], *lines[2:]],
        "and this reads": lambda lines: [other, *lines[1:]],
        "no bundle of templates": lambda lines: [b"[]\n"],
        "no template": lambda lines: [lines[0], b"{}\n"],
    }
    broken = {
        sentence: rewritten(bundle, change, tmp_path / f"{number}")
        for number, (sentence, change) in enumerate(changes.items(), 1)
    } | {"no whole bundle": tmp_path / "8"}
    (tmp_path / "8").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "9").write_bytes(b"PK, not gzip")
    empty = open_desk(SqliteTable(tmp_path / "to.db"))
    for sentence, path in {**broken, "is no whole bundle": tmp_path / "9"}.items():
        with pytest.raises(BadBundle, match=sentence):
            restore(empty.store, path, is_rehearsal=False)
        assert environments(empty.store) == []


def test_a_bundle_reads_without_us(tmp_path: Path) -> None:
    desk = open_desk(SqliteTable(tmp_path / "from.db"))
    fill(desk)
    file = io.BytesIO()
    write_bundle(desk.store, file, AT)
    head, *templates, foot = [json.loads(line) for line in gzip.decompress(file.getvalue()).splitlines()]
    assert head == {"format": "promptlake-templates", "version": 1, "made_at": "2026-03-01T00:00:00+00:00"}
    assert [(t["template"]["environment"], t["template"]["id"]) for t in templates] == [
        ("default", "t"), ("default", "u"), ("staging", "t")]  # fmt: skip
    assert foot["templates"] == 3
    (tmp_path / "a").write_bytes(file.getvalue())
    assert [whole.template.id for whole in read_bundle(tmp_path / "a")] == ["t", "u", "t"]
