"""What became of e-mail messages."""

from serving.logic.question import Question

EMAIL = Question(
    name="email",
    title="E-mail",
    description="What became of the messages sent on these days, within a week of each.",
    metrics=(
        "emails_sent",
        "email_delivery_rate",
        "email_open_rate",
        "email_click_rate",
        "email_bounce_rate",
        "email_complaint_rate",
        "email_unsubscribe_rate",
    ),
)
