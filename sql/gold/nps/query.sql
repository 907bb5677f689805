SELECT
    day,
    environment,
    survey,
    question,
    team,
    feature,
    template_id,
    template_version,
    variant,
    provider,
    model,
    COUNT(*) AS nps_answers,
    COUNT_IF(nps >= 9) AS nps_promoters,
    COUNT_IF(nps BETWEEN 7 AND 8) AS nps_passives,
    COUNT_IF(nps <= 6) AS nps_detractors,
    COUNT(DISTINCT person) AS people
FROM silver.survey_answer
WHERE nps IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
