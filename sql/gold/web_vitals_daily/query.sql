WITH loaded AS (
    SELECT
        day,
        environment,
        PAGE(page) AS page,
        device,
        name,
        metric_id,
        person,
        value,
        CAST(FLOOR(value * 1e5 + 5e-1) AS BIGINT) AS hundred_thousandths
    FROM silver.measured_load
),
busiest AS (
    SELECT
        day,
        environment,
        page,
        ROW_NUMBER() OVER (PARTITION BY day, environment ORDER BY loads DESC, page) AS place
    FROM (SELECT day, environment, page, COUNT(*) AS loads FROM loaded GROUP BY 1, 2, 3) AS counted
    WHERE page IS NOT NULL
),
shown AS (
    SELECT
        loaded.day,
        loaded.environment,
        CASE WHEN busiest.place > 500 THEN 'other' ELSE loaded.page END AS page,
        loaded.device,
        loaded.name,
        loaded.metric_id,
        loaded.person,
        loaded.value,
        loaded.hundred_thousandths,
        threshold.good,
        threshold.poor
    FROM loaded
    INNER JOIN metric.threshold AS threshold
        ON threshold.metric = LOWER(loaded.name)
    LEFT JOIN busiest
        ON busiest.day = loaded.day AND busiest.environment = loaded.environment AND busiest.page = loaded.page
)
SELECT
    day,
    environment,
    page,
    device,
    name,
    bucket,
    page_loads,
    good,
    needs_improvement,
    poor,
    SUM(first_of_people) OVER (PARTITION BY day, environment, page, device, name) AS people
FROM (
    SELECT
        day,
        environment,
        page,
        device,
        name,
        BUCKET(hundred_thousandths) AS bucket,
        COUNT(*) AS page_loads,
        COUNT_IF(value <= good) AS good,
        COUNT_IF(value > good AND value <= poor) AS needs_improvement,
        COUNT_IF(value > poor) AS poor,
        COUNT_IF(place_of_person = 1) AS first_of_people
    FROM (
        SELECT
            *,
            ROW_NUMBER() OVER (PARTITION BY day, environment, page, device, name, person ORDER BY value DESC, metric_id)
                AS place_of_person
        FROM shown
    ) AS numbered
    GROUP BY 1, 2, 3, 4, 5, 6
) AS counted
