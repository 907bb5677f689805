"""How good the answers were: what people said and showed, what evaluators found, and what failed."""

from serving.logic.question import Question

QUALITY = Question(
    name="quality",
    title="Quality",
    description="How good answers were: what people said and did, what evaluators found, and what failed. Group by "
    "`error_class` for failures by kind, by `metric` for evaluations, and by `survey` and `question` for answers.",
    metrics=(
        "average_rating",
        "ratings",
        "thumbs_up_rate",
        "thumbs",
        "nps",
        "nps_answers",
        "nps_low",
        "nps_high",
        "survey_answers",
        "survey_mean",
        "comments",
        "implicit_positive_rate",
        "implicit_negative_rate",
        "evaluation_score",
        "evaluation_pass_rate",
        "evaluations",
        "error_rate",
        "errors",
        "classified_errors",
    ),
)
