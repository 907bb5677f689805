"""How well the prompts do: failures, speed, and what people and evaluators think."""

from serving.logic.question import Question
from serving.routes.engagement import VITALS

PERFORMANCE = Question(
    name="performance",
    title="Performance",
    description="How well prompts do: failures, speed, what people and evaluators think, and how fast pages feel.",
    metrics=(
        "errors",
        "error_rate",
        "latency_mean_ms",
        "latency_p50_ms",
        "latency_p95_ms",
        "latency_p99_ms",
        "time_to_first_token_p95_ms",
        "thumbs_up_rate",
        "average_rating",
        "nps",
        "implicit_negative_rate",
        "evaluation_pass_rate",
        *VITALS,
    ),
)
