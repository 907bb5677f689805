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
signed AS (
    SELECT
        CAST(date_trunc('day', occurred_at) AS DATE) AS day,
        environment,
        anonymous_id,
        session_id,
        is_bot,
        -- The millisecond of the day stands first, so that the least is the first user's and the greatest the last one's.
        lpad(CAST(date_diff('millisecond', date_trunc('day', occurred_at), occurred_at) AS VARCHAR), 8, '0') || user_id
            AS user_at
    FROM seen
),
by_day AS (
    SELECT
        day, environment, 'browser' AS kind, anonymous_id AS name, CAST(NULL AS VARCHAR) AS anonymous_id,
        SUBSTR(MIN(user_at), 9) AS first_user_id, SUBSTR(MAX(user_at), 9) AS last_user_id, COUNT_IF(is_bot) > 0 AS is_bot
    FROM signed
    WHERE anonymous_id IS NOT NULL
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT
        day, environment, 'session', session_id, MIN(anonymous_id),
        SUBSTR(MIN(user_at), 9), SUBSTR(MAX(user_at), 9), COUNT_IF(is_bot) > 0
    FROM signed
    WHERE session_id IS NOT NULL
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
