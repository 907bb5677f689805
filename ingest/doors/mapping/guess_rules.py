"""Which events a file never seen holds, and the rules that make them."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from ingest.doors.mapping import guess_fields as fields
from ingest.doors.mapping import guess_names as names
from ingest.doors.mapping.guess_fields import Guess, Places, Spec, pick
from ingest.doors.mapping.guess_sample import Place, Sample, places
from ingest.doors.mapping.paths import get

Rows = list[dict[str, Any]]
_KINDS_MAX = 200


@dataclass(slots=True)
class RuleDraft:
    """One rule, with a comment above it."""

    when: Any
    event: str
    why: str
    fields: dict[str, Guess] = field(default_factory=dict)
    tokens: Spec | None = None
    tokens_why: str = ""


def draft_rules(sample: Sample) -> list[RuleDraft]:
    """Rules for all rows; the last one takes every row that is left."""
    seen = places(sample.rows)
    discriminator = _discriminator(seen, len(sample.rows))
    if discriminator is None:
        return _whole(sample)
    groups: dict[str, Rows] = defaultdict(list)
    for row in sample.rows:
        groups[str(get(row, discriminator.path))].append(row)
    found: list[RuleDraft] = []
    behaviors: dict[str, list[str]] = defaultdict(list)
    for kind, rows in groups.items():
        rule = _execution(rows, {discriminator.path: kind}) or _feedback(rows, {discriminator.path: kind}, kind)
        if rule is not None:
            found.append(rule)
        else:
            behaviors[_action(kind)].append(kind)
    behaviors.pop("other", None)
    for action, kinds in behaviors.items():
        when = {discriminator.path: kinds if len(kinds) > 1 else kinds[0]}
        found.append(_behavior(when, action, discriminator.path, "By their names.", sure=False))
    why = f"Everything else, and every other {discriminator.path} that is still to come."
    return [*found, _behavior("any", "other", discriminator.path, why)]


def _whole(sample: Sample) -> list[RuleDraft]:
    rule = _execution(sample.rows, "any") or _feedback(sample.rows, "any", "")
    if rule is None:
        why = "Nothing in a row looks like a call of a model or like feedback. UNCERTAIN."
        return [_behavior("any", "other", None, why)]
    failed = pick(places(sample.rows), names.ERROR, lambda p: all(isinstance(v, str) for v in p.values))
    if rule.event != "prompt_execution" or "status" in rule.fields or failed is None:
        return [rule]
    status = Guess({"value": "error"}, "a row that holds an error did not succeed", sure=False)
    why = "Calls that failed."
    broken = RuleDraft({failed.path: {"exists": True}}, rule.event, why, {**rule.fields, "status": status})
    broken.tokens, broken.tokens_why = rule.tokens, rule.tokens_why
    return [broken, rule]


def _discriminator(seen: Places, rows: int) -> Place | None:
    def tells_kinds(place: Place) -> bool:
        kinds = len(place.distinct())
        few = 2 <= kinds <= min(_KINDS_MAX, max(rows // 3, 3))
        return fields.is_name(place) and few and len(place.values) >= rows * 0.9

    return pick(seen, names.DISCRIMINATOR, tells_kinds)


def _execution(rows: Rows, when: Any) -> RuleDraft | None:
    common = {p.path: p for p in places(rows).values()}
    often = {path: p for path, p in common.items() if len(p.values) * 2 >= len(rows)}
    counts = pick(often, names.INPUT, fields.is_count) or pick(often, names.OUTPUT, fields.is_count)
    model = pick(often, names.EXECUTION_TEXTS["model"], fields.is_name)
    spends = pick(often, names.COST, fields.is_amount) or fields.duration(often, names.LATENCY)
    if counts is None and (model is None or spends is None):
        return None
    rule = RuleDraft(when, "prompt_execution", "A call of a model: it has tokens, or a model with a cost or a latency.")
    rule.fields["model"] = _model(common, len(rows))
    for name, wanted in names.EXECUTION_TEXTS.items():
        if name != "model" and (place := pick(common, wanted, fields.is_text)) is not None:
            rule.fields[name] = Guess({"from": place.path}, "by its name")
    _add_tokens(rule, common)
    _add_measures(rule, common)
    return rule


def _model(common: Places, rows: int) -> Guess:
    place = pick(common, names.EXECUTION_TEXTS["model"], fields.is_name)
    if place is None:
        return Guess({"value": "unknown"}, "no place names the model, so calls can't be priced", sure=False)
    if len(place.values) < rows:
        return Guess({"from": place.path, "default": "unknown"}, "by its name; some rows have none")
    return Guess({"from": place.path}, "by its name")


def _add_tokens(rule: RuleDraft, common: Places) -> None:
    total, read, write, output, reasoning = (
        pick(common, wanted, fields.is_count)
        for wanted in (names.INPUT, names.CACHE_READ, names.CACHE_WRITE, names.OUTPUT, names.REASONING)
    )
    if total is not None and (read or write):
        includes = "input_tokens" not in total.names() or not write
        rule.tokens = {"input": total.path}
        if read:
            rule.tokens["cache_read"] = read.path
        if write:
            rule.tokens["cache_write_5m"] = write.path
        rule.tokens["input_includes_cached"] = includes
        rule.tokens_why = "UNCERTAIN: OpenAI's way is to count cached tokens in the input, Anthropic's not to"
    elif total is not None:
        rule.fields["uncached_input_tokens"] = Guess({"from": total.path}, "the log does not tell which were cached")
    if output is not None:
        rule.fields["output_tokens"] = Guess({"from": output.path}, "by its name")
        if reasoning is not None:
            rule.fields["reasoning_tokens"] = Guess({"from": reasoning.path}, "taken as part of the output", sure=False)


def _add_measures(rule: RuleDraft, common: Places) -> None:
    cost = pick(common, names.COST, fields.is_amount)
    if cost is not None:
        sure = "usd" in cost.path.lower()
        rule.fields["reported_cost_usd"] = Guess({"from": cost.path}, "taken as US dollars of this call alone", sure)
    for name, guess in (
        ("latency_ms", fields.duration(common, names.LATENCY)),
        ("time_to_first_token_ms", fields.duration(common, names.FIRST_TOKEN)),
        ("status", fields.status(common)),
    ):
        if guess is not None:
            rule.fields[name] = guess


def _feedback(rows: Rows, when: Any, kind: str) -> RuleDraft | None:
    common = {p.path: p for p in places(rows).values() if len(p.values) == len(rows)}
    for name, guess in (("rating", fields.rating(common)), ("thumb", fields.thumb(common))):
        if guess is not None:
            said = {"kind": Guess({"value": name}, "by what the rows hold"), name: guess}
            comment = pick(places(rows), names.COMMENT, lambda p: all(isinstance(v, str) for v in p.values))
            if comment is not None:
                said["comment"] = Guess({"from": comment.path}, "by its name; stored as what a person wrote")
            return RuleDraft(when, "feedback", "What a person thought of an answer.", said)
    signal = next((names.SIGNALS[word] for word in _words(kind) if word in names.SIGNALS), None)
    if signal is None:
        return None
    said = {"kind": Guess({"value": "implicit"}, ""), "signal": Guess({"value": signal}, "by the event's name", False)}
    return RuleDraft(when, "feedback", "What a person did instead of saying it.", said)


def _behavior(when: Any, action: str, name: str | None, why: str, sure: bool = True) -> RuleDraft:
    drafted = {"action": Guess({"value": action}, "", sure)}
    if name is not None:
        drafted["name"] = Guess({"from": name}, "")
    return RuleDraft(when, "behavior", why, drafted)


def _action(kind: str) -> str:
    words = Counter(_words(kind))
    whole = "_".join(_words(kind))
    for action, known in names.ACTIONS.items():
        if whole in known or any(word in words for word in known):
            return action
    return "other"


def _words(kind: str) -> list[str]:
    return Place(kind.replace(".", " ")).names()[0].split("_")
