"""What the prompts cost."""

from serving.logic.question import Question

COSTS = Question(
    name="costs",
    title="Costs",
    description="What prompts cost, and what could not be priced.",
    metrics=(
        "cost_usd",
        "cost_per_execution_usd",
        "cost_per_success_usd",
        "unpriced_tokens",
        "unpriced_share",
        "reported_cost_usd",
        "executions",
        "input_tokens",
        "output_tokens",
    ),
)
