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
    error_class,
    COUNT(*) AS errors
FROM silver.prompt_execution
WHERE status = 'error'
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
