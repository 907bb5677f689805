"""The GenAI event ``gen_ai.evaluation.result`` becomes an evaluation, whether it comes as a log record or on a span.

https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-events.md. Its explanation is
free text, for which an evaluation has no field, and is not read.
"""

from collections.abc import Mapping
from typing import Any, Final

from ingest.contracts.instants import from_us
from ingest.delivery.nesting import as_text
from ingest.doors.genai import is_id
from ingest.doors.genai_attributes import WHO_AND_WHAT
from ingest.doors.made_ids import digest
from ingest.doors.otlp_attribute import Attribute, number, text

EVENT_NAME: Final = "gen_ai.evaluation.result"

ATTRIBUTES: Mapping[str, Attribute] = {
    **WHO_AND_WHAT,
    "gen_ai.conversation.id": text("session_id", preferred=False),
    "gen_ai.evaluation.name": text("metric"),
    "gen_ai.evaluation.score.value": number("score"),
    "gen_ai.evaluation.score.label": text("label"),
    "gen_ai.response.id": text("response_id"),
    "error.type": text("error_class"),
}

_FROM_RESOURCE = ("environment", "team", "user_id", "session_id", "template_id", "template_version")
"""Not the feature: it would be the name of the judging service, and hide that of the judged execution."""

_PROPERTIES = ("response_id", "error_class")
_VERDICTS = {"pass": True, "fail": False}
"""The two labels of the convention that need no knowledge of the metric."""


def to_item(
    fields: dict[str, Any], resource: Mapping[str, Any], trace_id: str, span_id: str, time_ns: int
) -> dict[str, Any]:
    """An ``evaluation`` for the transform step to validate.

    Args:
        fields: what the event's attributes say.
        resource: what its resource says.
        trace_id: lower-case hex; with ``span_id`` it names the execution that was judged.
        span_id: lower-case hex.
        time_ns: nanoseconds since 1970.
    """
    # Nothing in the event is an id of its own. What it says, when and of what, is the same when it is sent again.
    event_id = digest([trace_id, span_id, time_ns, as_text(sorted(fields.items()))])
    properties = {name: fields.pop(name) for name in _PROPERTIES if name in fields}
    item = {name: resource[name] for name in _FROM_RESOURCE if name in resource}
    item |= {"event_type": "evaluation", "event_id": event_id, **fields}
    item["occurred_at"] = from_us(time_ns // 1000)
    label = fields.get("label")
    if isinstance(label, str) and label.lower() in _VERDICTS:
        item["passed"] = _VERDICTS[label.lower()]
    if properties:
        item["properties"] = properties
    if is_id(trace_id, 32):
        item["trace_id"] = trace_id
        if is_id(span_id, 16):
            item["execution_id"] = f"{trace_id}-{span_id}"
    return item
