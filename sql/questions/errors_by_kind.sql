-- Why do calls fail?
SELECT
    environment,
    provider,
    model,
    error_class,
    SUM(errors) AS errors,
    MAX(day) AS last_day
FROM gold.error_daily
GROUP BY environment, provider, model, error_class
ORDER BY environment, errors DESC, provider, model, error_class
