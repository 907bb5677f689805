-- Every act with its person and its visit. `day` is the day on which the visit began; an act that belongs to none
-- (a program's, or of nobody known) has its own.
-- A visit is what the source calls a session, else a person's acts with no pause over 30 minutes. Midnight UTC ends neither
-- where somebody goes on within 30 minutes, but no visit goes over two midnights: so it follows from a few days' events.
-- Acts within the same half hour have no such pause between them: so the half hours are put in order, and not the acts,
-- which are ten times as many. Of what the source calls a session only the first and the last half hour of a day matter.
WITH half_hour AS (
    SELECT
        own_day, environment, person, session_id, half_hour, MIN(occurred_at) AS first_at, MAX(occurred_at) AS last_at
    FROM silver.known_act
    WHERE person IS NOT NULL AND NOT is_program AND (session_id IS NULL OR half_hour IN (0, 47))
    GROUP BY 1, 2, 3, 4, 5
),
numbered AS (
    SELECT
        own_day, environment, person, session_id, half_hour, first_at, last_at,
        CASE WHEN session_id IS NULL THEN
            SUM(CASE WHEN previous_at IS NULL OR date_diff('millisecond', previous_at, first_at) > 1800000 THEN 1 ELSE 0 END)
                OVER (PARTITION BY own_day, environment, person, session_id ORDER BY half_hour
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        ELSE 0 END AS number
    FROM (
        SELECT
            *,
            LAG(last_at) OVER (PARTITION BY own_day, environment, person, session_id ORDER BY half_hour) AS previous_at
        FROM half_hour
    ) AS with_previous
),
following AS (
    SELECT
        later.own_day, later.environment, later.person, later.session_id, later.number, earlier.number AS earlier_number
    FROM numbered AS later
    INNER JOIN numbered AS earlier
        ON earlier.own_day = CAST(later.own_day - INTERVAL '1' DAY AS DATE)
        AND earlier.environment = later.environment
        AND earlier.person = later.person
        AND COALESCE(earlier.session_id, '') = COALESCE(later.session_id, '')
        AND date_diff('millisecond', earlier.last_at, later.first_at) <= 1800000
    WHERE later.half_hour = 0 AND earlier.half_hour = 47
),
continued AS (
    SELECT later.*
    FROM following AS later
    LEFT JOIN following AS earlier
        ON earlier.own_day = CAST(later.own_day - INTERVAL '1' DAY AS DATE)
        AND earlier.environment = later.environment
        AND earlier.person = later.person
        AND COALESCE(earlier.session_id, '') = COALESCE(later.session_id, '')
        AND earlier.number = later.earlier_number
    WHERE earlier.number IS NULL
),
placed AS (
    SELECT
        n.own_day,
        n.environment,
        n.person,
        n.session_id,
        n.half_hour,
        CASE WHEN c.number IS NULL THEN n.own_day ELSE CAST(n.own_day - INTERVAL '1' DAY AS DATE) END AS day,
        COALESCE(c.earlier_number, n.number) AS number
    FROM numbered AS n
    LEFT JOIN continued AS c
        ON c.own_day = n.own_day
        AND c.environment = n.environment
        AND c.person = n.person
        AND COALESCE(c.session_id, '') = COALESCE(n.session_id, '')
        AND c.number = n.number
    -- What the source named and goes over no midnight stands where it is. What does go, does so with all acts of the day.
    WHERE n.session_id IS NULL OR c.number IS NOT NULL
)
SELECT
    COALESCE(p.day, a.own_day) AS day,
    a.environment,
    a.person,
    a.session_id,
    COALESCE(p.number, 0) AS session_number,
    a.known_user_id AS user_id,
    a.is_program AS is_bot,
    a.kind,
    a.occurred_at,
    a.feature,
    a.template_id,
    a.template_version,
    a.is_error,
    a.is_negative,
    a.cost_usd,
    a.action,
    a.name,
    a.page,
    a.page_view_id,
    a.device,
    a.pinged_ms,
    a.is_cut,
    a.scroll_percent,
    a.rating,
    a.thumb,
    a.signal,
    a.value
FROM silver.known_act AS a
LEFT JOIN placed AS p
    ON p.own_day = a.own_day
    AND p.environment = a.environment
    AND p.person = a.person
    AND COALESCE(p.session_id, '') = COALESCE(a.session_id, '')
    AND p.half_hour = CASE WHEN a.session_id IS NULL THEN a.half_hour ELSE 0 END
    AND NOT a.is_program
