"""Langfuse's scores become evaluations."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ingest.contracts.types import ID_MAX_CHARS
from ingest.contracts.validate import Refusal
from ingest.delivery.nesting import as_text
from ingest.doors.made_ids import digest, made_id

_SAME = {"name": "metric", "environment": "environment", "traceId": "trace_id", "sessionId": "session_id"}
_NO_TEXT = (*_SAME, "id", "observationId", "datasetRunId", "dataType", "timestamp")
"""What quarantine keeps of a score whose value may be something that a person wrote."""

_IDENTIFIER = re.compile(rf"[!-~]{{1,{ID_MAX_CHARS}}}")


def to_item(score: Any, position: int, received_at: datetime) -> dict[str, Any] | Refusal:
    """An ``evaluation`` for the transform step to validate.

    The comment is free text, for which an evaluation has no field, and is not taken; nor is metadata of any kind.

    Args:
        score: decoded JSON, of any shape.
        position: its place in the body.
        received_at: arrival; when it was given, if it does not say.
    """
    if not isinstance(score, dict):
        return Refusal("not_an_object", "evaluation: a score is a JSON object.", "evaluation", payload=as_text(score))
    value = score.get("value")
    data_type = score.get("dataType") or _implied_type(value)
    put = _VALUE_FIELD.get(data_type) if isinstance(data_type, str) else None
    if put is None:
        known = ", ".join(_VALUE_FIELD)
        return _refuse(
            score, "unknown_value", f"dataType is not one of {known}; free text has no place in an evaluation"
        )
    if score.get("observationId") is not None and score.get("traceId") is None:
        return _refuse(score, "missing_field", "observationId needs the traceId that it belongs to")
    return {
        "event_type": "evaluation",
        "event_id": _event_id(score, position, received_at),
        "occurred_at": score.get("timestamp") or received_at,
        **{ours: score[theirs] for theirs, ours in _SAME.items() if score.get(theirs) is not None},
        **put(value),
        **_about(score),
    }


def _implied_type(value: Any) -> str:
    if isinstance(value, bool):
        return "BOOLEAN"
    return "CATEGORICAL" if isinstance(value, str) else "NUMERIC"


def _passed(value: Any) -> dict[str, Any]:
    return {"passed": bool(value) if value in (0, 1) else value}


_VALUE_FIELD: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "NUMERIC": lambda value: {"score": value},
    "BOOLEAN": _passed,
    "CATEGORICAL": lambda value: {"label": value},
}


def _event_id(score: dict[str, Any], position: int, received_at: datetime) -> Any:
    given = score.get("id")
    if not given:
        return made_id(score, position, None if score.get("timestamp") else received_at)
    # Langfuse takes any text as an id, ours has no blanks; the same text makes the same id.
    return digest(given) if isinstance(given, str) and not _IDENTIFIER.fullmatch(given) else given


def _about(score: dict[str, Any]) -> dict[str, Any]:
    about: dict[str, Any] = {}
    if score.get("observationId") is not None:
        # Langfuse's ids of traces and observations are those of the OpenTelemetry spans that told of them.
        about["execution_id"] = f"{score['traceId']}-{score['observationId']}"
    if score.get("datasetRunId") is not None:
        about["properties"] = {"dataset_run_id": score["datasetRunId"]}
    return about


def _refuse(score: dict[str, Any], code: str, reason: str) -> Refusal:
    given = score.get("id")
    event_id = given[:ID_MAX_CHARS] if isinstance(given, str) else None
    payload = as_text({name: score[name] for name in _NO_TEXT if name in score})
    return Refusal(code, f"evaluation: {reason}.", "evaluation", event_id, payload, is_selected=True)
