SELECT
    day,
    environment,
    person,
    COUNT(*) AS sessions,
    COUNT_IF(is_engaged) AS engaged_sessions,
    COUNT_IF(is_long) AS long_sessions,
    COUNT_IF(executions > 0) AS sessions_with_execution,
    COUNT_IF(negative_feedback > 0) AS sessions_with_negative_feedback,
    SUM(duration_s) AS session_duration_s,
    SUM(engaged_ms) AS engaged_ms,
    SUM(cut_pings) AS cut_pings,
    SUM(events) AS events,
    SUM(executions) AS executions,
    SUM(cost_usd) AS cost_usd,
    SUM(feedback) AS feedback,
    SUM(page_views) AS page_views
FROM gold.sessions
GROUP BY 1, 2, 3
