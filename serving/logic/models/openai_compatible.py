"""A model behind any address that speaks OpenAI's chat completions: OpenAI, gateways, servers of one's own."""

import time
from typing import Any

import httpx
import orjson

from serving.logic.models.provider import Completion, CompletionRequest, FinishReason

MAX_ANSWER_BYTES = 2_000_000
_FINISHED: dict[Any, FinishReason] = {"stop": "stop", "length": "length", "content_filter": "refused"}
_SHOWN_CHARS = 300


class _NoAnswer(Exception):
    """The provider answered, but not with a completion."""


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

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask the model once; what failed is not tried again, so that latency and cost are those of one call."""
        begun = time.monotonic()

        def failed(reason: FinishReason, message: str) -> Completion:
            said = message[:_SHOWN_CHARS]
            return Completion("", request.model, reason, _since_ms(begun), error=f"{self.name}: {said}")

        try:
            answer = self._asked(request, begun + request.timeout_s)
            return _completion(answer, request.model, _since_ms(begun))
        except httpx.TimeoutException:
            return failed("timeout", f"no answer within {request.timeout_s:g} s")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return failed("error", f"the provider can't be reached ({str(error) or type(error).__name__})")
        except _NoAnswer as error:
            return failed("error", str(error))

    def _asked(self, request: CompletionRequest, until: float) -> Any:
        payload = {
            "model": request.model,
            "messages": [{"role": "user", "content": request.prompt}],
            "max_tokens": request.max_output_tokens,
            "temperature": request.temperature,
        }
        received = bytearray()
        with self._client.stream("POST", "chat/completions", json=payload, timeout=request.timeout_s) as response:
            for chunk in response.iter_bytes():
                received += chunk
                if len(received) > MAX_ANSWER_BYTES:
                    raise _NoAnswer(f"the answer is longer than {MAX_ANSWER_BYTES:,} bytes")
                if time.monotonic() > until:  # httpx bounds each read, and an answer may trickle
                    raise httpx.ReadTimeout("the answer took too long")
        if response.status_code != httpx.codes.OK:
            raise _NoAnswer(f"the provider answered {response.status_code}: {_reason(received)}")
        return _json(received)


def _completion(answer: Any, model: str, latency_ms: float) -> Completion:
    try:
        choice = answer["choices"][0]
        text = choice["message"]["content"] or ""
    except (LookupError, TypeError) as error:
        raise _NoAnswer("the provider's answer has no choices[0].message.content") from error
    if not isinstance(text, str):
        raise _NoAnswer("the provider's answer is no text")
    usage = answer.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    told = answer.get("model")
    return Completion(
        text=text,
        model=told if isinstance(told, str) else model,
        finish_reason=_FINISHED.get(choice.get("finish_reason"), "stop"),
        latency_ms=latency_ms,
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
    )


def _json(body: bytearray) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _NoAnswer("the provider's answer is not JSON") from error


def _reason(body: bytearray) -> str:
    """The message of an error as OpenAI words it, else what there is."""
    try:
        said = orjson.loads(body)["error"]["message"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        said = body[:_SHOWN_CHARS].decode(errors="replace")
    return str(said)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _since_ms(begun: float) -> float:
    return (time.monotonic() - begun) * 1_000
