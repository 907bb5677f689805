-- Answers to surveys, and how likely people are to recommend, with the template, arm, model and feature of what they are
-- about: the execution that an answer names, else what all executions of its session have in common. No text of anyone.
WITH asked AS (
    SELECT
        event_id, occurred_at, CAST(date_trunc('day', occurred_at) AS DATE) AS day, environment, kind, team, feature,
        template_id, template_version, execution_id, session_id, survey, question, nps,
        COALESCE(answer_number, CAST(rating AS DOUBLE), CAST(nps AS DOUBLE)) AS number,
        COALESCE(user_id, anonymous_id, session_id, event_id) AS person
    FROM silver.feedback
    WHERE survey IS NOT NULL OR kind = 'survey' OR nps IS NOT NULL
),
-- What is empty and what differs are kept apart by the text that stands for null.
in_session AS (
    SELECT
        asked.event_id,
        CASE WHEN MIN(e.least_team) = MAX(e.most_team) THEN NULLIF(MIN(e.least_team), '') END AS team,
        CASE WHEN MIN(e.least_feature) = MAX(e.most_feature) THEN NULLIF(MIN(e.least_feature), '') END AS feature,
        CASE WHEN MIN(e.least_template) = MAX(e.most_template) THEN NULLIF(MIN(e.least_template), '') END AS template_id,
        CASE WHEN MIN(e.least_template) = MAX(e.most_template) AND MIN(e.least_version) = MAX(e.most_version)
            THEN NULLIF(MIN(e.least_version), '') END AS template_version,
        CASE WHEN MIN(e.least_variant) = MAX(e.most_variant) THEN NULLIF(MIN(e.least_variant), '') END AS variant,
        CASE WHEN MIN(e.least_provider) = MAX(e.most_provider) THEN NULLIF(MIN(e.least_provider), '') END AS provider,
        CASE WHEN MIN(e.least_model) = MAX(e.most_model) THEN NULLIF(MIN(e.least_model), '') END AS model
    FROM asked
    INNER JOIN (
        SELECT
            CAST(date_trunc('day', x.occurred_at) AS DATE) AS day, x.environment, x.session_id,
            MIN(COALESCE(x.team, '')) AS least_team, MAX(COALESCE(x.team, '')) AS most_team,
            MIN(COALESCE(x.feature, '')) AS least_feature, MAX(COALESCE(x.feature, '')) AS most_feature,
            MIN(COALESCE(x.template_id, '')) AS least_template, MAX(COALESCE(x.template_id, '')) AS most_template,
            MIN(COALESCE(x.template_version, '')) AS least_version, MAX(COALESCE(x.template_version, '')) AS most_version,
            MIN(COALESCE(x.variant, '')) AS least_variant, MAX(COALESCE(x.variant, '')) AS most_variant,
            MIN(COALESCE(x.provider, '')) AS least_provider, MAX(COALESCE(x.provider, '')) AS most_provider,
            MIN(x.model) AS least_model, MAX(x.model) AS most_model
        FROM silver.prompt_execution AS x
        -- Only the sessions that somebody answered in.
        INNER JOIN (
            SELECT DISTINCT environment, session_id FROM asked WHERE execution_id IS NULL AND session_id IS NOT NULL
        ) AS s
            ON s.environment = x.environment AND s.session_id = x.session_id
        GROUP BY 1, 2, 3
    ) AS e
        ON e.environment = asked.environment AND e.session_id = asked.session_id
        -- By day, so that a session without end costs a row a day and not one an execution.
        AND e.day >= asked.day - INTERVAL '6' DAY AND e.day <= asked.day + INTERVAL '1' DAY
    WHERE asked.execution_id IS NULL
    GROUP BY 1
)
SELECT
    asked.event_id,
    asked.day,
    asked.environment,
    asked.survey,
    asked.question,
    asked.kind,
    COALESCE(asked.team, e.team, s.team) AS team,
    COALESCE(asked.feature, e.feature, s.feature) AS feature,
    COALESCE(asked.template_id, e.template_id, s.template_id) AS template_id,
    -- As in silver.rated_execution.
    CASE WHEN asked.template_id <> COALESCE(e.template_id, s.template_id) THEN asked.template_version
        ELSE COALESCE(asked.template_version, e.template_version, s.template_version) END AS template_version,
    COALESCE(e.variant, s.variant) AS variant,
    COALESCE(e.provider, s.provider) AS provider,
    COALESCE(e.model, s.model) AS model,
    asked.person,
    asked.nps,
    asked.number
FROM asked
LEFT JOIN silver.prompt_execution AS e
    ON e.event_id = asked.execution_id
    -- Bounded, as in silver.rated_execution.
    AND e.occurred_at > asked.occurred_at - INTERVAL '6' DAY
    AND e.occurred_at < asked.occurred_at + INTERVAL '1' DAY
LEFT JOIN in_session AS s
    ON s.event_id = asked.event_id
