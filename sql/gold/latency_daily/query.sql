-- Distributions that add up over days and dimensions: each value stands in the middle of its bucket.
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
    measure,
    BUCKET(value_ms) AS bucket_ms,
    COUNT(*) AS executions
FROM (
    SELECT
        CAST(date_trunc('day', occurred_at) AS DATE) AS day, environment, team, feature, template_id, template_version,
        variant, provider, model, 'latency' AS measure, latency_ms AS value_ms
    FROM silver.prompt_execution
    WHERE latency_ms IS NOT NULL
    UNION ALL
    SELECT
        CAST(date_trunc('day', occurred_at) AS DATE), environment, team, feature, template_id, template_version,
        variant, provider, model, 'time_to_first_token', time_to_first_token_ms
    FROM silver.prompt_execution
    WHERE time_to_first_token_ms IS NOT NULL
) AS measured
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
