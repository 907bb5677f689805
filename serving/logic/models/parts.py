"""An answer that comes in parts, as far as it has come."""

import time
from dataclasses import dataclass, field
from typing import Any

from serving.logic.models.provider import OnText


def encodable(text: str) -> str:
    """The text without halves of characters, which JSON may hold and UTF-8 can't."""
    return text.encode("utf-8", "replace").decode()


@dataclass(slots=True)
class Parts:
    """What has come since ``begun``, seconds of the monotonic clock; ``finish`` is None until the end was told."""

    begun: float
    on_text: OnText
    texts: list[str] = field(default_factory=list)
    first_text_ms: float | None = None
    finish: str | None = None
    model: Any = None
    usage: Any = None

    def add(self, text: str) -> None:
        """One more part, which is passed on."""
        if self.first_text_ms is None:
            self.first_text_ms = (time.monotonic() - self.begun) * 1_000
        text = encodable(text)
        self.texts.append(text)
        self.on_text(text)

    @property
    def text(self) -> str:
        return "".join(self.texts)
