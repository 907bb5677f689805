SELECT
    c.day,
    c.environment,
    c.funnel,
    s.step_number,
    s.step,
    c.feature,
    c.template_id,
    c.template_version,
    c.device,
    SUM(c.people) AS funnel_entries,
    SUM(CASE WHEN c.reached >= s.step_number THEN c.people ELSE 0 END) AS funnel_reached,
    SUM(CASE WHEN c.reached >= s.step_number - 1 THEN c.people ELSE 0 END) AS funnel_reached_before
FROM (
    SELECT day, environment, funnel, feature, template_id, template_version, device, reached, people
    FROM silver.funnel_entry
    WHERE used_template_id IS NULL
) AS c
INNER JOIN (SELECT DISTINCT funnel, step_number, step FROM funnel.step) AS s
    ON s.funnel = c.funnel
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
