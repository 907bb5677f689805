-- Every sign of a person's presence: what was called, said, done and measured. A name stands for a feature where it is all
-- that is said of one that was used. What it is worth to whom stands in silver.visited_act.
SELECT
    'execution' AS kind,
    event_id,
    occurred_at,
    environment,
    team,
    user_id,
    anonymous_id,
    session_id,
    feature,
    template_id,
    template_version,
    variant,
    event_id AS execution_id,
    FALSE AS is_bot,
    status = 'error' AS is_error,
    FALSE AS is_negative,
    cost_usd,
    unpriced_tokens,
    CAST(NULL AS VARCHAR) AS action,
    CAST(NULL AS VARCHAR) AS name,
    CAST(NULL AS VARCHAR) AS page,
    CAST(NULL AS VARCHAR) AS page_view_id,
    CAST(NULL AS VARCHAR) AS device,
    CAST(NULL AS BIGINT) AS engaged_ms,
    CAST(NULL AS DOUBLE) AS scroll_percent,
    CAST(NULL AS BIGINT) AS rating,
    CAST(NULL AS VARCHAR) AS thumb,
    CAST(NULL AS BIGINT) AS nps,
    CAST(NULL AS VARCHAR) AS signal,
    CAST(NULL AS VARCHAR) AS metric_id,
    CAST(NULL AS DOUBLE) AS value
FROM silver.priced_execution
UNION ALL
SELECT
    'feedback', event_id, occurred_at, environment, team, user_id, anonymous_id, session_id, feature, template_id,
    template_version, NULL, execution_id, FALSE, FALSE,
    COALESCE(thumb = 'down', FALSE) OR COALESCE(rating <= 2, FALSE)
        OR COALESCE(signal IN ('undo', 'regenerate', 'abandon'), FALSE),
    NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, rating, thumb, nps, signal, NULL, NULL
FROM silver.feedback
UNION ALL
SELECT
    'behavior', event_id, occurred_at, environment, team, user_id, anonymous_id, session_id,
    COALESCE(feature, CASE WHEN action = 'feature_used' THEN name END), template_id, template_version, variant, execution_id,
    COALESCE(is_bot, FALSE), FALSE, FALSE, NULL, 0, action, name, page, page_view_id, device, engaged_ms, scroll_percent,
    NULL, NULL, NULL, NULL, NULL, NULL
FROM silver.behavior
UNION ALL
SELECT
    'web_vital', event_id, occurred_at, environment, team, user_id, anonymous_id, session_id, feature, NULL, NULL, NULL, NULL,
    COALESCE(is_bot, FALSE), FALSE, FALSE, NULL, 0, NULL, name, page, page_view_id, device, NULL, NULL, NULL, NULL, NULL,
    NULL, metric_id, value
FROM silver.web_vital
