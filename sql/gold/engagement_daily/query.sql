SELECT
    day,
    environment,
    COUNT(*) AS active_users,
    SUM(sessions) AS sessions,
    SUM(sessions_with_execution) AS sessions_with_execution,
    SUM(sessions_with_negative_feedback) AS sessions_with_negative_feedback,
    SUM(session_duration_s) AS session_duration_s,
    SUM(events) AS events,
    SUM(executions) AS executions,
    SUM(feedback) AS feedback,
    SUM(page_views) AS page_views
FROM gold.person_daily
GROUP BY 1, 2
