"""What people asked for help with."""

from serving.logic.question import Question

SUPPORT = Question(
    name="support",
    title="Support",
    description="What people asked for help with, and how long it took.",
    metrics=(
        "tickets",
        "ticket_solved_rate",
        "ticket_resolution_p50_min",
        "ticket_resolution_p90_min",
    ),
)
