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
    score,
    survey_answers,
    survey_numbers,
    survey_number_sum,
    SUM(first_of_people) OVER (PARTITION BY day, environment, survey, question, team, feature, template_id,
        template_version, variant, provider, model) AS people
FROM (
    SELECT
        day, environment, survey, question, team, feature, template_id, template_version, variant, provider, model, score,
        COUNT(*) AS survey_answers,
        COUNT(number) AS survey_numbers,
        SUM(COALESCE(EXACT(number), 0)) AS survey_number_sum,
        COUNT_IF(place_of_person = 1) AS first_of_people
    FROM (
        SELECT
            *,
            CASE WHEN number BETWEEN 0 AND 100 AND FLOOR(number) = number THEN CAST(FLOOR(number) AS BIGINT) END AS score,
            ROW_NUMBER() OVER (PARTITION BY day, environment, survey, question, team, feature, template_id,
                template_version, variant, provider, model, person ORDER BY event_id) AS place_of_person
        FROM silver.survey_answer
        WHERE survey IS NOT NULL OR kind = 'survey'
    ) AS answered
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
) AS counted
