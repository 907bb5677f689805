-- Feedback and evaluations with the template, arm, model and feature of the execution they are about, where they name one.
SELECT
    o.kind,
    o.event_id,
    o.occurred_at,
    o.environment,
    COALESCE(o.team, e.team) AS team,
    COALESCE(o.feature, e.feature) AS feature,
    COALESCE(o.template_id, e.template_id) AS template_id,
    -- A version belongs to its template: that of another one says nothing.
    CASE WHEN o.template_id <> e.template_id THEN o.template_version
        ELSE COALESCE(o.template_version, e.template_version) END AS template_version,
    e.variant,
    e.provider,
    e.model,
    o.rating,
    o.thumb,
    o.signal,
    o.has_comment,
    o.metric,
    o.score,
    o.passed
FROM (
    SELECT
        kind, event_id, occurred_at, environment, team, feature, template_id, template_version, execution_id,
        rating, thumb, signal, comment IS NOT NULL AS has_comment,
        CAST(NULL AS VARCHAR) AS metric, CAST(NULL AS DOUBLE) AS score, CAST(NULL AS BOOLEAN) AS passed
    FROM silver.feedback
    UNION ALL
    SELECT
        'evaluation', event_id, occurred_at, environment, team, feature, template_id, template_version, execution_id,
        NULL, NULL, NULL, FALSE, metric, score, passed
    FROM silver.evaluation
) AS o
LEFT JOIN silver.prompt_execution AS e
    ON e.event_id = o.execution_id
    -- Bounded, so that a day of gold follows from a few days of silver; clocks may disagree by some hours.
    AND e.occurred_at > o.occurred_at - INTERVAL '6' DAY
    AND e.occurred_at < o.occurred_at + INTERVAL '1' DAY
