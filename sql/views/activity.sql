-- Every sign of a person's presence. Who left no id at all can't be followed and is not counted as a person.
SELECT
    kind,
    occurred_at,
    environment,
    COALESCE(user_id, anonymous_id, session_id) AS person,
    user_id,
    anonymous_id,
    session_id,
    is_error,
    is_negative,
    is_page_view
FROM (
    SELECT 'execution' AS kind, occurred_at, environment, user_id, anonymous_id, session_id,
        status = 'error' AS is_error, FALSE AS is_negative, FALSE AS is_page_view
    FROM silver.prompt_execution
    UNION ALL
    SELECT 'feedback', occurred_at, environment, user_id, anonymous_id, session_id, FALSE,
        COALESCE(thumb = 'down', FALSE) OR COALESCE(rating <= 2, FALSE)
            OR COALESCE(signal IN ('undo', 'regenerate', 'abandon'), FALSE),
        FALSE
    FROM silver.feedback
    UNION ALL
    SELECT 'behavior', occurred_at, environment, user_id, anonymous_id, session_id, FALSE, FALSE, action = 'page_view'
    FROM silver.behavior
    UNION ALL
    SELECT 'web_vital', occurred_at, environment, user_id, anonymous_id, session_id, FALSE, FALSE, FALSE
    FROM silver.web_vital
) AS presence
WHERE COALESCE(user_id, anonymous_id, session_id) IS NOT NULL
