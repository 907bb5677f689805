-- How do the arms of each experiment stand?
SELECT
    environment,
    experiment,
    metric,
    variant,
    units,
    crossed_units,
    CAST(numerator_sum AS DOUBLE) / NULLIF(CAST(denominator_sum AS DOUBLE), 0) AS value
FROM gold.experiment_scorecard
ORDER BY environment, experiment, metric, variant
