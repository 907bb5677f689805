"""The build's function under Lambda's own runtime client."""

import json
from pathlib import Path

from tests.infra.aws.lake.account import Account
from tests.lakes import event, make_lake, send
from tests.services.lambda_runtime import function, needs_runtime

HANDLER = "infra.aws.lake.handler.handler"


@needs_runtime
def test_the_function_builds_and_says_what_it_did(aws: Account, tmp_path: Path) -> None:
    embedded = make_lake(tmp_path / "embedded")
    send(embedded, [event(event_id="a"), event(event_id="a"), event("feedback")])
    aws.deliver(embedded)
    disk = tmp_path / "disk"
    disk.mkdir()
    with function(HANDLER, aws.environment | {"TMPDIR": str(disk)}, memory_mb=2048) as lambda_:
        with aws.lake(tmp_path / "another").lease.held(60):
            lambda_.events.put(b'{"job": "build"}')
            kind, busy = lambda_.answers.get(timeout=60)
        assert (kind, json.loads(busy)["built"]) == ("response", False)
        lambda_.events.put(b'{"job": "build"}')
        kind, body = lambda_.answers.get(timeout=120)
        lambda_.lives_s = 5
        lambda_.events.put(b'{"job": "build"}')
        failed, error = lambda_.answers.get(timeout=60)
    assert kind == "response", body
    said = json.loads(body)
    assert (said["built"], said["new_rows"], said["duplicates"]) == (
        True,
        {"prompt_execution": 1, "feedback": 1},
        1,
    )
    assert json.loads(aws.pointer())["publication"] == said["publication"]
    assert failed == "error"
    assert 'engine = "spark"' in json.loads(error)["errorMessage"]
