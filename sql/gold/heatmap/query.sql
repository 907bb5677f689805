WITH clicked AS (
    SELECT
        day,
        environment,
        PAGE(page) AS page,
        element,
        device,
        person,
        CASE WHEN is_inside THEN LEAST(CAST(FLOOR(CAST(x_px * 20 AS DOUBLE) / viewport_width_px) AS BIGINT), 19) END AS x_bin,
        CASE WHEN is_inside THEN LEAST(CAST(FLOOR(CAST(y_px * 20 AS DOUBLE) / viewport_height_px) AS BIGINT), 19) END AS y_bin,
        is_placed,
        is_inside
    FROM (
        SELECT
            *,
            is_placed AND x_px BETWEEN 0 AND viewport_width_px AND y_px BETWEEN 0 AND viewport_height_px AS is_inside
        FROM (
            SELECT
                CAST(date_trunc('day', occurred_at) AS DATE) AS day,
                environment,
                page,
                element,
                device,
                COALESCE(user_id, anonymous_id, session_id, event_id) AS person,
                x_px,
                y_px,
                viewport_width_px,
                viewport_height_px,
                x_px IS NOT NULL AND y_px IS NOT NULL AND COALESCE(viewport_width_px, 0) > 0
                    AND COALESCE(viewport_height_px, 0) > 0 AS is_placed
            FROM silver.behavior
            WHERE action = 'click' AND NOT COALESCE(is_bot, FALSE)
        ) AS sent
    ) AS placed
),
counted AS (
    SELECT day, environment, page, element, COUNT(*) AS clicks FROM clicked GROUP BY 1, 2, 3, 4
),
busiest_page AS (
    SELECT
        day,
        environment,
        page,
        ROW_NUMBER() OVER (PARTITION BY day, environment ORDER BY clicks DESC, page) AS place
    FROM (SELECT day, environment, page, SUM(clicks) AS clicks FROM counted WHERE page IS NOT NULL GROUP BY 1, 2, 3) AS pages
),
-- Elements of the pages that are not shown themselves are those of one page.
shown_page AS (
    SELECT
        counted.day,
        counted.environment,
        CASE WHEN busiest_page.place > 500 THEN 'other' ELSE counted.page END AS page,
        counted.element,
        SUM(counted.clicks) AS clicks
    FROM counted
    LEFT JOIN busiest_page
        ON busiest_page.day = counted.day
        AND busiest_page.environment = counted.environment
        AND busiest_page.page = counted.page
    GROUP BY 1, 2, 3, 4
),
busiest_element AS (
    SELECT
        day,
        environment,
        page,
        element,
        ROW_NUMBER() OVER (PARTITION BY day, environment, page ORDER BY clicks DESC, element) AS place
    FROM shown_page
    WHERE element IS NOT NULL
)
SELECT
    day,
    environment,
    page,
    element,
    device,
    x_bin,
    y_bin,
    SUM(clicks) AS clicks,
    SUM(clicks_without_place) AS clicks_without_place,
    SUM(clicks_outside) AS clicks_outside,
    COUNT(person) AS people
FROM (
    SELECT
        on_page.day,
        on_page.environment,
        on_page.page,
        CASE WHEN busiest_element.place > 100 THEN 'other' ELSE on_page.element END AS element,
        on_page.device,
        on_page.x_bin,
        on_page.y_bin,
        on_page.person,
        COUNT(*) AS clicks,
        COUNT_IF(NOT on_page.is_placed) AS clicks_without_place,
        COUNT_IF(on_page.is_placed AND NOT on_page.is_inside) AS clicks_outside
    FROM (
        SELECT
            clicked.day,
            clicked.environment,
            CASE WHEN busiest_page.place > 500 THEN 'other' ELSE clicked.page END AS page,
            clicked.element,
            clicked.device,
            clicked.x_bin,
            clicked.y_bin,
            clicked.person,
            clicked.is_placed,
            clicked.is_inside
        FROM clicked
        LEFT JOIN busiest_page
            ON busiest_page.day = clicked.day
            AND busiest_page.environment = clicked.environment
            AND busiest_page.page = clicked.page
    ) AS on_page
    LEFT JOIN busiest_element
        ON busiest_element.day = on_page.day
        AND busiest_element.environment = on_page.environment
        -- A click may name no page, and its elements are told apart all the same.
        AND COALESCE(busiest_element.page, '') = COALESCE(on_page.page, '')
        AND busiest_element.element = on_page.element
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
) AS by_person
GROUP BY 1, 2, 3, 4, 5, 6, 7
