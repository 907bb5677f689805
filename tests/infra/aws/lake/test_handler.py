"""The function of the jobs under Lambda's own runtime client."""

import json
from pathlib import Path
from typing import Any

from infra.local.keyring import open_keys
from tests.infra.aws.lake.account import Account
from tests.lakes import event, make_lake, send
from tests.services.lambda_runtime import function, needs_runtime

HANDLER = "infra.aws.lake.handler.handler"


@needs_runtime
def test_the_function_does_its_jobs_and_says_what_it_did(aws: Account, tmp_path: Path) -> None:
    embedded = make_lake(tmp_path / "embedded")
    send(embedded, [event(event_id="a"), event(event_id="a"), event("feedback", user_id="ann")])
    aws.deliver(embedded)
    aws.take_keys(embedded)
    disk = tmp_path / "disk"
    disk.mkdir()
    with function(HANDLER, aws.environment | {"TMPDIR": str(disk)}, memory_mb=2048) as lambda_:

        def asked(**said: Any) -> tuple[str, dict[str, Any]]:
            lambda_.events.put(json.dumps(said).encode())
            kind, body = lambda_.answers.get(timeout=120)
            return kind, json.loads(body)

        with aws.lake(tmp_path / "another").lease.held(60):
            busy = [asked(job="build"), asked(job="maintain"), asked(job="erase", users=["ann"])]
        built = asked(job="build")
        pseudonyms, erased = asked(job="pseudonyms", users=["ann"]), asked(job="erase", users=["ann"])
        again = asked(job="backfill", **{"from": "2026-03-01", "to": "2026-03-31"})
        reversed_ = asked(job="backfill", **{"from": "2026-03-31", "to": "2026-03-01"})
        maintained = asked(job="maintain")
        wrong = [asked(), asked(job="erase"), asked(job="erase", users=[""]), asked(job="maintain", users=["ann"])]
        lambda_.lives_s = 5
        too_late = asked(job="build")
    assert [(kind, said.get("built", said.get("maintained"))) for kind, said in busy[:2]] == [("response", False)] * 2
    assert (busy[2][0], "Another job of this lake" in busy[2][1]["errorMessage"]) == ("error", True)
    kind, said = built
    assert kind == "response", said
    assert (said["built"], said["new_rows"], said["duplicates"]) == (True, {"prompt_execution": 1, "feedback": 1}, 1)
    assert pseudonyms == ("response", {"pseudonyms": [open_keys(embedded).keyring.pseudonym("ann")]})
    assert (erased[0], erased[1]["rows"]["bronze.feedback"], erased[1]["rows"]["silver.feedback"]) == ("response", 1, 1)
    assert (again[0], again[1]["built"], again[1]["days_read_again"], again[1]["left"]) == (
        "response", True, {"prompt_execution": 1}, []
    )  # fmt: skip
    assert "from 2026-03-31 lies after to 2026-03-01; swap them" in reversed_[1]["errorMessage"]
    assert maintained == ("response", {"maintained": True, "expired": {}, "merged": {}, "removed": 0})
    assert json.loads(aws.pointer())["publication"] > said["publication"]
    assert [kind for kind, _ in wrong] == ["error"] * 4
    assert [said["errorType"] for _, said in wrong] == ["NotAsked"] * 4
    assert wrong[1][1]["errorMessage"] == "The event names no job that can be done: users: Field required."
    assert (too_late[0], 'engine = "spark"' in too_late[1]["errorMessage"]) == ("error", True)
