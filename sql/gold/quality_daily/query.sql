-- Executions, and what was thought of them, are counted apart: the first are many and say little, the second are few.
SELECT
    day,
    environment,
    team,
    feature,
    template_id,
    template_version,
    variant,
    provider,
    model,
    SUM(executions) AS executions,
    SUM(errors) AS errors,
    SUM(ratings) AS ratings,
    SUM(rating_sum) AS rating_sum,
    SUM(thumbs_up) AS thumbs_up,
    SUM(thumbs_down) AS thumbs_down,
    SUM(comments) AS comments,
    SUM(implicit_positive) AS implicit_positive,
    SUM(implicit_negative) AS implicit_negative,
    SUM(regenerated) AS regenerated,
    SUM(undone) AS undone,
    SUM(evaluations) AS evaluations,
    SUM(evaluations_passed) AS evaluations_passed,
    SUM(evaluations_failed) AS evaluations_failed
FROM (
    SELECT
        CAST(date_trunc('day', occurred_at) AS DATE) AS day, environment, team, feature, template_id, template_version,
        variant, provider, model,
        COUNT(*) AS executions,
        COUNT_IF(status = 'error') AS errors,
        0 AS ratings, 0 AS rating_sum, 0 AS thumbs_up, 0 AS thumbs_down, 0 AS comments,
        0 AS implicit_positive, 0 AS implicit_negative, 0 AS regenerated, 0 AS undone,
        0 AS evaluations, 0 AS evaluations_passed, 0 AS evaluations_failed
    FROM silver.prompt_execution
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    UNION ALL
    SELECT
        CAST(date_trunc('day', occurred_at) AS DATE), environment, team, feature, template_id, template_version,
        variant, provider, model,
        0,
        0,
        COUNT(rating),
        SUM(COALESCE(rating, 0)),
        COUNT_IF(thumb = 'up'),
        COUNT_IF(thumb = 'down'),
        COUNT_IF(has_comment),
        COUNT_IF(signal IN ('copy', 'accept')),
        COUNT_IF(signal IN ('undo', 'regenerate', 'abandon')),
        COUNT_IF(signal = 'regenerate'),
        COUNT_IF(signal = 'undo'),
        COUNT_IF(kind = 'evaluation'),
        COUNT_IF(passed),
        COUNT_IF(NOT passed)
    FROM silver.rated_execution
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
) AS counted
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
