-- How many entered a funnel on a day, and how far they came. A person enters with the first act of a day that is the
-- first step, and comes to each further step by the first such act that is later than the one before it, all within the window.
-- They are told once more for each version of a prompt template that they used within the window; `used_template_id` is null
-- in the rows that count all.
WITH acts AS (
    SELECT
        s.funnel,
        s.step_number,
        s.steps,
        s.window_ms,
        a.environment,
        a.person,
        a.occurred_at,
        CASE WHEN s.by_feature THEN a.feature END AS feature,
        CASE WHEN s.by_template_id THEN a.template_id END AS template_id,
        CASE WHEN s.by_template_version THEN a.template_version END AS template_version,
        CASE WHEN s.by_device THEN a.device END AS device
    FROM silver.visited_act AS a
    INNER JOIN funnel.step AS s
        ON s.kind = a.kind
        AND (s.action IS NULL OR s.action = a.action)
        AND (s.thumb IS NULL OR s.thumb = a.thumb)
        AND (s.signal IS NULL OR s.signal = a.signal)
        AND (s.name IS NULL OR a.name LIKE s.name ESCAPE '!')
        AND (s.page IS NULL OR a.page LIKE s.page ESCAPE '!')
        AND (s.feature IS NULL OR a.feature LIKE s.feature ESCAPE '!')
        AND (s.template_id IS NULL OR a.template_id LIKE s.template_id ESCAPE '!')
        AND (s.template_version IS NULL OR a.template_version LIKE s.template_version ESCAPE '!')
        AND (s.device IS NULL OR a.device LIKE s.device ESCAPE '!')
    WHERE a.person IS NOT NULL AND NOT a.is_bot
),
first_steps AS (
    SELECT *, CAST(date_trunc('day', occurred_at) AS DATE) AS day
    FROM acts
    WHERE step_number = 1
),
entries AS (
    SELECT *
    FROM (
        SELECT
            f.*,
            ROW_NUMBER() OVER (PARTITION BY f.funnel, f.environment, f.person, f.day
                ORDER BY f.feature, f.template_id, f.template_version, f.device) AS number
        FROM first_steps AS f
        -- Few are the first of their day, and only these are put in order.
        INNER JOIN (
            SELECT funnel, environment, person, day, MIN(occurred_at) AS occurred_at FROM first_steps GROUP BY 1, 2, 3, 4
        ) AS first_of_day
            ON first_of_day.funnel = f.funnel
            AND first_of_day.environment = f.environment
            AND first_of_day.person = f.person
            AND first_of_day.day = f.day
            AND first_of_day.occurred_at = f.occurred_at
    ) AS in_order
    WHERE number = 1
),
followed AS (
    SELECT e.funnel, e.environment, e.person, e.day, e.steps, a.step_number, a.occurred_at
    FROM entries AS e
    INNER JOIN acts AS a
        ON a.funnel = e.funnel
        AND a.environment = e.environment
        AND a.person = e.person
    WHERE a.step_number > 1
        AND a.occurred_at > e.occurred_at
        AND date_diff('millisecond', e.occurred_at, a.occurred_at) <= e.window_ms
),
of_three AS (
    -- Funnels of no more than three steps, as all that are shipped, need no order: somebody came to the third if the last
    -- such act is later than the first of the second.
    SELECT
        funnel,
        environment,
        person,
        day,
        MIN(CASE WHEN step_number = 2 THEN occurred_at END) AS at_2,
        MAX(CASE WHEN step_number = 3 THEN occurred_at END) AS last_at_3
    FROM followed
    WHERE steps <= 3
    GROUP BY 1, 2, 3, 4
),
to_2 AS (
    SELECT *, MIN(CASE WHEN step_number = 2 THEN occurred_at END)
        OVER (PARTITION BY funnel, environment, person, day) AS at_2
    FROM followed
    WHERE steps > 3
),
to_3 AS (
    SELECT *, MIN(CASE WHEN step_number = 3 AND occurred_at > at_2 THEN occurred_at END)
        OVER (PARTITION BY funnel, environment, person, day) AS at_3
    FROM to_2
),
to_4 AS (
    SELECT *, MIN(CASE WHEN step_number = 4 AND occurred_at > at_3 THEN occurred_at END)
        OVER (PARTITION BY funnel, environment, person, day) AS at_4
    FROM to_3
),
to_5 AS (
    SELECT *, MIN(CASE WHEN step_number = 5 AND occurred_at > at_4 THEN occurred_at END)
        OVER (PARTITION BY funnel, environment, person, day) AS at_5
    FROM to_4
),
to_6 AS (
    SELECT *, MIN(CASE WHEN step_number = 6 AND occurred_at > at_5 THEN occurred_at END)
        OVER (PARTITION BY funnel, environment, person, day) AS at_6
    FROM to_5
),
to_7 AS (
    SELECT *, MIN(CASE WHEN step_number = 7 AND occurred_at > at_6 THEN occurred_at END)
        OVER (PARTITION BY funnel, environment, person, day) AS at_7
    FROM to_6
),
to_8 AS (
    SELECT *, MIN(CASE WHEN step_number = 8 AND occurred_at > at_7 THEN occurred_at END)
        OVER (PARTITION BY funnel, environment, person, day) AS at_8
    FROM to_7
),
furthest AS (
    SELECT
        funnel,
        environment,
        person,
        day,
        CASE WHEN at_2 IS NULL THEN 1 WHEN last_at_3 > at_2 THEN 3 ELSE 2 END AS reached
    FROM of_three
    UNION ALL
    SELECT
        funnel,
        environment,
        person,
        day,
        1 + CASE WHEN MIN(at_2) IS NULL THEN 0 ELSE 1 END
        + CASE WHEN MIN(at_3) IS NULL THEN 0 ELSE 1 END
        + CASE WHEN MIN(at_4) IS NULL THEN 0 ELSE 1 END
        + CASE WHEN MIN(at_5) IS NULL THEN 0 ELSE 1 END
        + CASE WHEN MIN(at_6) IS NULL THEN 0 ELSE 1 END
        + CASE WHEN MIN(at_7) IS NULL THEN 0 ELSE 1 END
        + CASE WHEN MIN(at_8) IS NULL THEN 0 ELSE 1 END
        AS reached
    FROM to_8
    GROUP BY 1, 2, 3, 4
),
told AS (
    SELECT e.*, COALESCE(f.reached, 1) AS reached
    FROM entries AS e
    LEFT JOIN furthest AS f
        ON f.funnel = e.funnel
        AND f.environment = e.environment
        AND f.person = e.person
        AND f.day = e.day
)
SELECT
    day,
    environment,
    funnel,
    feature,
    template_id,
    template_version,
    device,
    reached,
    CAST(NULL AS VARCHAR) AS used_template_id,
    CAST(NULL AS VARCHAR) AS used_template_version,
    COUNT(*) AS people
FROM told
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
UNION ALL
SELECT
    day, environment, funnel, CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR),
    reached, template_id, template_version, COUNT(*)
FROM (
    SELECT DISTINCT t.day, t.environment, t.funnel, t.person, t.reached, a.template_id, a.template_version
    FROM told AS t
    INNER JOIN silver.visited_act AS a
        ON a.environment = t.environment
        AND a.person = t.person
    WHERE a.kind = 'execution'
        AND a.template_id IS NOT NULL
        AND a.occurred_at >= t.occurred_at
        AND date_diff('millisecond', t.occurred_at, a.occurred_at) <= t.window_ms
) AS using_template
GROUP BY 1, 2, 3, 8, 9, 10
