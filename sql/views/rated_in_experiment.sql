-- Feedback and evaluations that are about an execution in an experiment, with its arm and its person.
SELECT
    o.occurred_at,
    e.environment,
    e.experiment,
    e.variant,
    COALESCE(e.user_id, e.anonymous_id, e.session_id, e.event_id) AS unit,
    o.rating,
    o.thumb,
    o.nps,
    o.signal,
    o.passed
FROM (
    SELECT execution_id, occurred_at, rating, thumb, nps, signal, CAST(NULL AS BOOLEAN) AS passed FROM silver.feedback
    UNION ALL
    SELECT execution_id, occurred_at, NULL, NULL, NULL, NULL, passed FROM silver.evaluation
) AS o
INNER JOIN silver.prompt_execution AS e
    ON e.event_id = o.execution_id
    -- Bounded, as in silver.rated_execution.
    AND e.occurred_at > o.occurred_at - INTERVAL '6' DAY
    AND e.occurred_at < o.occurred_at + INTERVAL '1' DAY
WHERE e.experiment IS NOT NULL AND e.variant IS NOT NULL
