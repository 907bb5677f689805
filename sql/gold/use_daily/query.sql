SELECT
    used.day,
    used.environment,
    used.person,
    used.feature,
    used.name,
    used.template_id,
    used.template_version,
    SUM(used.uses) AS uses,
    MIN(used.first_used_at) AS first_used_at,
    SUM(used.executions) AS executions,
    SUM(used.cost_usd) AS cost_usd,
    COUNT(*) AS sessions,
    COUNT_IF(visit.is_engaged) AS engaged_sessions
FROM (
    SELECT
        day,
        environment,
        person,
        session_id,
        session_number,
        feature,
        CASE WHEN action = 'feature_used' THEN name END AS name,
        template_id,
        template_version,
        COUNT(*) AS uses,
        MIN(occurred_at) AS first_used_at,
        COUNT_IF(kind = 'execution') AS executions,
        SUM(cost_usd) AS cost_usd
    FROM silver.visited_act
    WHERE person IS NOT NULL AND NOT is_bot AND (feature IS NOT NULL OR template_id IS NOT NULL)
        AND (kind = 'execution' OR action IN ('click', 'feature_used', 'content_created', 'content_consumed', 'other'))
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
) AS used
INNER JOIN gold.sessions AS visit
    ON visit.day = used.day
    AND visit.environment = used.environment
    AND visit.person = used.person
    AND COALESCE(visit.session_id, '') = COALESCE(used.session_id, '')
    AND visit.session_number = used.session_number
GROUP BY 1, 2, 3, 4, 5, 6, 7
