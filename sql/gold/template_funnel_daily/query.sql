SELECT
    e.day,
    e.environment,
    e.funnel,
    e.used_template_id AS template_id,
    e.used_template_version AS template_version,
    SUM(e.people) AS funnel_users,
    SUM(CASE WHEN e.reached = s.steps THEN e.people ELSE 0 END) AS funnel_finishers
FROM silver.funnel_entry AS e
INNER JOIN (SELECT DISTINCT funnel, steps FROM funnel.step) AS s
    ON s.funnel = e.funnel
WHERE e.used_template_id IS NOT NULL
GROUP BY 1, 2, 3, 4, 5
