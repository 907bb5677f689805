"""Every place where keys are kept, held to the same."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.local.access import SqliteGrants
from ingest.doors.access.dynamo_grants import REMEMBERED_S, DynamoGrants
from ingest.doors.access.grants import Grant, digest_of, id_of
from tests.services.dynamodb import client, dynamodb_local
from tests.tables import make_table

_numbers = count()


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(scope="module", params=["sqlite", "moto", "dynamodb local"])
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Any]]:
    """Makes a store; what that gives opens it, each time anew as another process would."""
    if request.param == "sqlite":
        yield lambda: _sqlite(tmp_path_factory.mktemp("grants") / "state.db")
    elif request.param == "moto":
        with mock_aws():
            yield lambda: _dynamo(boto3.client("dynamodb", region_name="eu-central-1"))
    else:
        with dynamodb_local() as url:
            yield lambda: _dynamo(client(url))


def _sqlite(path: Path) -> Any:
    return lambda _=None: SqliteGrants(path)


def _dynamo(asked: Any) -> Any:
    table = f"grants-{next(_numbers)}"
    make_table(asked, table)
    return lambda clock=Clock(): DynamoGrants(asked, table, clock)  # noqa: B008 - one that stands still


def found(grants: Any, text: str) -> Grant | None:
    key_id = id_of(text)
    assert key_id is not None
    return grants.find(key_id, digest_of(text))


def test_no_key_is_demanded_before_one_is_made(fresh: Callable[[], Any]) -> None:
    grants = fresh()()
    assert (grants.are_demanded("emitter"), grants.are_demanded("viewer")) == (False, False)


def test_a_key_grants_what_it_was_made_for_in_every_process(fresh: Callable[[], Any]) -> None:
    opened = fresh()
    key = opened().add("emitter", ("production", "staging"), 12.5, "checkout")
    grants = opened()
    assert found(grants, key.text) == Grant(key.id, "emitter", ("production", "staging"), 12.5)
    assert (grants.are_demanded("emitter"), grants.are_demanded("viewer")) == (True, False)
    viewer = grants.add("viewer", (), None, "")
    assert found(opened(), viewer.text) == Grant(viewer.id, "viewer")


def test_a_key_that_is_not_whole_grants_nothing(fresh: Callable[[], Any]) -> None:
    grants = fresh()()
    key = grants.add("emitter", (), None, "")
    other = grants.add("emitter", (), None, "")
    swapped = key.text[:17] + other.text[17:]
    assert found(grants, swapped) is None
    assert found(grants, key.text.replace(key.id, "0" * 12)) is None


def test_all_keys_are_listed_without_their_texts(fresh: Callable[[], Any]) -> None:
    opened = fresh()
    assert opened().listed() == []
    checkout = opened().add("emitter", ("production",), 12.5, "checkout")
    ann = opened().add("admin", (), None, "", "ann")
    opened().revoke(checkout.id)
    listed = {one.grant.id: one for one in opened().listed()}
    assert {key_id: one.grant for key_id, one in listed.items()} == {
        checkout.id: Grant(checkout.id, "emitter", ("production",), 12.5),
        ann.id: Grant(ann.id, "admin", holder="ann"),
    }
    assert (listed[checkout.id].note, listed[ann.id].note) == ("checkout", "")
    assert (listed[checkout.id].revoked_at is None, listed[ann.id].revoked_at) == (False, None)
    assert all(datetime.fromisoformat(one.made_at).tzinfo for one in listed.values())


def test_a_revoked_key_grants_nothing_and_opens_no_door(fresh: Callable[[], Any]) -> None:
    opened, clock = fresh(), Clock()
    running = opened(clock)
    key = opened().add("emitter", (), None, "")
    assert found(running, key.text)
    assert (opened().revoke(key.id), opened().revoke(key.id), opened().revoke("nobody")) == (True, False, False)
    clock.now_s += REMEMBERED_S
    assert found(running, key.text) is None
    assert running.are_demanded("emitter")
