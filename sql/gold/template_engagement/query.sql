WITH until AS (
    SELECT environment, MAX(day) AS last_day
    FROM gold.person_daily
    GROUP BY 1
),
-- A day on which a person came, with the next one.
coming AS (
    SELECT environment, person, day, LEAD(day) OVER (PARTITION BY environment, person ORDER BY day) AS next_day
    FROM gold.person_daily
),
used AS (
    SELECT
        day, environment, person, template_id, template_version,
        SUM(sessions) AS sessions, SUM(engaged_sessions) AS engaged_sessions, SUM(cost_usd) AS cost_usd
    FROM gold.use_daily
    WHERE template_id IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5
),
visited AS (
    SELECT
        u.environment,
        u.template_id,
        u.template_version,
        MIN(u.day) AS first_day,
        MAX(u.day) AS last_day,
        COUNT(DISTINCT u.person) AS people,
        SUM(u.sessions) AS sessions,
        SUM(u.engaged_sessions) AS engaged_sessions,
        SUM(u.cost_usd) AS cost_usd,
        COUNT_IF(date_diff('day', u.day, t.last_day) > 7) AS person_days,
        COUNT_IF(date_diff('day', u.day, t.last_day) > 7 AND date_diff('day', u.day, c.next_day) <= 7)
            AS returned_in_7_days
    FROM used AS u
    INNER JOIN until AS t
        ON t.environment = u.environment
    INNER JOIN coming AS c
        ON c.environment = u.environment
        AND c.person = u.person
        AND c.day = u.day
    GROUP BY 1, 2, 3
),
judged AS (
    SELECT
        environment,
        template_id,
        template_version,
        SUM(executions) AS executions,
        SUM(thumbs_up) AS thumbs_up,
        SUM(thumbs_down) AS thumbs_down,
        SUM(ratings) AS ratings,
        SUM(rating_sum) AS rating_sum,
        SUM(regenerated) AS regenerated,
        SUM(undone) AS undone
    FROM gold.quality_daily
    WHERE template_id IS NOT NULL
    GROUP BY 1, 2, 3
)
SELECT
    COALESCE(j.environment, v.environment) AS environment,
    COALESCE(j.template_id, v.template_id) AS template_id,
    COALESCE(j.template_version, v.template_version) AS template_version,
    v.first_day,
    v.last_day,
    COALESCE(v.people, 0) AS people,
    COALESCE(v.sessions, 0) AS sessions,
    COALESCE(v.engaged_sessions, 0) AS engaged_sessions,
    COALESCE(j.executions, 0) AS executions,
    v.cost_usd,
    CAST(FLOOR(CAST(v.cost_usd AS DOUBLE) / NULLIF(v.engaged_sessions, 0) * 1e9 + 5e-1) / 1e9 AS DECIMAL(18, 9))
        AS cost_per_engaged_session_usd,
    COALESCE(v.person_days, 0) AS person_days,
    COALESCE(v.returned_in_7_days, 0) AS returned_in_7_days,
    CAST(v.returned_in_7_days AS DOUBLE) / NULLIF(v.person_days, 0) AS return_rate,
    CAST(j.thumbs_up AS DOUBLE) / NULLIF(j.thumbs_up + j.thumbs_down, 0) AS thumbs_up_rate,
    CAST(j.rating_sum AS DOUBLE) / NULLIF(j.ratings, 0) AS average_rating,
    COALESCE(j.regenerated, 0) AS regenerated,
    COALESCE(j.undone, 0) AS undone,
    CAST(j.regenerated AS DOUBLE) / NULLIF(j.executions, 0) AS regenerate_rate,
    CAST(j.undone AS DOUBLE) / NULLIF(j.executions, 0) AS undo_rate
FROM judged AS j
FULL OUTER JOIN visited AS v
    ON v.environment = j.environment
    AND v.template_id = j.template_id
    AND COALESCE(v.template_version, '') = COALESCE(j.template_version, '')
