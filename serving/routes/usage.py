"""How much the prompts are used, and by how many."""

from serving.logic.question import Question

USAGE = Question(
    name="usage",
    title="Usage",
    description="How much prompts are used, and by how many people.",
    metrics=(
        "executions",
        "input_tokens",
        "output_tokens",
        "cache_hit_rate",
        "sessions",
        "active_users",
        "session_duration_s",
        "executions_per_session",
    ),
)
