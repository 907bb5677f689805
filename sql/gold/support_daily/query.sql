SELECT
    day,
    environment,
    topic,
    channel,
    priority,
    team,
    feature,
    template_id,
    template_version,
    resolution_bucket_min,
    tickets,
    tickets_solved,
    tickets_timed,
    tickets_mistimed,
    resolution_s,
    SUM(first_of_people) OVER (PARTITION BY day, environment, topic, channel, priority, team, feature, template_id,
        template_version) AS people
FROM (
    SELECT
        day, environment, topic, channel, priority, team, feature, template_id, template_version,
        BUCKET(resolution_min) AS resolution_bucket_min,
        COUNT(*) AS tickets,
        COUNT_IF(is_solved) AS tickets_solved,
        COUNT(resolution_s) AS tickets_timed,
        COUNT_IF(is_solved AND told_s IS NOT NULL AND resolution_s IS NULL) AS tickets_mistimed,
        SUM(COALESCE(resolution_s, 0)) AS resolution_s,
        COUNT_IF(place_of_person = 1) AS first_of_people
    FROM (
        SELECT *, CAST(FLOOR(CAST(resolution_s AS DOUBLE) / 60) AS BIGINT) AS resolution_min
        FROM (
            -- Ten years: what is said to have taken longer has a time that is not meant.
            SELECT *, CASE WHEN is_solved AND told_s BETWEEN 0 AND 315576000 THEN told_s END AS resolution_s
            FROM (
                SELECT
                    *,
                    status IN ('solved', 'closed') AS is_solved,
                    date_diff('second', opened_at, solved_at) AS told_s,
                    ROW_NUMBER() OVER (PARTITION BY day, environment, topic, channel, priority, team, feature,
                        template_id, template_version, person ORDER BY ticket_id) AS place_of_person
                FROM silver.told_ticket
            ) AS told
        ) AS timed
    ) AS in_minutes
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
) AS counted
