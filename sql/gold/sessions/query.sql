-- A visit follows from `silver.visited_act`, and counts on the day on which it began.
SELECT
    day,
    environment,
    person,
    session_id,
    session_number,
    MAX(user_id) AS user_id,
    MIN(occurred_at) AS started_at,
    MAX(occurred_at) AS ended_at,
    date_diff('second', MIN(occurred_at), MAX(occurred_at)) AS duration_s,
    COUNT(*) AS events,
    COUNT_IF(kind = 'execution') AS executions,
    COUNT_IF(is_error) AS errors,
    COUNT_IF(kind = 'feedback') AS feedback,
    COUNT_IF(is_negative) AS negative_feedback,
    COUNT_IF(action = 'page_view') AS page_views
FROM silver.visited_act
WHERE person IS NOT NULL AND NOT is_bot
GROUP BY 1, 2, 3, 4, 5
