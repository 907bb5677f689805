SELECT
    e.day,
    e.environment,
    e.funnel,
    e.used_template_id AS template_id,
    e.used_template_version AS template_version,
    COUNT(*) AS funnel_users,
    COUNT_IF(e.reached = s.steps) AS funnel_finishers
FROM silver.funnel_entry AS e
INNER JOIN (SELECT funnel, MAX(step_number) AS steps FROM funnel.step GROUP BY 1) AS s
    ON s.funnel = e.funnel
WHERE e.used_template_id IS NOT NULL
GROUP BY 1, 2, 3, 4, 5
