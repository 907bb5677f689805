-- A session is what the source calls one, else a person's acts with no pause over 30 minutes. Both end at midnight
-- UTC, so that a day's sessions follow from that day's events alone.
-- Who signs in half-way through a session of the source's own is one person from its start.
SELECT
    day,
    environment,
    COALESCE(MAX(user_id), MAX(person)) AS person,
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
    COUNT_IF(is_page_view) AS page_views
FROM (
    SELECT
        kind, occurred_at, CAST(date_trunc('day', occurred_at) AS DATE) AS day, environment, person, user_id, session_id,
        is_error, is_negative, is_page_view, session_id AS visit, 0 AS session_number
    FROM silver.activity
    WHERE session_id IS NOT NULL
    UNION ALL
    -- Only who has no session of the source's own needs the costly look at the act before.
    SELECT
        kind, occurred_at, day, environment, person, user_id, session_id, is_error, is_negative, is_page_view,
        person AS visit,
        SUM(CASE WHEN previous_at IS NULL OR date_diff('millisecond', previous_at, occurred_at) > 1800000 THEN 1 ELSE 0 END)
            OVER (PARTITION BY day, environment, person ORDER BY occurred_at
                RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session_number
    FROM (
        SELECT
            *,
            CAST(date_trunc('day', occurred_at) AS DATE) AS day,
            LAG(occurred_at) OVER (PARTITION BY CAST(date_trunc('day', occurred_at) AS DATE), environment, person
                ORDER BY occurred_at) AS previous_at
        FROM silver.activity
        WHERE session_id IS NULL
    ) AS with_previous
) AS numbered
GROUP BY day, environment, visit, session_id, session_number
