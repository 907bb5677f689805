"""Answers that are given again, where who asks has said that they may be."""

import json
from dataclasses import asdict
from datetime import timedelta
from hashlib import sha256
from typing import Any

from serving.logic.execution.plan import Plan
from serving.logic.models.provider import Completion
from serving.stores.table import Full, Key, Put, Table


class ResponseCache:
    """Keeps answers in the table, by prompt, model and settings."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, plan: Plan) -> Completion | None:
        """The answer to the same, if one is kept and not too old."""
        if plan.wanted.cache_s is None:
            return None
        key = _key(plan)
        document = self._table.get([key]).get(key)
        kept: dict[str, Any] = json.loads(document) if document else {}
        if not kept or kept["until_s"] <= plan.started_at.timestamp():
            return None
        return Completion(kept["text"], kept["model"], kept["finish_reason"], 0.0)

    def keep(self, plan: Plan, completion: Completion) -> None:
        """Keep a whole answer; one that was cut off or refused is not what the next one wants."""
        if plan.wanted.cache_s is None or completion.finish_reason != "stop":
            return
        until_s = int((plan.started_at + timedelta(seconds=plan.wanted.cache_s)).timestamp())
        kept = {name: value for name, value in asdict(completion).items() if name in ("text", "model", "finish_reason")}
        try:
            self._table.write(
                [Put(_key(plan), json.dumps(kept | {"until_s": until_s}), expires_at_s=until_s)], lasting=False
            )
        except Full:
            return  # asked for again, it is made again


def _key(plan: Plan) -> Key:
    asked = [[target.provider.name, target.model] for target in plan.targets[:1]]
    settings = [plan.wanted.max_output_tokens, plan.wanted.temperature]
    digest = sha256(json.dumps([asked, settings, plan.prompt]).encode()).hexdigest()
    return Key(f"cache#{plan.environment}", digest)
