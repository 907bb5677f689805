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
    metric,
    COUNT(*) AS evaluations,
    COUNT(score) AS scored,
    COALESCE(SUM(EXACT(score)), 0) AS score_sum,
    COUNT_IF(passed) AS passed,
    COUNT_IF(NOT passed) AS failed
FROM silver.rated_execution
WHERE kind = 'evaluation'
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
