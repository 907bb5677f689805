-- How fast do pages feel?
SELECT
    environment,
    name,
    SUM(page_loads) AS page_loads,
    CAST(SUM(good) AS DOUBLE) / NULLIF(SUM(page_loads), 0) AS good_share,
    CAST(SUM(poor) AS DOUBLE) / NULLIF(SUM(page_loads), 0) AS poor_share
FROM gold.web_vitals_daily
GROUP BY environment, name
ORDER BY environment, name
