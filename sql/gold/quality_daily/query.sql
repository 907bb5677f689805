SELECT
    CAST(date_trunc('day', occurred_at) AS DATE) AS day,
    environment,
    team,
    feature,
    template_id,
    template_version,
    variant,
    provider,
    model,
    COUNT_IF(kind = 'execution') AS executions,
    COUNT_IF(is_error) AS errors,
    COUNT(rating) AS ratings,
    SUM(COALESCE(rating, 0)) AS rating_sum,
    COUNT_IF(thumb = 'up') AS thumbs_up,
    COUNT_IF(thumb = 'down') AS thumbs_down,
    COUNT(nps) AS nps_answers,
    COUNT_IF(nps >= 9) AS nps_promoters,
    COUNT_IF(nps <= 6) AS nps_detractors,
    COUNT_IF(has_comment) AS comments,
    COUNT_IF(signal IN ('copy', 'accept')) AS implicit_positive,
    COUNT_IF(signal IN ('undo', 'regenerate', 'abandon')) AS implicit_negative,
    COUNT_IF(kind = 'evaluation') AS evaluations,
    COUNT_IF(passed) AS evaluations_passed,
    COUNT_IF(NOT passed) AS evaluations_failed
FROM (
    SELECT
        'execution' AS kind, occurred_at, environment, team, feature, template_id, template_version, variant, provider, model,
        status = 'error' AS is_error, CAST(NULL AS BIGINT) AS rating, CAST(NULL AS VARCHAR) AS thumb,
        CAST(NULL AS BIGINT) AS nps, CAST(NULL AS VARCHAR) AS signal, FALSE AS has_comment,
        CAST(NULL AS BOOLEAN) AS passed
    FROM silver.prompt_execution
    UNION ALL
    SELECT
        kind, occurred_at, environment, team, feature, template_id, template_version, variant, provider, model,
        FALSE, rating, thumb, nps, signal, has_comment, passed
    FROM silver.rated_execution
) AS happened
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
