"""Backups: whole or refused, and restored into each kind of store."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from serving.logic.bundle import BadBundle, Kept, check_bundle, read_bundle, write_bundle
from serving.logic.record import Record
from serving.logic.restoring import Standing, restore
from serving.logic.templates import editing, labels
from serving.logic.templates.changes import Whole
from serving.logic.templates.desk import Desk
from serving.logic.templates.moving import move_version
from serving.stores import kinds
from serving.stores.environments import environments
from serving.stores.sqlite import SqliteTable
from serving.stores.templates.wholes import everything
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
    for kind, terms in TERMS.items():
        kinds.every_kind(desk.store.table)[kind].save(record(kind, **terms))


TERMS: dict[str, dict[str, Any]] = {
    "budget": {"amount_usd": "5", "period": "month", "action": "block"},
    "experiment": {
        "template_id": "t",
        "variants": [{"name": "a", "weight": 1}, {"name": "b", "weight": 1, "version": 2}],
        "metric": "error_rate",
        "salt": "s",
    },
    "survey": {"questions": [{"id": "q", "text": "Well?"}]},
}
OTHERS = dict.fromkeys(TERMS, 1)


def record(kind: str, **terms: Any) -> Record:
    """One where no template is."""
    signed = {"created_by": "ann", "created_at": AT, "changed_by": "ann", "changed_at": AT, "revision": 1}
    return kinds.KINDS[kind].model_validate({"id": "r", "environment": "elsewhere", **signed, **terms})


def backup(desk: Desk, path: Path) -> Path:
    with path.open("wb") as file:
        write_bundle(desk.store, file, AT)
    return path


def test_what_comes_back_is_the_same(fresh: Callable[[], Open], tmp_path: Path) -> None:
    desk, empty = open_desk(fresh()()), open_desk(fresh()())
    fill(desk)
    bundle = backup(desk, tmp_path / "a")
    rehearsal = restore(empty.store, bundle, is_rehearsal=True)
    assert [one.standing for one in rehearsal] == [Standing.MISSING] * 6
    assert environments(empty.store.table) == []
    restore(empty.store, bundle, is_rehearsal=False)
    assert list(everything(empty.store)) == list(everything(desk.store))
    assert backup(empty, tmp_path / "b").read_bytes() == bundle.read_bytes()
    assert [one.standing for one in restore(empty.store, bundle, is_rehearsal=False)] == [Standing.SAME] * 6
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
        found = restore(desk.store, bundle, is_rehearsal=False)
        assert [one.standing for one in found if one.kind != "template"] == ["same"] * 3
        return [one.standing for one in found if one.kind == "template"]

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
    assert check_bundle(bundle) == {"template": 3, **OTHERS}
    packed = bundle.read_bytes()
    other = json.dumps({"format": "promptlake-templates", "version": 3}).encode() + b"\n"
    changes: dict[str, Callable[[list[bytes]], list[bytes]]] = {
        "changed": lambda lines: [line.replace(b'"two"', b'"TWO"') for line in lines],
        "lacks": lambda lines: [line.replace(b'"revision":1,', b'"revision":9,') for line in lines],
        "ends before": lambda lines: lines[:-1],
        "checksum": lambda lines: [lines[0], *lines[2:]],
        "and this reads": lambda lines: [other, *lines[1:]],
        "no bundle of templates": lambda lines: [b"[]\n"],
        "no template": lambda lines: [lines[0], b"{}\n"],
        "no record of a kind": lambda lines: [lines[0], b'{"kind": [], "record": {}}\n'],
        "in line 2 no budget: id: Field required": lambda lines: [lines[0], b'{"kind": "budget", "record": {}}\n'],
        r"is promptlake-templates \[\], and": lambda _: [b'{"format": "promptlake-templates", "version": []}\n'],
    }
    broken = {
        sentence: rewritten(bundle, change, tmp_path / f"{number}")
        for number, (sentence, change) in enumerate(changes.items(), 1)
    } | {"no whole bundle": tmp_path / "half"}
    (tmp_path / "half").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "zip").write_bytes(b"PK, not gzip")
    empty = open_desk(SqliteTable(tmp_path / "to.db"))
    for sentence, path in {**broken, "is no whole bundle": tmp_path / "zip"}.items():
        with pytest.raises(BadBundle, match=sentence):
            restore(empty.store, path, is_rehearsal=False)
        assert environments(empty.store.table) == []


def test_a_bundle_reads_without_us(tmp_path: Path) -> None:
    desk = open_desk(SqliteTable(tmp_path / "from.db"))
    fill(desk)
    file = io.BytesIO()
    write_bundle(desk.store, file, AT)
    head, *lines, foot = [json.loads(line) for line in gzip.decompress(file.getvalue()).splitlines()]
    assert head == {"format": "promptlake-templates", "version": 2, "made_at": "2026-03-01T00:00:00+00:00"}
    assert [(t["template"]["environment"], t["template"]["id"]) for t in lines[:3]] == [
        ("default", "t"), ("default", "u"), ("staging", "t")]  # fmt: skip
    assert [line["kind"] for line in lines[3:]] == list(TERMS)
    assert (foot["templates"], foot["records"]) == (3, 3)
    (tmp_path / "a").write_bytes(file.getvalue())
    read = list(read_bundle(tmp_path / "a"))
    assert [one.template.id for one in read if isinstance(one, Whole)] == ["t", "u", "t"]
    assert [one.record for one in read if isinstance(one, Kept)] == [record(kind, **TERMS[kind]) for kind in TERMS]


def test_other_records_stand_as_their_changes_are_counted(fresh: Callable[[], Open], tmp_path: Path) -> None:
    living, other = open_desk(fresh()()), open_desk(fresh()())
    ours, theirs = (kinds.every_kind(desk.store.table)["survey"] for desk in (living, other))
    first = record("survey", **TERMS["survey"])
    ours.save(first)
    restore(other.store, backup(living, tmp_path / "1"), is_rehearsal=False)

    def standing(desk: Desk, bundle: Path) -> str:
        (found,) = restore(desk.store, bundle, is_rehearsal=False)
        return found.standing

    second = first.model_copy(update={"title": "new", "revision": 2})
    ours.save(second)
    late = backup(living, tmp_path / "2")
    assert standing(living, tmp_path / "1") == "ahead"
    assert (standing(other, late), standing(other, late)) == ("behind", "same")
    theirs.save(second.model_copy(update={"title": "theirs", "revision": 3}))
    ours.save(second.model_copy(update={"title": "ours", "revision": 3}))
    assert standing(other, backup(living, tmp_path / "3")) == "conflict"
    found = theirs.find("elsewhere", "r")
    assert found is not None
    assert found.title == "theirs"


def test_a_backup_from_before_there_were_other_records_comes_back(tmp_path: Path) -> None:
    desk, empty = open_desk(SqliteTable(tmp_path / "from.db")), open_desk(SqliteTable(tmp_path / "to.db"))
    make(desk, "t")

    def as_then(lines: list[bytes]) -> list[bytes]:
        kept = [lines[0].replace(b'"version": 2', b'"version": 1'), *lines[1:-1]]
        foot = {"templates": 1, "sha256": sha256(b"".join(kept)).hexdigest()}
        return [*kept, json.dumps(foot).encode() + b"\n"]

    restore(empty.store, rewritten(backup(desk, tmp_path / "a"), as_then, tmp_path / "b"), is_rehearsal=False)
    assert list(everything(empty.store)) == list(everything(desk.store))
