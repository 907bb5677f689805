SELECT
    day,
    environment,
    team,
    feature,
    template_id,
    template_version,
    made_with,
    SUM(created) AS content_created,
    SUM(edited) AS content_edited,
    SUM(consumed) AS content_consumed,
    COUNT(person) AS people
FROM (
    SELECT
        CAST(date_trunc('day', occurred_at) AS DATE) AS day,
        environment,
        team,
        feature,
        template_id,
        template_version,
        CASE WHEN execution_id IS NOT NULL OR template_id IS NOT NULL THEN 'prompt' ELSE 'no prompt' END AS made_with,
        COALESCE(user_id, anonymous_id, session_id, event_id) AS person,
        COUNT_IF(action = 'content_created') AS created,
        COUNT_IF(action = 'content_edited') AS edited,
        COUNT_IF(action = 'content_consumed') AS consumed
    FROM silver.behavior
    WHERE action IN ('content_created', 'content_edited', 'content_consumed') AND NOT COALESCE(is_bot, FALSE)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
) AS by_person
GROUP BY 1, 2, 3, 4, 5, 6, 7
