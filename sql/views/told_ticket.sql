-- One row a ticket, on the day on which it was first told of, as it stood thirty days later: of each field what was told
-- last. A ticket that was silent for longer than that counts anew.
SELECT
    MIN(day) AS day,
    environment,
    ticket_id,
    MAX_BY(status, place) AS status,
    MAX_BY(opened_at, place) FILTER (WHERE opened_at IS NOT NULL) AS opened_at,
    -- Desks tell the time once, and no more when the ticket is closed.
    MAX_BY(solved_at, place) FILTER (WHERE solved_at IS NOT NULL) AS solved_at,
    MAX_BY(topic, place) FILTER (WHERE topic IS NOT NULL) AS topic,
    MAX_BY(channel, place) FILTER (WHERE channel IS NOT NULL) AS channel,
    MAX_BY(priority, place) FILTER (WHERE priority IS NOT NULL) AS priority,
    MAX_BY(team, place) FILTER (WHERE team IS NOT NULL) AS team,
    MAX_BY(feature, place) FILTER (WHERE feature IS NOT NULL) AS feature,
    MAX_BY(template_id, place) FILTER (WHERE template_id IS NOT NULL) AS template_id,
    NULLIF(MAX_BY(COALESCE(template_version, ''), place) FILTER (WHERE template_id IS NOT NULL), '') AS template_version,
    COALESCE(MAX_BY(person, place) FILTER (WHERE person IS NOT NULL), ticket_id) AS person
FROM (
    SELECT *, MIN(day_number) OVER (PARTITION BY environment, ticket_id, spell) AS first_day_number
    FROM (
        SELECT
            *,
            SUM(CASE WHEN day_number - day_number_before <= 30 THEN 0 ELSE 1 END)
                OVER (PARTITION BY environment, ticket_id ORDER BY place ROWS UNBOUNDED PRECEDING) AS spell
        FROM (
            SELECT
                *,
                LAG(day_number) OVER (PARTITION BY environment, ticket_id ORDER BY place) AS day_number_before
            FROM (
                SELECT
                    CAST(date_trunc('day', occurred_at) AS DATE) AS day,
                    date_diff('day', DATE '1970-01-01', CAST(date_trunc('day', occurred_at) AS DATE)) AS day_number,
                    environment, ticket_id, status, opened_at, solved_at, topic, channel, priority, team, feature,
                    template_id, template_version,
                    COALESCE(user_id, anonymous_id, session_id) AS person,
                    ROW_NUMBER() OVER (PARTITION BY environment, ticket_id ORDER BY occurred_at, event_id) AS place
                FROM silver.support_ticket
            ) AS told
        ) AS after_another
    ) AS in_spells
) AS placed
WHERE day_number <= first_day_number + 30
GROUP BY environment, ticket_id, spell
