"""Whether people stayed: what they did, came back to, and how far they came. One endpoint a subject."""

from serving.logic.question import Question

VITALS = (
    "lcp",
    "inp",
    "cls",
    "fcp",
    "ttfb",
    "lcp_good_share",
    "inp_good_share",
    "cls_good_share",
    "fcp_good_share",
    "ttfb_good_share",
)
"""How fast and steady pages felt."""

_NOW = "As the newest build found it, over all days."

ENGAGEMENT = (
    Question(
        name="engagement",
        title="Engagement",
        description="How many people came, how long they stayed, and what was left out of these counts.",
        metrics=(
            "sessions",
            "active_users",
            "engaged_session_share",
            "prompt_session_share",
            "engaged_time_s",
            "session_duration_s",
            "executions_per_session",
            "cost_per_engaged_session_usd",
            "long_sessions",
            "bot_events",
            "unknown_events",
        ),
    ),
    Question(
        name="engagement/adoption",
        title="Adoption",
        description=f"How each feature and prompt template was taken up. {_NOW}",
        metrics=("adopters", "adoption_rate", "adoption_depth", "adoption_repeat_rate", "days_to_first_use"),
    ),
    Question(
        name="engagement/retention",
        title="Retention",
        description=f"How many of those who came first together came again, by how long after. {_NOW}",
        metrics=("retention_rate", "cohort_people"),
    ),
    Question(
        name="engagement/journeys",
        title="Journeys",
        description="Where people went next, between pages and features, and where they left.",
        metrics=("transitions", "drop_off_rate"),
    ),
    Question(
        name="engagement/funnels",
        title="Funnels",
        description="How far people came in each funnel, by the day on which they entered it, and how many came to the "
        "end with each version of a prompt template.",
        metrics=(
            "funnel_conversion",
            "funnel_step_conversion",
            "funnel_reached",
            "funnel_entries",
            "funnel_step_number",
            "template_funnel_conversion",
            "template_funnel_users",
        ),
    ),
    Question(
        name="engagement/segments",
        title="Segments",
        description=f"How recently, how often and how much people use the product, and what they did before. {_NOW}",
        metrics=("segment_people", "segment_cost_per_person_usd"),
    ),
    Question(
        name="engagement/heatmap",
        title="Heatmap",
        description="Where people clicked, by page, element and device, in twentieths of the viewport.",
        metrics=("clicks", "unplaced_click_share"),
    ),
    Question(
        name="engagement/vitals",
        title="Web vitals",
        description="How fast and steady pages felt.",
        metrics=VITALS,
    ),
    Question(
        name="engagement/nps",
        title="Recommendation",
        description="How likely people are to recommend, with the interval in which the score lies 95 times in 100.",
        metrics=("nps", "nps_low", "nps_high", "nps_answers"),
    ),
    Question(
        name="engagement/surveys",
        title="Surveys",
        description="What people answered to the questions of surveys.",
        metrics=("survey_answers", "survey_mean"),
    ),
    Question(
        name="engagement/content",
        title="Content",
        description="What people made, changed and read, with a prompt and without.",
        metrics=(
            "content_created",
            "content_edited",
            "content_consumed",
            "content_prompt_share",
            "content_edits_per_creation",
        ),
    ),
    Question(
        name="engagement/email",
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
    ),
    Question(
        name="engagement/support",
        title="Support",
        description="What people asked for help with, and how long it took.",
        metrics=("tickets", "ticket_solved_rate", "ticket_resolution_p50_min", "ticket_resolution_p90_min"),
    ),
    Question(
        name="engagement/templates",
        title="Templates",
        description=f"What people did after the answers of each version of a prompt template. {_NOW}",
        metrics=("return_rate", "regenerate_rate", "undo_rate", "template_cost_per_engaged_session_usd"),
    ),
)
