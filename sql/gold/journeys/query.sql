-- A place is a page that is viewed or a feature that is used. Acts at the same place one after the other are one stay there.
WITH places AS (
    SELECT
        day,
        environment,
        person,
        session_id,
        session_number,
        occurred_at,
        CASE WHEN action = 'page_view' THEN 'page ' || page ELSE 'feature ' || feature END AS place
    FROM (
        SELECT day, environment, person, session_id, session_number, occurred_at, action, feature,
            PAGE(page) AS page
        FROM silver.visited_act
        WHERE person IS NOT NULL AND NOT is_bot
            AND (kind = 'execution' AND feature IS NOT NULL
                OR action = 'page_view' AND page IS NOT NULL
                OR action = 'feature_used' AND feature IS NOT NULL)
    ) AS seen
),
ranked AS (
    SELECT day, environment, place, ROW_NUMBER() OVER (PARTITION BY day, environment ORDER BY acts DESC, place) AS number
    FROM (SELECT day, environment, place, COUNT(*) AS acts FROM places GROUP BY 1, 2, 3) AS busy
),
named AS (
    SELECT
        p.day,
        p.environment,
        p.person,
        COALESCE(p.session_id, '') AS session_id,
        p.session_number,
        p.occurred_at,
        CASE WHEN r.number <= 60 THEN p.place ELSE 'other' END AS place
    FROM places AS p
    INNER JOIN ranked AS r
        ON r.day = p.day
        AND r.environment = p.environment
        AND r.place = p.place
),
in_order AS (
    SELECT
        day,
        environment,
        person,
        place,
        LAG(place) OVER (PARTITION BY day, environment, person, session_id, session_number
            ORDER BY occurred_at, place) AS place_before,
        LEAD(place) OVER (PARTITION BY day, environment, person, session_id, session_number
            ORDER BY occurred_at, place) AS place_after
    FROM named
),
steps AS (
    SELECT day, environment, person, COALESCE(place_before, 'entry') AS from_place, place AS to_place
    FROM in_order
    WHERE place_before IS NULL OR place_before <> place
    UNION ALL
    SELECT day, environment, person, place, 'exit'
    FROM in_order
    WHERE place_after IS NULL
)
SELECT
    day,
    environment,
    from_place,
    to_place,
    COUNT(*) AS transitions,
    COUNT(DISTINCT person) AS people
FROM steps
GROUP BY 1, 2, 3, 4
