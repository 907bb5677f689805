"""Events on which engines like to disagree."""

from datetime import UTC
from typing import Any

import yaml

from ingest.contracts.types import COUNT_MAX, NUMBER_MAX, TOKENS_MAX
from tests.lakes import event
from tests.sql.cases import FOLDER

PAPER = FOLDER / "sessions" / "twenty_visits_worked_out_on_paper"
PRICED = {"model": "claude-3-5-sonnet-20241022", "provider": "anthropic"}
_DAY = "2026-03-29"
"""Clocks in Europe are put forward on this day."""


def first() -> list[dict[str, Any]]:
    """What arrives before the first build."""
    return [
        *_executions(),
        *_feedback(),
        *_surveys(),
        *_evaluations(),
        *_vitals(),
        *_acts(),
        *_clicks(),
        *_messages(),
        *_tickets(),
        *_others(),
        *on_paper(),
    ]


def later() -> list[dict[str, Any]]:
    """What arrives before the second: duplicates, conflicts, late ones, a day of its own."""
    return [
        *_executions()[:3],
        event(event_id="x-usual", occurred_at="2026-03-30T09:00:00Z", **PRICED, output_tokens=9),
        event(event_id="x-late", occurred_at="2026-02-27T23:59:59.999999Z", **PRICED, output_tokens=8, user_id="late"),
        event(event_id="x-twice", occurred_at="2026-03-31T08:00:00Z", **PRICED, output_tokens=1),
        event(event_id="x-twice", occurred_at="2026-03-31T08:00:00Z", **PRICED, output_tokens=2),
        event(event_id="x-twice", occurred_at="2026-03-31T08:00:00.000001Z", **PRICED, output_tokens=3),
        event(
            "feedback",
            event_id="f-late",
            execution_id="x-usual",
            occurred_at=f"{_DAY}T23:00:00Z",
            rating=2,
            kind="rating",
        ),
        event(
            "web_vital", event_id="v-late", name="LCP", value=4321.0, metric_id="m5", occurred_at="2026-04-01T00:00:00Z"
        ),
        event("email_event", event_id="e-late", action="clicked", message_id="a", occurred_at="2026-04-05T00:00:00Z"),
        event("support_ticket", event_id="t-late", ticket_id="1", status="open", occurred_at="2026-04-20T00:00:00Z"),
        *(sent for sent in on_paper() if sent["event_id"] == "e1"),
        event("behavior", event_id="b-late", user_id="ann", occurred_at=f"{_DAY}T10:15:00Z"),
    ]


def _executions() -> list[dict[str, Any]]:
    usual = {"uncached_input_tokens": 1_000_001, "cache_read_tokens": 7, "output_tokens": 3, "latency_ms": 127}
    most = dict.fromkeys(
        (
            "uncached_input_tokens",
            "cache_read_tokens",
            "cache_write_5m_tokens",
            "cache_write_1h_tokens",
            "output_tokens",
            "reasoning_tokens",
        ),
        TOKENS_MAX,
    )
    named = {
        "template_id": "t",
        "template_version": "2",
        "feature": "Übersicht 🗺️",
        "team": "O'Hara \\ Söhne",
        "variant": "b",
        "experiment": "tone",
    }
    return [
        event(event_id="x-usual", occurred_at=f"{_DAY}T00:30:00Z", user_id="ann", **PRICED, **usual, **named),
        event(
            event_id="x-gap",
            occurred_at=f"{_DAY}T03:30:00+02:00",
            user_id="bob",
            **PRICED,
            **usual,
            experiment="tone",
            variant="Ä",
        ),
        event(event_id="x-micro", occurred_at=f"{_DAY}T23:59:59.999999Z", user_id="bob", **PRICED, latency_ms=128),
        event(event_id="x-next", occurred_at="2026-03-30T00:00:00Z", user_id="bob", **PRICED, latency_ms=129),
        event(event_id="x-bare", occurred_at=f"{_DAY}T12:00:00Z", model="gpt-4o", provider=None),
        event(event_id="x-zero", occurred_at=f"{_DAY}T12:00:00Z", **PRICED, **dict.fromkeys(most, 0), latency_ms=0),
        event(
            event_id="x-huge",
            occurred_at=f"{_DAY}T13:00:00Z",
            model="o1-pro",
            provider="openai",
            **most,
            latency_ms=COUNT_MAX,
            time_to_first_token_ms=COUNT_MAX - 1,
            reported_cost_usd=1e9,
            experiment="tone",
            variant="b",
        ),
        event(
            event_id="x-unpriced",
            occurred_at=f"{_DAY}T14:00:00Z",
            model="nobody-knows 模型",
            provider="somebody",
            output_tokens=5,
            reported_cost_usd=123456789.12345679,
            status="error",
            error_class="Timeout",
        ),
        event(
            event_id="x-batch", occurred_at=f"{_DAY}T14:00:00Z", **PRICED, **usual, is_batch=True, service_tier="flex"
        ),
        event(event_id="x-own-cache", occurred_at=f"{_DAY}T14:00:00Z", **PRICED, **usual, is_local_cache_hit=True),
        event(
            event_id="x-bedrock",
            occurred_at=f"{_DAY}T14:00:00Z",
            model="eu.anthropic.claude-3-5-sonnet-20240620-v1:0",
            provider="aws.bedrock",
            region="eu-central-1",
            **usual,
        ),
        event(event_id="x-cheap", occurred_at=f"{_DAY}T15:00:00Z", **PRICED, reported_cost_usd=1e-13),
        event(event_id="x-cents", occurred_at=f"{_DAY}T15:00:00Z", **PRICED, reported_cost_usd=0.1 + 0.2),
        event(event_id="x-gone", occurred_at=f"{_DAY}T16:00:00Z", user_id="gone", **PRICED, **usual),
        event(
            event_id="x-prod", occurred_at=f"{_DAY}T16:00:00Z", environment="prod", user_id="gone", **PRICED, **usual
        ),
        event(
            event_id="x-props",
            occurred_at=f"{_DAY}T17:00:00Z",
            **PRICED,
            properties={"emoji": "🧾", "quote": "'\"\\", "nested": {"deep": [1, None, "ü"]}},
        ),
    ]


def _feedback() -> list[dict[str, Any]]:
    at = f"{_DAY}T01:00:00Z"
    return [
        event("feedback", event_id="f1", occurred_at=at, user_id="ann", execution_id="x-usual", thumb="down"),
        event("feedback", event_id="f2", occurred_at=at, kind="rating", rating=5, thumb=None, execution_id="x-gap"),
        event("feedback", event_id="f3", occurred_at=at, kind="nps", nps=10, thumb=None, execution_id="nowhere"),
        event("feedback", event_id="f4", occurred_at=at, kind="nps", nps=0, thumb=None, environment="prod"),
        event("feedback", event_id="f5", occurred_at=at, kind="implicit", signal="undo", thumb=None, session_id="S"),
        event("feedback", event_id="f6", occurred_at=at, kind="comment", comment="Très «bien»", thumb=None),
        event("feedback", event_id="f7", occurred_at=f"{_DAY}T16:00:01Z", user_id="gone", execution_id="x-gone"),
    ]


def _surveys() -> list[dict[str, Any]]:
    """Answers of a session with one model and of one with several, and numbers that are in no step."""
    numbers = (0.0, -0.0, 100.0, 100.5, -3.0, NUMBER_MAX, 1 / 3, None)
    asked = {"kind": "survey", "thumb": None, "survey": "Frühling", "question": "Wie?", "answer": "…"}
    called = ((("one", "gpt-4o"), ("one", "gpt-4o"), ("two", "gpt-4o"), ("two", "o1")), f"{_DAY}T20:00:00Z")
    return [
        *(
            event(event_id=f"x-asked{i}", session_id=session, model=model, occurred_at=called[1], template_id="Ü")
            for i, (session, model) in enumerate(called[0])
        ),
        *(
            event("feedback", event_id=f"q{session}{i}", session_id=session, answer_number=number, **asked,
                  occurred_at=f"{_DAY}T21:00:00Z")
            for session in ("one", "two")
            for i, number in enumerate(numbers)
        ),
        *(
            event("feedback", event_id=f"n{i}", session_id="one", kind="nps", thumb=None, nps=i, user_id=f"u{i % 3}",
                  occurred_at="2026-03-30T00:00:00Z")
            for i in range(11)
        ),
    ]  # fmt: skip


def _evaluations() -> list[dict[str, Any]]:
    scores = (NUMBER_MAX, -NUMBER_MAX, 1e-300, 0.1, 0.7, -0.0, 2.5e-10, 123456.7890123456, 1 / 3)
    return [
        *(
            event("evaluation", event_id=f"s{i}", score=score, execution_id="x-usual", occurred_at=f"{_DAY}T02:00:00Z")
            for i, score in enumerate(scores)
        ),
        event(
            "evaluation", event_id="s-word", score=None, label="fine", metric="tone", occurred_at=f"{_DAY}T02:00:00Z"
        ),
        event("evaluation", event_id="s-pass", score=None, passed=True, occurred_at=f"{_DAY}T02:00:00Z"),
        event("evaluation", event_id="s-fail", score=0.0, passed=False, occurred_at=f"{_DAY}T02:00:00Z"),
    ]


def _vitals() -> list[dict[str, Any]]:
    values = (("CLS", 0.0), ("CLS", 0.1), ("CLS", 0.25), ("CLS", 0.3), ("LCP", 2500.0), ("LCP", 1e9), ("TTFB", 799.999))
    sent = [
        event("web_vital", event_id=f"v{i}", name=name, value=value, metric_id=f"m{i}", occurred_at=f"{_DAY}T05:00:00Z")
        for i, (name, value) in enumerate(values)
    ]
    again = [
        event(
            "web_vital",
            event_id=f"again{i}",
            name="INP",
            value=float(i),
            metric_id="again",
            occurred_at=f"{_DAY}T06:00:0{i}Z",
        )
        for i in range(3)
    ]
    paths = ("/", "/orders/1/2/", "/orders/3/4/", "/straße/2026-03-29-日本", "//", None)
    placed = [
        event(
            "web_vital",
            event_id=f"p{i}{day}",
            name="LCP",
            value=1000.0 + i + day,
            metric_id=f"p{i}",
            page=path,
            device=("mobile", "desktop")[i % 2],
            user_id=f"u{i % 2}",
            occurred_at=f"2026-03-{day}T05:00:00Z",
        )
        for i, path in enumerate(paths)
        for day in (27, 29, 30)[: 1 + i % 3]
    ]
    return sent + again + placed


def _acts() -> list[dict[str, Any]]:
    times = ("10:00:00", "10:30:00", "11:00:00.000001", "11:00:02", "23:59:59.999999")
    return [
        *(
            event("behavior", event_id=f"b-told{i}", user_id="ann", occurred_at=f"{_DAY}T{time}Z", name="Über")
            for i, time in enumerate(times)
        ),
        event("behavior", event_id="b-in", session_id="S", occurred_at=f"{_DAY}T08:00:00Z", action="page_view"),
        event("behavior", event_id="b-who", session_id="S", user_id="bob", occurred_at=f"{_DAY}T08:01:00Z"),
        event("behavior", event_id="b-anon", anonymous_id="browser", occurred_at=f"{_DAY}T08:01:00Z"),
        event("behavior", event_id="b-nobody", occurred_at=f"{_DAY}T08:02:00Z"),
        *(
            event(
                "behavior",
                event_id=f"b-seen{i}",
                user_id=user,
                occurred_at=f"{_DAY}T07:00:00Z",
                action="experiment_exposure",
                experiment="tone",
                variant=arm,
            )
            for i, (user, arm) in enumerate((("ann", "b"), ("cat", "Ä"), ("dan", "b"), ("dan", "Ä")))
        ),
        event("behavior", event_id="b-gone", anonymous_id="gone-browser", occurred_at=f"{_DAY}T08:02:00Z"),
    ]


def _clicks() -> list[dict[str, Any]]:
    """On the edges of the viewport and of its bins, beyond them, and nowhere."""
    places = ((0, 0), (400, 600), (399, 599), (20, 30), (19, 29), (-1, 0), (0, 601), (None, 3), (10**6, -(10**6)))
    sizes = ((400, 600), (0, 600), (7, 3), (None, None))
    return [
        *(
            event("behavior", event_id=f"c{i}-{j}", occurred_at=f"{_DAY}T18:00:00Z", x_px=x, y_px=y, device="mobile",
                  viewport_width_px=width, viewport_height_px=height, page=f"/orders/{i}", element="a[href='ü']",
                  user_id=f"u{i % 2}")
            for i, (x, y) in enumerate(places)
            for j, (width, height) in enumerate(sizes)
        ),
        *(
            event("behavior", event_id=f"made{i}", occurred_at=f"{_DAY}T19:00:00Z", action=f"content_{act}",
                  template_id=template, execution_id=execution, user_id="ann")
            for i, (act, template, execution) in enumerate(
                (
                    ("created", "t", None),
                    ("edited", "t", "x-usual"),
                    ("consumed", None, "x-usual"),
                    ("created", None, None),
                )
            )
        ),
    ]  # fmt: skip


def _messages() -> list[dict[str, Any]]:
    """Over midnight, to two readers, sent twice, never sent."""
    acts = (("a", "sent", 28), ("a", "opened", 29), ("a", "opened", 30), ("b", "delivered", 28), ("b", "sent", 29),
            ("b", "sent", 31), ("b", "bounced", 31), ("c", "opened", 29), ("d", "sent", 21), ("d", "clicked", 28),
            ("d", "complained", 29))  # fmt: skip
    return [
        event("email_event", event_id=f"e{i}", message_id=message, action=action, recipient=recipient,
              campaign="Ostern" if action == "sent" else None, occurred_at=f"2026-03-{day}T23:59:59.999999Z")
        for recipient in (None, "ann", "gone")
        for i, (message, action, day) in enumerate(acts, start=len(recipient or "") * 100)
    ]  # fmt: skip


def _tickets() -> list[dict[str, Any]]:
    """Opened again, solved before it was opened, two states at one instant, silent for a month."""
    opened, solved = "2026-03-01T00:00:00Z", "2026-03-29T00:00:00.5Z"
    states: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
        ("1", "new", "2026-03-01T00:00:00Z", {"opened_at": opened, "topic": "Rechnung"}),
        ("1", "solved", f"{_DAY}T00:00:00Z", {"solved_at": solved}),
        ("1", "closed", "2026-03-30T00:00:00Z", {"template_id": "t"}),
        ("2", "solved", f"{_DAY}T00:00:00Z", {"opened_at": solved, "solved_at": opened}),
        ("2", "open", f"{_DAY}T00:00:00Z", {}),
        ("3", "closed", f"{_DAY}T00:00:00Z", {"opened_at": "1970-01-01T00:00:00Z", "solved_at": solved}),
        ("4", "open", "2026-02-26T00:00:00Z", {"topic": "Übersicht"}),
        ("4", "closed", f"{_DAY}T00:00:00Z", {"opened_at": opened, "solved_at": opened}),
    )
    return [
        event("support_ticket", event_id=f"t{i}", ticket_id=ticket, status=status, occurred_at=at, **said)
        for i, (ticket, status, at, said) in enumerate(states)
    ]


def _others() -> list[dict[str, Any]]:
    at = f"{_DAY}T09:00:00Z"
    kinds = ("support_ticket", "email_event", "service_metric")
    return [event(kind, event_id=f"{kind}-1", occurred_at=at, user_id="ann") for kind in kinds]


def on_paper() -> list[dict[str, Any]]:
    """The log of which twenty visits were worked out by hand, in an environment of its own."""
    return [
        event(table, **{**said, "occurred_at": said["occurred_at"].replace(tzinfo=UTC).isoformat()})
        for table in ("behavior", "prompt_execution", "feedback")
        for said in yaml.safe_load((PAPER / "inputs" / f"silver.{table}.yaml").read_text())
    ]
