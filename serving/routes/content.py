"""What people made with the product, and where they clicked."""

from serving.logic.question import Question

CONTENT = Question(
    name="content",
    title="Content",
    description="What people made, changed and read, with a prompt and without, and where they clicked.",
    metrics=(
        "content_created",
        "content_edited",
        "content_consumed",
        "content_prompt_share",
        "content_edits_per_creation",
        "clicks",
        "unplaced_click_share",
    ),
)
