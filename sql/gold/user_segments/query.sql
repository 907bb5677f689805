WITH until AS (
    SELECT environment, MAX(day) AS as_of
    FROM gold.person_daily
    GROUP BY 1
),
dated AS (
    SELECT p.environment, p.person, u.as_of, date_diff('day', p.day, u.as_of) AS age, p.executions, p.cost_usd
    FROM gold.person_daily AS p
    INNER JOIN until AS u
        ON u.environment = p.environment
),
person AS (
    SELECT
        environment,
        person,
        as_of,
        MAX(age) AS first_age,
        COUNT_IF(age < 28) AS days,
        COUNT_IF(age BETWEEN 28 AND 55) AS days_before,
        COUNT_IF(age BETWEEN 56 AND 83) AS days_earlier,
        COALESCE(SUM(CASE WHEN age < 28 THEN executions END), 0) AS executions,
        SUM(CASE WHEN age < 28 THEN cost_usd END) AS cost_usd
    FROM dated
    GROUP BY 1, 2, 3
),
named AS (
    SELECT
        environment,
        as_of,
        CASE
            WHEN first_age < 28 THEN 'new'
            WHEN days >= 12 THEN 'devoted'
            WHEN days >= 4 THEN 'regular'
            WHEN days >= 1 THEN 'occasional'
            WHEN days_before >= 1 THEN 'slipping away'
            ELSE 'gone'
        END AS segment,
        CASE
            WHEN first_age < 28 THEN 'not here yet'
            WHEN first_age < 56 THEN 'new'
            WHEN days_before >= 12 THEN 'devoted'
            WHEN days_before >= 4 THEN 'regular'
            WHEN days_before >= 1 THEN 'occasional'
            WHEN days_earlier >= 1 THEN 'slipping away'
            ELSE 'gone'
        END AS previous_segment,
        CASE WHEN executions = 0 THEN 'none' WHEN executions < 20 THEN 'few' ELSE 'many' END AS calls,
        CASE
            WHEN COALESCE(cost_usd, 0) = 0 THEN 'nothing known'
            WHEN cost_usd < 1 THEN 'under 1 USD'
            WHEN cost_usd <= 10 THEN '1 to 10 USD'
            ELSE 'over 10 USD'
        END AS spend,
        days,
        executions,
        cost_usd
    FROM person
)
SELECT
    environment,
    segment,
    previous_segment,
    calls,
    spend,
    MIN(as_of) AS as_of,
    COUNT(*) AS people,
    SUM(days) AS active_days,
    SUM(executions) AS executions,
    SUM(cost_usd) AS cost_usd
FROM named
GROUP BY 1, 2, 3, 4, 5
