"""A model behind any address that speaks OpenAI's chat completions: OpenAI, gateways, servers of one's own."""

import time
from typing import Any

import httpx
import orjson

from serving.logic.models.failing import NoAnswer, failed, failure_of_status, seconds
from serving.logic.models.parts import Parts
from serving.logic.models.provider import Completion, CompletionRequest, FinishReason, OnText
from serving.logic.models.usage import of_chat_completions

MAX_ANSWER_BYTES = 2_000_000
_FINISHED: dict[Any, FinishReason] = {"stop": "stop", "length": "length", "content_filter": "refused"}
_SHOWN_CHARS = 300
_TOLD_CHARS = 200


class OpenAICompatible:
    """One address.

    Args:
        name: as the price table calls the provider.
        base_url: up to and without ``/chat/completions``, such as ``https://api.openai.com/v1``.
        api_key: sent as a bearer token; None sends none.
        transport: another way to the address, for who has one.
    """

    def __init__(
        self, name: str, base_url: str, api_key: str | None = None, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.name = name
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # Redirects are not followed: the key is for this address and for no other.
        self._client = httpx.Client(
            base_url=base_url.rstrip("/") + "/", headers=headers, follow_redirects=False, transport=transport
        )

    def complete(self, request: CompletionRequest, on_text: OnText | None = None) -> Completion:
        """Ask the model once; who wants it tried again asks again, so that latency and cost are those of one call."""
        begun = time.monotonic()
        try:
            if on_text is None:
                return self._whole(request, begun)
            return self._in_parts(request, begun, on_text)
        except httpx.TimeoutException:
            error = NoAnswer("timeout", f"no answer within {request.timeout_s:.3g} s")
        except (httpx.RemoteProtocolError, httpx.ReadError) as broken:
            error = NoAnswer("incomplete", f"the provider's answer broke off ({_said(broken)})")
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            error = NoAnswer("unreachable", f"the provider can't be reached ({_said(broken)})")
        except NoAnswer as found:
            error = found
        return failed(self.name, request.model, error, begun)

    def _whole(self, request: CompletionRequest, begun: float) -> Completion:
        with self._client.stream(
            "POST", "chat/completions", json=_payload(request), timeout=request.timeout_s
        ) as response:
            received = _received(response, begun, request)
        _check_status(response, received)
        return _completion(_json(received), request.model, (time.monotonic() - begun) * 1_000)

    def _in_parts(self, request: CompletionRequest, begun: float, on_text: OnText) -> Completion:
        payload = _payload(request) | {"stream": True, "stream_options": {"include_usage": True}}
        parts, size = Parts(begun, on_text), 0
        with self._client.stream("POST", "chat/completions", json=payload, timeout=request.timeout_s) as response:
            if response.status_code != httpx.codes.OK:
                _check_status(response, _received(response, begun, request))
            for line in response.iter_lines():
                size += len(line)
                _check(size, begun, request)
                if line.startswith("data:"):
                    data = line.removeprefix("data:").strip()
                    if data == "[DONE]":
                        break
                    _take(parts, _json(data))
        if parts.finish is None:
            raise NoAnswer("incomplete", "the provider's answer broke off before its end")
        return Completion(
            text=parts.text,
            model=_model(parts.model, request.model),
            finish_reason=_FINISHED.get(parts.finish, "stop"),
            latency_ms=(time.monotonic() - begun) * 1_000,
            usage=of_chat_completions(parts.usage),
            first_text_ms=parts.first_text_ms,
        )


def _payload(request: CompletionRequest) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": "user", "content": request.prompt}],
        "max_tokens": request.max_output_tokens,
    }
    return payload if request.temperature is None else payload | {"temperature": request.temperature}


def _received(response: httpx.Response, begun: float, request: CompletionRequest) -> bytearray:
    received = bytearray()
    for chunk in response.iter_bytes():
        received += chunk
        _check(len(received), begun, request)
    return received


def _check(size: int, begun: float, request: CompletionRequest) -> None:
    if size > MAX_ANSWER_BYTES:
        raise NoAnswer("bad_answer", f"the answer is longer than {MAX_ANSWER_BYTES:,} bytes")
    if time.monotonic() > begun + request.timeout_s:  # httpx bounds each read, and an answer may trickle
        raise httpx.ReadTimeout("the answer took too long")


def _check_status(response: httpx.Response, body: bytearray) -> None:
    status = response.status_code
    if status != httpx.codes.OK:
        reason = _reason(body)
        message = f"the provider answered {status}" + (f": {reason}" if reason else "")
        raise NoAnswer(failure_of_status(status), message, seconds(response.headers.get("retry-after")))


def _completion(answer: Any, model: str, latency_ms: float) -> Completion:
    try:
        choice = answer["choices"][0]
        text = choice["message"]["content"] or ""
    except (LookupError, TypeError) as error:
        raise NoAnswer("bad_answer", "the provider's answer has no choices[0].message.content") from error
    if not isinstance(text, str):
        raise NoAnswer("bad_answer", "the provider's answer is no text")
    return Completion(
        text=text,
        model=_model(answer.get("model"), model),
        finish_reason=_FINISHED.get(_hashable(choice.get("finish_reason")), "stop"),
        latency_ms=latency_ms,
        usage=of_chat_completions(answer.get("usage")),
    )


def _take(parts: Parts, chunk: Any) -> None:
    """One event of a stream. The last one, without choices, has the usage."""
    if not isinstance(chunk, dict):
        raise NoAnswer("bad_answer", "a part of the provider's answer is no JSON object")
    parts.usage = chunk.get("usage") or parts.usage
    parts.model = parts.model or chunk.get("model")
    choices = chunk.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    delta = choice.get("delta")
    text = delta.get("content") if isinstance(delta, dict) else None
    if isinstance(text, str) and text:
        parts.add(text)
    parts.finish = _hashable(choice.get("finish_reason")) or parts.finish


def _model(told: Any, asked: str) -> str:
    return told if isinstance(told, str) and 0 < len(told) <= _TOLD_CHARS else asked


def _hashable(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _json(body: bytearray | str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NoAnswer("bad_answer", "the provider's answer is not JSON") from error


def _reason(body: bytearray) -> str:
    """The message of an error as OpenAI words it, else what there is."""
    try:
        said = orjson.loads(body)["error"]["message"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        said = body[:_SHOWN_CHARS].decode(errors="replace")
    return str(said)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
