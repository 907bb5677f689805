"""``POST /v1/consent``: in force from the answer on, all of a request or none of it."""

import orjson
import pytest

from ingest.delivery.delivery import Delivery
from ingest.doors.exchange import Request
from ingest.doors.http import Doors
from tests.ingest.doors.http.conftest import NOW
from tests.lakes import event
from tests.steps import step

PATH = "/v1/consent"


@pytest.fixture
def doors(sink):
    return Doors(Delivery(step(), sink), lambda: NOW)


def post(doors, path, body, **headers):
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return doors.answer(Request("POST", path, headers, content))


def dropped(doors, **said):
    answer = post(doors, "/v1/events", event(**said))
    return orjson.loads(answer.body)["dropped"]


def test_a_decision_is_in_force_from_the_answer_on(doors):
    assert dropped(doors, user_id="ann") == 0
    answer = post(doors, PATH, {"user_id": "ann", "analytics": False})
    assert (answer.status, orjson.loads(answer.body)) == (200, {"recorded": 1})
    assert (dropped(doors, user_id="ann"), dropped(doors, user_id="bob")) == (1, 0)
    assert dropped(doors, user_id="ann", environment="staging") == 0
    later = {"user_id": "ann", "analytics": True, "decided_at": "2026-03-01T12:30:00Z"}
    assert post(doors, PATH, later).status == 200
    assert dropped(doors, user_id="ann") == 0


def test_who_is_named_by_several_ids_decides_for_all(doors):
    decisions = [{"user_id": "ann", "anonymous_id": "b-1", "analytics": False}, {"user_id": "bob", "content": False}]
    lines = b"\n".join(map(orjson.dumps, decisions))
    answer = doors.answer(Request("POST", PATH, {"content-type": "application/x-ndjson"}, lines))
    assert orjson.loads(answer.body) == {"recorded": 2}
    assert (dropped(doors, user_id="ann"), dropped(doors, anonymous_id="b-1"), dropped(doors, user_id="bob")) == (
        1,
        1,
        0,
    )


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        ({"analytics": False}, "a decision needs one of user_id, anonymous_id, recipient"),
        ({"user_id": "ann"}, "a decision needs one of analytics, content, personalisation, true or false"),
        ({"user_id": "ann", "analytics": "no"}, "analytics: Input should be a valid boolean"),
        ({"user_id": "ann", "marketing": False}, "marketing: Extra inputs are not permitted"),
        ({"user_id": "ann", "analytics": False, "decided_at": "2026-03-03T12:00:00Z"}, "decided_at lies in the future"),
        ({"user_id": "ann", "analytics": False, "decided_at": 7}, "decided_at: is a bare number"),
        (7, "Input should be a valid dictionary"),
    ],
)
def test_where_one_can_not_be_recorded_none_is(doors, sink, decision, reason):
    answer = post(doors, PATH, [{"user_id": "ann", "analytics": False}, decision])
    assert answer.status == 400
    detail = orjson.loads(answer.body)["detail"]
    assert detail.startswith("Nothing was recorded: decision 1: ")
    assert reason in detail
    assert sink.refused == [("consent", "invalid_decision")]
    assert dropped(doors, user_id="ann") == 0


def test_what_is_no_json_is_refused_as_a_whole(doors):
    lines = b'{"user_id": "ann", "analytics": false}\n{broken'
    answer = doors.answer(Request("POST", PATH, {"content-type": "application/x-ndjson"}, lines))
    assert (answer.status, "Line 2 is not JSON" in orjson.loads(answer.body)["detail"]) == (400, True)
    assert dropped(doors, user_id="ann") == 0
