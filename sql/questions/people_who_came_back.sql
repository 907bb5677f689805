-- Of those who came on a day, how many came again within the next seven?
SELECT
    came.environment,
    came.day,
    COUNT(DISTINCT came.person) AS people,
    COUNT(DISTINCT again.person) AS came_back
FROM gold.person_daily AS came
LEFT JOIN gold.person_daily AS again
    ON again.person = came.person
    AND again.environment = came.environment
    AND again.day > came.day
    AND again.day <= came.day + INTERVAL '7' DAY
GROUP BY came.environment, came.day
ORDER BY came.environment, came.day
