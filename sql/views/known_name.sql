-- Whose a browser or a session is on a day, and whether it is a program's. It is the first user's who signs in on that day;
-- where nobody does, the last one's who did in the seven days before.
WITH seen AS (
    SELECT occurred_at, environment, user_id, anonymous_id, session_id, FALSE AS is_bot FROM silver.prompt_execution
    UNION ALL
    SELECT occurred_at, environment, user_id, anonymous_id, session_id, FALSE FROM silver.feedback
    UNION ALL
    SELECT occurred_at, environment, user_id, anonymous_id, session_id, COALESCE(is_bot, FALSE) FROM silver.behavior
    UNION ALL
    SELECT occurred_at, environment, user_id, anonymous_id, session_id, COALESCE(is_bot, FALSE) FROM silver.web_vital
),
by_user AS (
    SELECT
        CAST(date_trunc('day', occurred_at) AS DATE) AS day, environment, 'browser' AS kind, anonymous_id AS name,
        user_id, CAST(NULL AS VARCHAR) AS anonymous_id,
        MIN(occurred_at) AS first_at, MAX(occurred_at) AS last_at, COUNT_IF(is_bot) AS by_bot
    FROM seen
    WHERE anonymous_id IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT
        CAST(date_trunc('day', occurred_at) AS DATE), environment, 'session', session_id, user_id, MIN(anonymous_id),
        MIN(occurred_at), MAX(occurred_at), COUNT_IF(is_bot)
    FROM seen
    WHERE session_id IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5
),
in_order AS (
    SELECT
        *,
        ROW_NUMBER() OVER (PARTITION BY day, environment, kind, name
            ORDER BY CASE WHEN user_id IS NULL THEN 1 ELSE 0 END, first_at, user_id) AS from_first,
        ROW_NUMBER() OVER (PARTITION BY day, environment, kind, name
            ORDER BY CASE WHEN user_id IS NULL THEN 1 ELSE 0 END, last_at DESC, user_id DESC) AS from_last
    FROM by_user
),
by_day AS (
    SELECT
        day,
        environment,
        kind,
        name,
        MIN(CASE WHEN from_first = 1 THEN user_id END) AS first_user_id,
        MIN(CASE WHEN from_last = 1 THEN user_id END) AS last_user_id,
        MIN(anonymous_id) AS anonymous_id,
        SUM(by_bot) > 0 AS is_bot
    FROM in_order
    GROUP BY 1, 2, 3, 4
),
with_last AS (
    SELECT
        *,
        -- The day stands first, so that the greatest is the latest.
        MAX(CASE WHEN last_user_id IS NOT NULL THEN CAST(day AS VARCHAR) || last_user_id END)
            OVER (PARTITION BY environment, kind, name ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            AS before
    FROM by_day
)
SELECT
    day,
    environment,
    kind,
    name,
    COALESCE(
        first_user_id,
        CASE WHEN CAST(SUBSTR(before, 1, 10) AS DATE) >= day - INTERVAL '7' DAY THEN SUBSTR(before, 11) END
    ) AS user_id,
    anonymous_id,
    is_bot
FROM with_last
WHERE first_user_id IS NOT NULL OR before IS NOT NULL OR anonymous_id IS NOT NULL OR is_bot
