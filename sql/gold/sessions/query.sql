-- A visit follows from `silver.visited_act`, and counts on the day on which it began.
-- All pings together count for no longer than the visit, with the five minutes before its first act. A tab that was forgotten
-- so adds nothing to speak of.
SELECT
    day,
    environment,
    person,
    session_id,
    session_number,
    user_id,
    device,
    started_at,
    ended_at,
    date_diff('second', started_at, ended_at) AS duration_s,
    LEAST(pinged_ms, date_diff('millisecond', started_at, ended_at) + 300000) AS engaged_ms,
    cut_pings,
    LEAST(pinged_ms, date_diff('millisecond', started_at, ended_at) + 300000) >= 10000 OR page_views > 1 OR executions > 1
        AS is_engaged,
    date_diff('second', started_at, ended_at) > 43200 AS is_long,
    events,
    executions,
    errors,
    cost_usd,
    feedback,
    negative_feedback,
    ratings,
    rating_sum,
    thumbs_up,
    thumbs_down,
    page_views,
    pages,
    features
FROM (
    SELECT
        day,
        environment,
        person,
        session_id,
        session_number,
        MAX(user_id) AS user_id,
        MIN(device) AS device,
        MIN(occurred_at) AS started_at,
        MAX(occurred_at) AS ended_at,
        COALESCE(SUM(pinged_ms), 0) AS pinged_ms,
        COUNT_IF(is_cut) AS cut_pings,
        COUNT(*) AS events,
        COUNT_IF(kind = 'execution') AS executions,
        COUNT_IF(is_error) AS errors,
        SUM(cost_usd) AS cost_usd,
        COUNT_IF(kind = 'feedback') AS feedback,
        COUNT_IF(is_negative) AS negative_feedback,
        COUNT(rating) AS ratings,
        COALESCE(SUM(rating), 0) AS rating_sum,
        COUNT_IF(thumb = 'up') AS thumbs_up,
        COUNT_IF(thumb = 'down') AS thumbs_down,
        COUNT_IF(action = 'page_view') AS page_views,
        COUNT(DISTINCT page) AS pages,
        COUNT(DISTINCT feature) AS features
    FROM silver.visited_act
    WHERE person IS NOT NULL AND NOT is_bot
    GROUP BY 1, 2, 3, 4, 5
) AS visit
