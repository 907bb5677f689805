-- An act belongs to the arm that it names; feedback and evaluations to that of the execution they are about.
SELECT
    CAST(date_trunc('day', occurred_at) AS DATE) AS day,
    environment,
    experiment,
    variant,
    unit,
    COUNT_IF(kind = 'exposure') AS exposures,
    COUNT_IF(kind = 'execution') AS executions,
    COUNT_IF(is_error) AS errors,
    SUM(cost_usd) AS cost_usd,
    COUNT_IF(is_priced) AS priced_executions,
    COUNT_IF(is_priced AND NOT is_error) AS priced_successes,
    COUNT(latency_ms) AS timed_executions,
    SUM(COALESCE(latency_ms, 0)) AS latency_ms,
    COUNT(rating) AS ratings,
    SUM(COALESCE(rating, 0)) AS rating_sum,
    COUNT_IF(thumb = 'up') AS thumbs_up,
    COUNT_IF(thumb = 'down') AS thumbs_down,
    COUNT(nps) AS nps_answers,
    COUNT_IF(nps >= 9) AS nps_promoters,
    COUNT_IF(nps <= 6) AS nps_detractors,
    COUNT_IF(signal IN ('copy', 'accept')) AS implicit_positive,
    COUNT_IF(signal IN ('undo', 'regenerate', 'abandon')) AS implicit_negative,
    COUNT_IF(passed) AS evaluations_passed,
    COUNT_IF(NOT passed) AS evaluations_failed
FROM (
    SELECT
        'execution' AS kind, occurred_at, environment, experiment, variant,
        COALESCE(user_id, anonymous_id, session_id, event_id) AS unit,
        status = 'error' AS is_error, is_priced, cost_usd, latency_ms,
        CAST(NULL AS BIGINT) AS rating, CAST(NULL AS VARCHAR) AS thumb, CAST(NULL AS BIGINT) AS nps,
        CAST(NULL AS VARCHAR) AS signal, CAST(NULL AS BOOLEAN) AS passed
    FROM silver.priced_execution
    WHERE experiment IS NOT NULL AND variant IS NOT NULL
    UNION ALL
    SELECT
        'exposure', occurred_at, environment, experiment, variant,
        COALESCE(user_id, anonymous_id, session_id, event_id), FALSE, FALSE, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM silver.behavior
    WHERE action = 'experiment_exposure' AND experiment IS NOT NULL AND variant IS NOT NULL
    UNION ALL
    SELECT
        'rated', occurred_at, environment, experiment, variant, unit, FALSE, FALSE, NULL, NULL,
        rating, thumb, nps, signal, passed
    FROM silver.rated_in_experiment
) AS happened
GROUP BY 1, 2, 3, 4, 5
