WITH newcomer AS (
    SELECT environment, person, MIN(day) AS first_day
    FROM gold.person_daily
    GROUP BY 1, 2
),
until AS (
    SELECT environment, MAX(day) AS last_day
    FROM gold.person_daily
    GROUP BY 1
),
used_first AS (
    SELECT
        u.environment,
        u.person,
        u.feature,
        ROW_NUMBER() OVER (PARTITION BY u.environment, u.person ORDER BY MIN(u.first_used_at), u.feature) AS place
    FROM gold.use_daily AS u
    INNER JOIN newcomer AS n
        ON n.environment = u.environment
        AND n.person = u.person
        AND n.first_day = u.day
    WHERE u.feature IS NOT NULL
    GROUP BY 1, 2, 3
),
frequent AS (
    SELECT
        environment,
        feature,
        ROW_NUMBER() OVER (PARTITION BY environment ORDER BY COUNT(*) DESC, feature) AS place
    FROM used_first
    WHERE place = 1
    GROUP BY 1, 2
),
person AS (
    SELECT
        n.environment,
        n.person,
        n.first_day,
        CASE WHEN f.place <= 50 THEN u.feature WHEN u.feature IS NOT NULL THEN 'other' END AS first_feature
    FROM newcomer AS n
    LEFT JOIN used_first AS u
        ON u.environment = n.environment
        AND u.person = n.person
        AND u.place = 1
    LEFT JOIN frequent AS f
        ON f.environment = u.environment
        AND f.feature = u.feature
),
came AS (
    SELECT 'day' AS granularity, environment, person, day AS period FROM gold.person_daily
    UNION ALL
    SELECT DISTINCT 'week', environment, person, CAST(date_trunc('week', day) AS DATE) FROM gold.person_daily
    UNION ALL
    SELECT DISTINCT 'month', environment, person, CAST(date_trunc('month', day) AS DATE) FROM gold.person_daily
),
in_cohort AS (
    SELECT
        c.environment,
        c.granularity,
        p.first_feature,
        c.period,
        CASE c.granularity
            WHEN 'day' THEN p.first_day
            WHEN 'week' THEN CAST(date_trunc('week', p.first_day) AS DATE)
            ELSE CAST(date_trunc('month', p.first_day) AS DATE)
        END AS cohort
    FROM came AS c
    INNER JOIN person AS p
        ON p.environment = c.environment
        AND p.person = c.person
),
counted AS (
    SELECT environment, granularity, cohort, first_feature, period, COUNT(*) AS returned
    FROM in_cohort
    GROUP BY 1, 2, 3, 4, 5
),
aged AS (
    SELECT
        *,
        CASE granularity
            WHEN 'day' THEN date_diff('day', cohort, period)
            WHEN 'week' THEN date_diff('week', cohort, period)
            ELSE date_diff('month', cohort, period)
        END AS age
    FROM counted
),
sized AS (
    SELECT
        a.environment,
        a.granularity,
        a.cohort,
        a.first_feature,
        a.returned AS people,
        CASE a.granularity
            WHEN 'day' THEN date_diff('day', a.cohort, u.last_day)
            WHEN 'week' THEN date_diff('week', a.cohort, CAST(date_trunc('week', u.last_day) AS DATE))
            ELSE date_diff('month', a.cohort, CAST(date_trunc('month', u.last_day) AS DATE))
        END AS last_age
    FROM aged AS a
    INNER JOIN until AS u
        ON u.environment = a.environment
    WHERE a.age = 0
),
-- An age at which nobody came is a row, too: what is an average of it otherwise leaves out the worst.
grown (age) AS (
    VALUES
    (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15),
    (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30)
)
SELECT
    s.environment,
    s.granularity,
    s.cohort,
    s.first_feature,
    g.age,
    s.people,
    COALESCE(a.returned, 0) AS returned,
    g.age < s.last_age AS is_complete
FROM sized AS s
INNER JOIN grown AS g
    ON g.age <= s.last_age
    AND g.age <= CASE s.granularity WHEN 'day' THEN 30 WHEN 'week' THEN 26 ELSE 24 END
LEFT JOIN aged AS a
    ON a.environment = s.environment
    AND a.granularity = s.granularity
    AND a.cohort = s.cohort
    AND COALESCE(a.first_feature, '') = COALESCE(s.first_feature, '')
    AND a.age = g.age
