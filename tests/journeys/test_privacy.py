"""What is personal is planted in every field of every contract, valid and broken, through every kind of door, and then
looked for in every byte that the lake has on disk: bronze, quarantine, what the spool held when the server was killed,
the tables built of it, the server's own output.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.contracts import layout
from ingest.contracts.envelope import Consent, pii_class
from ingest.contracts.registry import EVENTS
from ingest.contracts.shape import Shape, shape
from tests.commands import PROMPTLAKE, Up, run, run_json
from tests.ingest.doors.http.conftest import build_export
from tests.ingest.doors.mapping.desks import zendesk
from tests.lakes import event

USER, BROWSER = "kunde-4711", "browser-0815"
EMAIL, PHONE, CARD, NAME = "ann.smith@mail.example", "+49 151 70329846", "4111 1111 1111 1111", "Ann Smith"
PLANTED = {"email": EMAIL, "phone": PHONE, "card": CARD, "name": NAME, "user": USER}
TRACES = (USER, BROWSER, EMAIL, "ann.smith", "70329846", "1111 1111", "11111111", NAME, "Smith", "mail.example")
"""What may not be left of it, in any spelling."""

SETTINGS = """
[environments."*"]
names = ["Ann Smith"]
phone_regions = ["DE"]
[environments.open.text.feedback]
comment = "full"
"""


def compact(planted: str) -> str:
    """As it would stand in an id, which has no blanks."""
    return planted.replace(" ", "") if planted != NAME else NAME.replace(" ", "_")


def values(name: str, told: Shape, pii: str, planted: str) -> Iterator[Any]:
    """Values of a field that hold what is planted: one that fits, if any does, and ones that do not."""
    if told.is_identifier:
        yield f"x:{compact(planted)}"
        yield f"an id of {planted}"
    elif told.type is str and not told.choices and pii == "person":
        yield planted
        yield [planted]
    elif told.type is str and not told.choices:
        yield f"/a/{planted}/b?token={planted}" if told.converters else f"from {planted}."
        yield {"said": planted}
        yield "x" * (told.max_length or 256) + f" {planted}"
    elif told.type is dict:
        yield {"a": [planted, {"b": f"of {planted}"}], f"key {planted}": 1}
        yield f"no object but {planted}"
    elif told.type is Consent:
        yield {"analytics": planted}
    else:
        yield f"of {planted}"
        yield [planted]


def planted_events() -> Iterator[dict[str, Any]]:
    for event_type, model in EVENTS.items():
        for name, info in model.model_fields.items():
            for planted in PLANTED.values():
                if name == "event_type":
                    yield {**event(event_type, user_id=USER), "event_type": f"of {planted}"}
                    continue
                for value in values(name, shape(info), pii_class(model, name), planted):
                    yield event(event_type, **{"user_id": USER, "anonymous_id": BROWSER, name: value})
        for planted in PLANTED.values():
            yield event(event_type, user_id=USER, note=planted)
            yield event(event_type, user_id=USER, **{f"note of {planted}": 1})
            yield {
                **event(event_type, user_id=USER),
                "occurred_at": "2999-01-01T00:00:00Z",
                "properties": {"p": planted},
            }


def broken_lines() -> Iterator[bytes]:
    for planted in PLANTED.values():
        line = orjson.dumps(event("feedback", user_id=USER, comment=planted))
        yield line[:-1]
        yield line + b"}"
        yield f"log: {planted}".encode()
        yield orjson.dumps([planted])
        yield orjson.dumps(planted)


def spans() -> ExportTraceServiceRequest:
    said = {"gen_ai.request.model": "m", "user.id": USER, "gen_ai.usage.output_tokens": 1}
    return build_export(
        *({**said, key: f"of {planted}"} for planted in PLANTED.values() for key in OTLP_KEYS),
        {**said, "TRACE_ID": b"", "gen_ai.input.messages": f"of {EMAIL}"},
        resource={"service.name": f"service of {NAME}", "enduser.id": BROWSER},
    )


OTLP_KEYS = (
    "gen_ai.input.messages", "gen_ai.response.model", "gen_ai.conversation.id", "error.type", "gen_ai.prompt.name",
    "langfuse.observation.usage_details", "llm.invocation_parameters", "gen_ai.usage.input_tokens",
)  # fmt: skip


def segment_calls() -> dict[str, Any]:
    around = {
        "userId": USER,
        "timestamp": "2026-03-01T11:00:00Z",
        "context": {"ip": "10.9.8.7", "traits": {"email": EMAIL}},
    }
    calls: list[dict[str, Any]] = []
    for number, planted in enumerate(PLANTED.values()):
        calls += [
            {
                **around,
                "type": "track",
                "event": f"Saved by {planted}",
                "messageId": f"t{number}",
                "properties": {"p": planted},
            },
            {**around, "type": "identify", "messageId": f"i{number}", "traits": {"email": EMAIL, "name": planted}},
            {
                **around,
                "type": "page",
                "messageId": f"p{number}",
                "properties": {"url": f"https://x.example/{planted}?q={planted}"},
            },
            {**around, "type": planted, "messageId": f"b{number}"},
        ]
    return {"batch": calls}


def send_everything(server: Up) -> None:
    events = list(planted_events())
    for first in range(0, len(events), 10):
        lines = b"\n".join([*map(orjson.dumps, events[first : first + 10]), *broken_lines()])
        assert server.call("POST", "/v1/events", lines, content_type="application/x-ndjson")[0] == 207
    assert (
        server.call("POST", "/v1/traces", spans().SerializeToString(), content_type="application/x-protobuf")[0] == 200
    )
    assert server.json("POST", "/v1/batch", segment_calls())[0] == 200
    vitals = [
        {"name": "LCP", "value": 1, "id": "v", "page": f"/{planted}", "user_id": USER} for planted in PLANTED.values()
    ]
    assert server.json("POST", "/v1/beacon", vitals, accept="application/json")[0] in (200, 207)
    said = {"subject": f"{NAME}: {PHONE}", "description": f"Write to {EMAIL}, {CARD}", "requester_id": USER}
    ticket = zendesk("created", "NEW", "2026-03-01T09:30:00Z", **said)
    assert server.json("POST", "/v1/sources/zendesk", ticket)[0] in (200, 207)
    assert server.json("POST", "/v1/sources/jira", {"issue": {"fields": {"summary": f"{NAME} {EMAIL}"}}})[0] == 207
    feedback = {"kind": "comment", "comment": f"{NAME} {PHONE}", "user_id": USER, "feature": "chat"}
    assert server.json("POST", "/analytics/feedback", feedback)[0] == 201
    assert server.json("POST", "/v1/consent", {"user_id": USER, "recipient": EMAIL, "personalisation": False})[0] == 200
    assert server.json("POST", "/v1/consent", {"user_id": USER, "note": NAME})[0] == 400


def left(folder: Path) -> dict[str, set[str]]:
    """Every file below a folder in which something of what was planted is left."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.name != layout.SETTINGS_FILE:  # where the owner lists names
            content = path.read_bytes()
            if path.suffix == ".parquet":  # compressed
                content += orjson.dumps(pq.read_table(path, partitioning=None).to_pylist(), default=str)
            traces = {trace for trace in TRACES if trace.encode() in content}
            if traces:
                found[str(path.relative_to(folder))] = traces
    return found


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A lake that was sent everything, with the server killed once while all of it lay in the spool; and its output."""
    lake = tmp_path_factory.mktemp("privacy") / "lake"
    output = lake.with_suffix(".log")
    command = [str(PROMPTLAKE), "up", "--lake", str(lake), "--port", "0", "--json", "--build-every", "0"]
    run("access", "list", "--lake", lake, check=False)
    with output.open("w") as log:
        for is_last in (False, True):
            if not is_last:
                _make(lake)
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
            assert process.stdout is not None
            send_everything(Up(process, json.loads(process.stdout.readline())["url"]))
            if is_last:
                process.terminate()
            else:
                process.kill()
                assert list((lake / layout.SPOOL).glob("*.seg"))
                assert left(lake) == {}
            process.wait(timeout=60)
            process.stdout.close()
    _import_planted(lake)
    run("build", "--lake", lake)
    return lake, output.read_text()


def _make(lake: Path) -> None:
    done = subprocess.Popen(
        [str(PROMPTLAKE), "up", "--lake", str(lake), "--port", "0", "--json"], stdout=subprocess.PIPE
    )
    assert done.stdout is not None
    done.stdout.readline()
    done.terminate()
    done.wait(timeout=60)
    done.stdout.close()
    (lake / layout.SETTINGS_FILE).write_text(SETTINGS)


def _import_planted(lake: Path) -> None:
    """A log whose rows hold what is planted, and whose ids are made of them."""
    log, mapping = lake.with_suffix(".jsonl"), lake.with_suffix(".yaml")
    rows = [
        {"who": USER, "text": planted, "at": at}
        for planted in PLANTED.values()
        for at in ("2026-03-01T09:00:00Z", "noon")
    ]
    log.write_text("\n".join([*map(json.dumps, rows), f"broken {EMAIL}"]))
    mapping.write_text(
        "name: planted\nsource: planted\nformat: jsonl\nrules:\n  - when: any\n    event: feedback\n    fields:\n"
        "      occurred_at: {from: at, unit: iso8601}\n      kind: {value: comment}\n      user_id: {from: who}\n"
        "      comment: {from: text}\n"
    )
    run("import", log, "--mapping", mapping, "--lake", lake)


def test_nothing_that_is_personal_is_anywhere_on_disk(sent: tuple[Path, str]) -> None:
    lake, _ = sent
    assert left(lake) == {}


def test_nor_in_what_the_server_says(sent: tuple[Path, str]) -> None:
    assert [trace for trace in TRACES if trace in sent[1]] == []


def test_it_was_all_taken_and_much_of_it_stored(sent: tuple[Path, str]) -> None:
    lake, _ = sent
    status = run_json("status", "--lake", lake)
    assert status["reconciles"]
    ((stored, people),) = (
        tuple(row.values())
        for row in run_json("sql", "SELECT count(*), count(DISTINCT user_id) FROM bronze.behavior", "--lake", lake)
    )
    assert stored > 50
    assert people >= 1
    comments = run_json("sql", "SELECT DISTINCT comment FROM bronze.feedback", "--lake", lake)
    assert {"comment": "from [phone]."} in comments
    assert {"comment": "from [name]."} in comments


def test_what_the_owner_wants_whole_is_kept_whole_and_nothing_else(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    _make(lake)
    command = [str(PROMPTLAKE), "up", "--lake", str(lake), "--port", "0", "--json", "--build-every", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    server = Up(process, json.loads(process.stdout.readline())["url"])
    comment = f"{NAME}, {EMAIL}"
    sent = [
        event("feedback", environment=name, user_id=USER, comment=comment, answer=comment) for name in ("open", "shut")
    ]
    assert server.json("POST", "/v1/events", sent)[0] == 200
    process.terminate()
    process.wait(timeout=60)
    process.stdout.close()
    rows = run_json("sql", "SELECT environment, comment, answer FROM bronze.feedback ORDER BY 1", "--lake", lake)
    assert rows == [
        {"environment": "open", "comment": comment, "answer": "[name], [email]"},
        {"environment": "shut", "comment": "[name], [email]", "answer": "[name], [email]"},
    ]
