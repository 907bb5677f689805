"""Stands in for a model where none is set up, and says so in every answer."""

import time

from serving.logic.models.provider import Completion, CompletionRequest, Models, OnText
from serving.logic.models.usage import Usage

STAND_IN = "stand-in"
NOTICE = "This is not the answer of a model, but of promptlake's stand-in for one. The prompt was:"
_CHARS_PER_TOKEN = 4


class StandIn:
    """Gives the prompt back, below a line that says so."""

    name = STAND_IN

    def complete(self, request: CompletionRequest, on_text: OnText | None = None) -> Completion:
        """The prompt, with tokens counted roughly."""
        begun = time.perf_counter()
        parts = (f"{NOTICE}\n", request.prompt)
        if on_text is not None:
            for part in parts:
                on_text(part)
        text = "".join(parts)
        return Completion(
            text=text,
            model=STAND_IN,
            finish_reason="stop",
            latency_ms=(time.perf_counter() - begun) * 1_000,
            usage=Usage(_tokens(request.prompt), _tokens(text)),
        )


def stand_in_alone() -> Models:
    """Models where none is set up."""
    return Models({STAND_IN: StandIn()}, STAND_IN)


def _tokens(text: str) -> int:
    return -(-len(text) // _CHARS_PER_TOKEN)
