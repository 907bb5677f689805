-- One row a page load and metric, with the value told last: the day is that of the first value, and values of the three
-- days after it count. Page, device and person are those of the last value, too.
SELECT
    day,
    environment,
    name,
    metric_id,
    last_value AS value,
    last_page AS page,
    last_device AS device,
    last_person AS person
FROM (
    SELECT
        day,
        environment,
        name,
        metric_id,
        COUNT(*) OVER before AS told_before,
        LAST_VALUE(value) OVER after AS last_value,
        LAST_VALUE(page) OVER after AS last_page,
        LAST_VALUE(device) OVER after AS last_device,
        LAST_VALUE(person) OVER after AS last_person
    FROM (
        SELECT
            CAST(date_trunc('day', occurred_at) AS DATE) AS day,
            date_diff('day', DATE '1970-01-01', CAST(date_trunc('day', occurred_at) AS DATE)) AS day_number,
            environment,
            name,
            metric_id,
            value,
            page,
            device,
            COALESCE(user_id, anonymous_id, session_id, metric_id) AS person,
            ROW_NUMBER() OVER (PARTITION BY CAST(date_trunc('day', occurred_at) AS DATE), environment, name, metric_id
                ORDER BY occurred_at DESC, event_id DESC) AS age
        FROM silver.web_vital
        WHERE NOT COALESCE(is_bot, FALSE)
    ) AS told
    WHERE age = 1
    WINDOW
        before AS (PARTITION BY environment, name, metric_id ORDER BY day_number RANGE BETWEEN 3 PRECEDING AND 1 PRECEDING),
        after AS (PARTITION BY environment, name, metric_id ORDER BY day_number RANGE BETWEEN CURRENT ROW AND 3 FOLLOWING)
) AS on_each_day
WHERE told_before = 0
