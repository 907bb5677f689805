"""What was set before an experiment began, where it is one of ours; others name their arms and metrics as they like."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from serving.logic.experiments.model import Experiment
from serving.logic.templates.model import NAME, TEMPLATE_ID


@dataclass(frozen=True, slots=True)
class Terms:
    """By what an experiment is to be judged."""

    control: str
    weights: tuple[tuple[str, float], ...]
    """Arm and weight, as they are now."""
    metric: str
    guardrails: tuple[str, ...]


FindTerms = Callable[[str, str], Terms | None]
"""By environment and experiment; None where nobody has set any."""


def terms_of(find: Callable[[str, str], Experiment | None]) -> FindTerms:
    """Terms of the experiments that are kept."""

    def find_terms(environment: str, experiment: str) -> Terms | None:
        # Events name what they like; a store would be asked for a key that it can't have.
        may_be_ours = re.fullmatch(NAME, environment, re.ASCII) and re.fullmatch(TEMPLATE_ID, experiment, re.ASCII)
        kept = find(environment, experiment) if may_be_ours else None
        if kept is None:
            return None
        weights = tuple((variant.name, float(variant.weight)) for variant in kept.variants if variant.weight)
        return Terms(kept.variants[0].name, weights, kept.metric, kept.guardrails)

    return find_terms
