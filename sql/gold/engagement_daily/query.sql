SELECT
    day,
    environment,
    SUM(active_users) AS active_users,
    SUM(sessions) AS sessions,
    SUM(engaged_sessions) AS engaged_sessions,
    SUM(long_sessions) AS long_sessions,
    SUM(sessions_with_execution) AS sessions_with_execution,
    SUM(sessions_with_negative_feedback) AS sessions_with_negative_feedback,
    SUM(session_duration_s) AS session_duration_s,
    SUM(engaged_ms) AS engaged_ms,
    SUM(cut_pings) AS cut_pings,
    SUM(events) AS events,
    SUM(executions) AS executions,
    SUM(cost_usd) AS cost_usd,
    SUM(feedback) AS feedback,
    SUM(page_views) AS page_views,
    SUM(bot_events) AS bot_events,
    SUM(unknown_events) AS unknown_events
FROM (
    SELECT
        day, environment, COUNT(*) AS active_users, SUM(sessions) AS sessions, SUM(engaged_sessions) AS engaged_sessions,
        SUM(long_sessions) AS long_sessions, SUM(sessions_with_execution) AS sessions_with_execution,
        SUM(sessions_with_negative_feedback) AS sessions_with_negative_feedback,
        SUM(session_duration_s) AS session_duration_s, SUM(engaged_ms) AS engaged_ms, SUM(cut_pings) AS cut_pings,
        SUM(events) AS events, SUM(executions) AS executions, SUM(cost_usd) AS cost_usd, SUM(feedback) AS feedback,
        SUM(page_views) AS page_views, 0 AS bot_events, 0 AS unknown_events
    FROM gold.person_daily
    GROUP BY 1, 2
    UNION ALL
    SELECT
        day, environment, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, 0, 0,
        COUNT_IF(is_bot),
        COUNT_IF(NOT is_bot)
    FROM silver.visited_act
    WHERE person IS NULL OR is_bot
    GROUP BY 1, 2
) AS counted
GROUP BY 1, 2
