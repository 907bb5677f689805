SELECT
    CAST(date_trunc('day', occurred_at) AS DATE) AS day,
    environment,
    feature,
    template_id,
    template_version,
    model,
    metric,
    COUNT(*) AS evaluations,
    COUNT(score) AS scored,
    SUM(CAST(COALESCE(score, 0) AS DECIMAL(38, 9))) AS score_sum,
    COUNT_IF(passed) AS passed,
    COUNT_IF(NOT passed) AS failed
FROM silver.rated_execution
WHERE kind = 'evaluation'
GROUP BY 1, 2, 3, 4, 5, 6, 7
