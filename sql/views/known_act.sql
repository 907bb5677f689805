-- Every act with its person, as silver.known_name tells browsers and sessions, and the half hour of the day in which it was.
SELECT
    CAST(date_trunc('day', a.occurred_at) AS DATE) AS own_day,
    CAST(FLOOR(CAST(date_diff('minute', date_trunc('day', a.occurred_at), a.occurred_at) AS DOUBLE) / 30) AS BIGINT)
        AS half_hour,
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
