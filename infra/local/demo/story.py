"""The story that the simulated application tells: a support desk with five features, over some weeks.

More people come every week, fewer at weekends. Version 2 of `draft-reply` is rolled out over three days: shorter, its
instructions cached, and better liked. One working day has a bad afternoon: one provider's calls fail or are slow.
Everything about a day follows from that day and the last one, so that a day is the same however many are asked for.
"""

from dataclasses import dataclass
from datetime import date, timedelta

ENVIRONMENT = "simulated"
"""On every event. Reports keep what carries it apart from everything real."""

ROLLOUT = "draft-reply-v2"
"""The experiment that the rollout is, until everybody has version 2."""

_ROLLOUT_AGE_DAYS = 7
_ROLLOUT_SHARES = (0.1, 0.5, 1.0)
_VISITS_ON_THE_LAST_WORKDAY = 190
_WEEKEND, _DAILY_GROWTH = 0.3, 1.025
_BAD_PROVIDER, _BAD_DAY_AGE_DAYS, _BAD_HOURS = "openai", 3, range(11, 18)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One version of one prompt, and how it does. Numbers are medians; shares are between 0 and 1."""

    template_id: str | None
    version: str | None
    operation: str
    provider: str
    model: str
    input_tokens: int
    prefix_tokens: int
    """Part of the input that is the same every time, and that the provider caches."""
    output_tokens: int
    latency_ms: int
    liked: float = 0.0
    passes: float = 0.0
    reasoning: float = 0.0


@dataclass(frozen=True, slots=True)
class Feature:
    """Something a person does with the product; each call of a model that it makes is a step."""

    name: str
    team: str
    page: str
    weight: int
    steps: tuple[Prompt, ...]


_SONNET = ("chat", "anthropic", "claude-sonnet-4-5")
DRAFT_V1 = Prompt("draft-reply", "v1", *_SONNET, 3400, 0, 420, 5200, liked=0.64, passes=0.79)
DRAFT_V2 = Prompt("draft-reply", "v2", *_SONNET, 2900, 2300, 290, 3300, liked=0.87, passes=0.93)
_SUMMARIZE = Prompt(
    "summarize-thread", "v3", "chat", "openai", "gpt-5-mini", 5200, 1100, 330, 2900, 0.78, 0.88, reasoning=0.4
)
_EMBED = Prompt(None, None, "embeddings", "openai", "text-embedding-3-small", 45, 0, 0, 160)
_ANSWER = Prompt("search-answer", "v5", "chat", "gcp.gemini", "gemini-2.5-flash", 4100, 900, 240, 1700, 0.74, 0.86)
_BEDROCK_HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
_TRANSLATE = Prompt("translate", "v1", "chat", "aws.bedrock", _BEDROCK_HAIKU, 700, 0, 650, 2400, 0.81, 0.9)
# Nobody's price list has this one: its tokens show as unpriced, never as free.
CLASSIFY = Prompt("classify-ticket", "v2", "chat", "self-hosted", "desk-classifier-7b", 600, 0, 12, 340, passes=0.91)

FEATURES = (
    Feature("draft_reply", "support", "/tickets/reply", 40, (DRAFT_V1,)),
    Feature("summarize_thread", "support", "/tickets/thread", 25, (_SUMMARIZE,)),
    Feature("search", "knowledge", "/search", 22, (_EMBED, _ANSWER)),
    Feature("translate", "growth", "/tickets/translate", 13, (_TRANSLATE,)),
)
BATCH = Feature("classify_ticket", "operations", "", 0, (CLASSIFY,))
"""Runs at night, for nobody in particular."""


def visits_on(day: date, last: date, scale: float) -> int:
    """How many people's visits a day has."""
    rhythm = _WEEKEND if day.weekday() >= 5 else 1.0
    return max(round(_VISITS_ON_THE_LAST_WORKDAY * rhythm * scale / _DAILY_GROWTH ** (last - day).days), 1)


def rollout_share(day: date, last: date) -> float:
    """Share of the people who get version 2 of `draft-reply`."""
    since = _ROLLOUT_AGE_DAYS - (last - day).days
    return 0.0 if since < 0 else _ROLLOUT_SHARES[min(since, len(_ROLLOUT_SHARES) - 1)]


def is_bad(prompt: Prompt, day: date, hour: int, last: date) -> bool:
    """Whether the call is likely to fail: on the afternoon of the newest workday at least three days back."""
    bad_day = last - timedelta(days=_BAD_DAY_AGE_DAYS)
    bad_day -= timedelta(days=max(bad_day.weekday() - 4, 0))
    return prompt.provider == _BAD_PROVIDER and day == bad_day and hour in _BAD_HOURS
