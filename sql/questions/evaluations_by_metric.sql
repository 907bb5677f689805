-- How do evaluators judge the answers, by metric and model?
SELECT
    environment,
    metric,
    model,
    SUM(evaluations) AS evaluations,
    CAST(SUM(score_sum) AS DOUBLE) / NULLIF(SUM(scored), 0) AS score,
    CAST(SUM(passed) AS DOUBLE) / NULLIF(SUM(passed + failed), 0) AS pass_rate
FROM gold.evaluation_daily
GROUP BY environment, metric, model
ORDER BY environment, metric, model
