-- Every sign of a person's presence: what was called, said, done and measured. A name stands for a feature where it is all
-- that is said of one that was used. Only a view of a page needs a name of its own, where its page view has none.
-- A page that is seen says so again and again; no ping counts for over five minutes, and one that claims more is cut.
-- What it is worth to whom stands in silver.visited_act.
SELECT
    'execution' AS kind,
    occurred_at,
    environment,
    user_id,
    anonymous_id,
    session_id,
    feature,
    template_id,
    template_version,
    FALSE AS is_bot,
    status = 'error' AS is_error,
    FALSE AS is_negative,
    cost_usd,
    CAST(NULL AS VARCHAR) AS action,
    CAST(NULL AS VARCHAR) AS name,
    CAST(NULL AS VARCHAR) AS page,
    CAST(NULL AS VARCHAR) AS page_view_id,
    CAST(NULL AS VARCHAR) AS device,
    CAST(NULL AS BIGINT) AS pinged_ms,
    FALSE AS is_cut,
    CAST(NULL AS DOUBLE) AS scroll_percent,
    CAST(NULL AS BIGINT) AS rating,
    CAST(NULL AS VARCHAR) AS thumb,
    CAST(NULL AS VARCHAR) AS signal,
    CAST(NULL AS DOUBLE) AS value
FROM silver.priced_execution
UNION ALL
SELECT
    'feedback', occurred_at, environment, user_id, anonymous_id, session_id, feature, template_id, template_version, FALSE,
    FALSE,
    COALESCE(thumb = 'down', FALSE) OR COALESCE(rating <= 2, FALSE)
        OR COALESCE(signal IN ('undo', 'regenerate', 'abandon'), FALSE),
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, FALSE, NULL, rating, thumb, signal, NULL
FROM silver.feedback
UNION ALL
SELECT
    'behavior', occurred_at, environment, user_id, anonymous_id, session_id,
    COALESCE(feature, CASE WHEN action = 'feature_used' THEN name END), template_id, template_version,
    COALESCE(is_bot, FALSE), FALSE, FALSE, NULL, action, name, page,
    COALESCE(page_view_id, CASE WHEN action = 'page_view' THEN event_id END), device,
    CASE WHEN action = 'page_ping' THEN LEAST(engaged_ms, 300000) END,
    COALESCE(action = 'page_ping' AND engaged_ms > 300000, FALSE), scroll_percent, NULL, NULL, NULL, NULL
FROM silver.behavior
UNION ALL
SELECT
    'web_vital', occurred_at, environment, user_id, anonymous_id, session_id, feature, NULL, NULL, COALESCE(is_bot, FALSE),
    FALSE, FALSE, NULL, NULL, name, page, page_view_id, device, NULL, FALSE, NULL, NULL, NULL, NULL, value
FROM silver.web_vital
