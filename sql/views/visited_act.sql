-- Every act with its person and its visit. `day` is the day on which the visit began; an act that belongs to none
-- (a program's, or of nobody known) has its own.
-- A visit is what the source calls a session, else a person's acts with no pause over 30 minutes. Midnight UTC ends neither
-- where somebody goes on within 30 minutes, but no visit goes over two midnights: so it follows from a few days' events.
WITH named AS (
    SELECT
        CAST(date_trunc('day', a.occurred_at) AS DATE) AS own_day,
        COALESCE(a.user_id, browser.user_id, given.user_id) AS known_user_id,
        COALESCE(a.user_id, browser.user_id, given.user_id, a.anonymous_id, given.anonymous_id, a.session_id) AS person,
        a.is_bot OR COALESCE(browser.is_bot, FALSE) OR COALESCE(given.is_bot, FALSE) AS is_program,
        a.*
    FROM silver.activity AS a
    LEFT JOIN silver.known_name AS given
        ON given.kind = 'session'
        AND given.name = a.session_id
        AND given.environment = a.environment
        AND given.day = CAST(date_trunc('day', a.occurred_at) AS DATE)
    LEFT JOIN silver.known_name AS browser
        ON browser.kind = 'browser'
        AND browser.name = COALESCE(a.anonymous_id, given.anonymous_id)
        AND browser.environment = a.environment
        AND browser.day = CAST(date_trunc('day', a.occurred_at) AS DATE)
),
numbered AS (
    SELECT named.*, CAST(NULL AS TIMESTAMP(6)) AS previous_at, CAST(0 AS BIGINT) AS number
    FROM named
    WHERE session_id IS NOT NULL OR is_program OR person IS NULL
    UNION ALL
    -- Only who has no session of the source's own needs the costly look at the act before.
    SELECT
        paused.*,
        SUM(CASE WHEN previous_at IS NULL OR date_diff('millisecond', previous_at, occurred_at) > 1800000 THEN 1 ELSE 0 END)
            OVER (PARTITION BY own_day, environment, person ORDER BY occurred_at
                RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    FROM (
        SELECT
            named.*,
            LAG(occurred_at) OVER (PARTITION BY own_day, environment, person ORDER BY occurred_at) AS previous_at
        FROM named
        WHERE session_id IS NULL AND NOT is_program AND person IS NOT NULL
    ) AS paused
),
near_midnight AS (
    SELECT
        own_day,
        environment,
        person,
        session_id,
        number,
        MIN(CASE WHEN occurred_at < own_day + INTERVAL '30' MINUTE THEN occurred_at END) AS first_at,
        MAX(CASE WHEN occurred_at >= own_day + INTERVAL '1410' MINUTE THEN occurred_at END) AS last_at
    FROM (SELECT CAST(own_day AS TIMESTAMP(6)) AS own_day, environment, person, session_id, number, occurred_at, is_program
        FROM numbered) AS timed
    WHERE NOT is_program AND person IS NOT NULL
        AND (occurred_at < own_day + INTERVAL '30' MINUTE OR occurred_at >= own_day + INTERVAL '1410' MINUTE)
    GROUP BY 1, 2, 3, 4, 5
),
following AS (
    SELECT
        later.own_day, later.environment, later.person, later.session_id, later.number, earlier.number AS earlier_number
    FROM near_midnight AS later
    INNER JOIN near_midnight AS earlier
        ON earlier.own_day = later.own_day - INTERVAL '1' DAY
        AND earlier.environment = later.environment
        AND earlier.person = later.person
        AND COALESCE(earlier.session_id, '') = COALESCE(later.session_id, '')
        AND date_diff('millisecond', earlier.last_at, later.first_at) <= 1800000
),
continued AS (
    SELECT later.*
    FROM following AS later
    LEFT JOIN following AS earlier
        ON earlier.own_day = later.own_day - INTERVAL '1' DAY
        AND earlier.environment = later.environment
        AND earlier.person = later.person
        AND COALESCE(earlier.session_id, '') = COALESCE(later.session_id, '')
        AND earlier.number = later.earlier_number
    WHERE earlier.number IS NULL
)
SELECT
    CASE WHEN c.number IS NULL THEN n.own_day ELSE CAST(n.own_day - INTERVAL '1' DAY AS DATE) END AS day,
    n.environment,
    n.person,
    n.session_id,
    COALESCE(c.earlier_number, n.number) AS session_number,
    n.known_user_id AS user_id,
    n.anonymous_id,
    n.is_program AS is_bot,
    n.kind,
    n.event_id,
    n.occurred_at,
    n.team,
    n.feature,
    n.template_id,
    n.template_version,
    n.variant,
    n.execution_id,
    n.is_error,
    n.is_negative,
    n.cost_usd,
    n.unpriced_tokens,
    n.action,
    n.name,
    n.page,
    n.page_view_id,
    n.device,
    n.engaged_ms,
    n.scroll_percent,
    n.rating,
    n.thumb,
    n.nps,
    n.signal,
    n.metric_id,
    n.value
FROM numbered AS n
LEFT JOIN continued AS c
    ON c.own_day = n.own_day
    AND c.environment = n.environment
    AND c.person = n.person
    AND COALESCE(c.session_id, '') = COALESCE(n.session_id, '')
    AND c.number = n.number
    AND NOT n.is_program
