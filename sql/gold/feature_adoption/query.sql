WITH newcomer AS (
    SELECT environment, person, MIN(day) AS first_day
    FROM gold.person_daily
    GROUP BY 1, 2
),
in_all AS (
    SELECT environment, COUNT(*) AS people
    FROM newcomer
    GROUP BY 1
),
by_person AS (
    SELECT environment, person, subject, name, MIN(day) AS first_day, MAX(day) AS last_day, SUM(uses) AS uses
    FROM (
        SELECT day, environment, person, 'feature' AS subject, feature AS name, uses
        FROM gold.use_daily
        WHERE feature IS NOT NULL
        UNION ALL
        SELECT day, environment, person, 'act', name, uses
        FROM gold.use_daily
        WHERE name <> feature
        UNION ALL
        SELECT day, environment, person, 'template', template_id, uses
        FROM gold.use_daily
        WHERE template_id IS NOT NULL
    ) AS used
    GROUP BY 1, 2, 3, 4
)
SELECT
    p.environment,
    p.subject,
    p.name,
    MIN(p.first_day) AS first_day,
    MAX(p.last_day) AS last_day,
    COUNT(*) AS people,
    COUNT_IF(p.last_day > p.first_day) AS people_again,
    COUNT_IF(p.first_day = n.first_day) AS people_at_once,
    SUM(date_diff('day', n.first_day, p.first_day)) AS days_to_first_use,
    SUM(p.uses) AS uses,
    MIN(a.people) AS people_in_all
FROM by_person AS p
INNER JOIN newcomer AS n
    ON n.environment = p.environment
    AND n.person = p.person
INNER JOIN in_all AS a
    ON a.environment = p.environment
GROUP BY 1, 2, 3
