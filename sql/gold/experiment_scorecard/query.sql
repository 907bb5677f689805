-- Sums of squares and products of what each unit did: a mean's, and a ratio's, variance follows from them.
-- A unit counts for ten millions at most, so that no single one decides an experiment, or overflows a sum.
-- The widths 19 and 18 keep a product within 38 digits in Spark, and DuckDB from multiplying in 64 bits.
WITH arm AS (
    SELECT
        *,
        COUNT(*) OVER (PARTITION BY environment, experiment, unit) AS arms
    FROM (
        SELECT
            environment,
            experiment,
            variant,
            unit,
            MIN(day) AS first_day,
            MAX(day) AS last_day,
            SUM(exposures) AS exposures,
            SUM(executions) AS executions,
            SUM(errors) AS errors,
            SUM(cost_usd) AS cost_usd,
            SUM(priced_executions) AS priced_executions,
            SUM(priced_successes) AS priced_successes,
            SUM(timed_executions) AS timed_executions,
            SUM(latency_ms) AS latency_ms,
            SUM(ratings) AS ratings,
            SUM(rating_sum) AS rating_sum,
            SUM(thumbs_up) AS thumbs_up,
            SUM(thumbs_down) AS thumbs_down,
            SUM(nps_answers) AS nps_answers,
            SUM(nps_promoters) AS nps_promoters,
            SUM(nps_detractors) AS nps_detractors,
            SUM(implicit_positive) AS implicit_positive,
            SUM(implicit_negative) AS implicit_negative,
            SUM(evaluations_passed) AS evaluations_passed,
            SUM(evaluations_failed) AS evaluations_failed
        FROM gold.experiment_unit_daily
        GROUP BY 1, 2, 3, 4
    ) AS summed
),
measured AS (
    SELECT environment, experiment, variant, arms, first_day, last_day, exposures,
        'average_rating' AS metric, CAST(rating_sum AS DOUBLE) AS numerator, CAST(ratings AS DOUBLE) AS denominator FROM arm
    UNION ALL
    SELECT environment, experiment, variant, arms, first_day, last_day, exposures,
        'cost_per_execution_usd', COALESCE(CAST(cost_usd AS DOUBLE), 0e0), CAST(priced_executions AS DOUBLE) FROM arm
    UNION ALL
    SELECT environment, experiment, variant, arms, first_day, last_day, exposures,
        'cost_per_success_usd', COALESCE(CAST(cost_usd AS DOUBLE), 0e0), CAST(priced_successes AS DOUBLE) FROM arm
    UNION ALL
    SELECT environment, experiment, variant, arms, first_day, last_day, exposures,
        'error_rate', CAST(errors AS DOUBLE), CAST(executions AS DOUBLE) FROM arm
    UNION ALL
    SELECT environment, experiment, variant, arms, first_day, last_day, exposures,
        'evaluation_pass_rate', CAST(evaluations_passed AS DOUBLE), CAST(evaluations_passed + evaluations_failed AS DOUBLE)
    FROM arm
    UNION ALL
    SELECT environment, experiment, variant, arms, first_day, last_day, exposures,
        'implicit_negative_rate', CAST(implicit_negative AS DOUBLE), CAST(executions AS DOUBLE) FROM arm
    UNION ALL
    SELECT environment, experiment, variant, arms, first_day, last_day, exposures,
        'implicit_positive_rate', CAST(implicit_positive AS DOUBLE), CAST(executions AS DOUBLE) FROM arm
    UNION ALL
    SELECT environment, experiment, variant, arms, first_day, last_day, exposures,
        'latency_mean_ms', CAST(latency_ms AS DOUBLE), CAST(timed_executions AS DOUBLE) FROM arm
    UNION ALL
    SELECT environment, experiment, variant, arms, first_day, last_day, exposures,
        'nps', 1e2 * CAST(nps_promoters - nps_detractors AS DOUBLE), CAST(nps_answers AS DOUBLE) FROM arm
    UNION ALL
    SELECT environment, experiment, variant, arms, first_day, last_day, exposures,
        'thumbs_up_rate', CAST(thumbs_up AS DOUBLE), CAST(thumbs_up + thumbs_down AS DOUBLE) FROM arm
),
bounded AS (
    SELECT
        environment, experiment, variant, metric, arms, first_day, last_day, exposures,
        GREATEST(LEAST(numerator, 1e7), -1e7) AS numerator,
        LEAST(denominator, 1e7) AS denominator
    FROM measured
),
exact AS (
    SELECT
        environment, experiment, variant, metric, arms, first_day, last_day, exposures,
        CAST(EXACT(numerator) AS DECIMAL(18, 9)) AS numerator,
        CAST(EXACT(denominator) AS DECIMAL(18, 9)) AS denominator
    FROM bounded
)
SELECT
    environment,
    experiment,
    variant,
    metric,
    MIN(first_day) AS first_day,
    MAX(last_day) AS last_day,
    COUNT_IF(arms = 1) AS units,
    COUNT_IF(arms > 1) AS crossed_units,
    SUM(exposures) AS exposures,
    COALESCE(SUM(CASE WHEN arms = 1 THEN numerator END), 0) AS numerator_sum,
    COALESCE(SUM(CASE WHEN arms = 1 THEN denominator END), 0) AS denominator_sum,
    COALESCE(SUM(CASE WHEN arms = 1 THEN CAST(numerator AS DECIMAL(19, 9)) * numerator END), 0) AS numerator_squares,
    COALESCE(SUM(CASE WHEN arms = 1 THEN CAST(denominator AS DECIMAL(19, 9)) * denominator END), 0) AS denominator_squares,
    COALESCE(SUM(CASE WHEN arms = 1 THEN CAST(numerator AS DECIMAL(19, 9)) * denominator END), 0) AS products
FROM exact
GROUP BY 1, 2, 3, 4
