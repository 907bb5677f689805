"""Models of Amazon Bedrock, asked by its Converse API."""

import time
from functools import lru_cache
from typing import Any

import boto3
import urllib3.exceptions  # botocore passes on what happens in the middle of a stream
from botocore.config import Config
from botocore.eventstream import ParserError
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, HTTPClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from serving.logic.models.failing import NoAnswer, failed, failure_of_status
from serving.logic.models.parts import Parts, encodable
from serving.logic.models.provider import Completion, CompletionRequest, FinishReason, OnText
from serving.logic.models.usage import of_converse

_FINISHED: dict[Any, FinishReason] = {
    "max_tokens": "length",
    "guardrail_intervened": "refused",
    "content_filtered": "refused",
}
_THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException"})
_CONNECT_S = 5.0
_WAITS_S = (1, 2, 3, 5, 7, 10, 15, 20, *range(25, 600, 15), 600)
"""A client of boto3 has one time limit, and takes a tenth of a second to make; so there is one for each of these, and
the next longer one is taken. None is so much longer that whoever waits would take the execution for lost.
"""


class Bedrock:
    """Bedrock in one region, with the account's credentials as boto3 finds them.

    Args:
        name: as the price table calls the provider.
        region: None is boto3's own.
    """

    def __init__(self, name: str, region: str | None = None) -> None:
        self.name, self._region = name, region
        self._client = lru_cache(len(_WAITS_S))(self._made)

    def complete(self, request: CompletionRequest, on_text: OnText | None = None) -> Completion:
        """Ask the model once."""
        begun = time.monotonic()
        try:
            client = self._client(next((wait for wait in _WAITS_S if wait >= request.timeout_s), _WAITS_S[-1]))
            if on_text is None:
                return _completion(client.converse(**_asked(request)), request.model, begun)
            return _in_parts(client.converse_stream(**_asked(request)), request, begun, on_text)
        except (ReadTimeoutError, ConnectTimeoutError, urllib3.exceptions.ReadTimeoutError):
            error = NoAnswer("timeout", f"no answer within {request.timeout_s:.3g} s")
        except ClientError as refused:
            error = _refused(refused)
        except urllib3.exceptions.HTTPError as broken:
            error = NoAnswer("incomplete", f"Bedrock's answer broke off ({broken})")
        except HTTPClientError as broken:
            error = NoAnswer("unreachable", f"Bedrock can't be reached ({broken})")
        except BotoCoreError as broken:  # no credentials, no region, parameters that boto3 itself refuses
            error = NoAnswer("rejected", str(broken))
        except NoAnswer as found:
            error = found
        # Botocore takes for granted that answers are as its model of the service says, and reads on where they are not.
        except (ParserError, ResponseParserError, ValueError, TypeError, AttributeError, LookupError) as broken:
            error = NoAnswer("bad_answer", f"the answer can't be read ({broken})")
        return failed(self.name, request.model, error, begun)

    def _made(self, wait_s: int) -> Any:
        # Tried again by who asks, who knows how long it may take and what it may cost.
        config = Config(connect_timeout=_CONNECT_S, read_timeout=wait_s, retries={"total_max_attempts": 1})
        # Each client from a session of its own, for to make one from a shared session is not thread-safe.
        return boto3.session.Session().client("bedrock-runtime", region_name=self._region, config=config)


def _asked(request: CompletionRequest) -> dict[str, Any]:
    inference: dict[str, Any] = {"maxTokens": request.max_output_tokens}
    if request.temperature is not None:
        inference["temperature"] = request.temperature
    message = {"role": "user", "content": [{"text": request.prompt}]}
    return {"modelId": request.model, "messages": [message], "inferenceConfig": inference}


def _completion(answer: Any, model: str, begun: float) -> Completion:
    content = ((answer.get("output") or {}).get("message") or {}).get("content")
    if not isinstance(content, list):
        raise NoAnswer("bad_answer", "the answer has no output.message.content")
    return Completion(
        text=encodable("".join(block["text"] for block in content if isinstance(block.get("text"), str))),
        model=model,
        finish_reason=_FINISHED.get(answer.get("stopReason"), "stop"),
        latency_ms=(time.monotonic() - begun) * 1_000,
        usage=of_converse(answer.get("usage")),
    )


def _in_parts(answer: Any, request: CompletionRequest, begun: float, on_text: OnText) -> Completion:
    parts = Parts(begun, on_text)
    for event in answer["stream"]:
        if time.monotonic() > begun + request.timeout_s:
            raise NoAnswer("timeout", f"no answer within {request.timeout_s:.3g} s")
        if text := event.get("contentBlockDelta", {}).get("delta", {}).get("text"):
            parts.add(text)
        parts.finish = event.get("messageStop", {}).get("stopReason") or parts.finish
        parts.usage = event.get("metadata", {}).get("usage") or parts.usage
    if parts.finish is None:
        raise NoAnswer("incomplete", "Bedrock's answer broke off before its end")
    return Completion(
        text=parts.text,
        model=request.model,
        finish_reason=_FINISHED.get(parts.finish, "stop"),
        latency_ms=(time.monotonic() - begun) * 1_000,
        usage=of_converse(parts.usage),
        first_text_ms=parts.first_text_ms,
    )


def _refused(error: ClientError) -> NoAnswer:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = f"{code}: {error.response.get('Error', {}).get('Message', '')}"
    if code in _THROTTLED:
        return NoAnswer("throttled", message)
    if code == "ModelTimeoutException":
        return NoAnswer("timeout", message)
    # An error in the middle of a stream comes without a status of its own.
    return NoAnswer("incomplete" if status < 400 else failure_of_status(status), message)
