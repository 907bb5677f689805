SELECT
    event_id,
    CAST(from_unixtime_nanos(occurred_at_us * 1000) AS TIMESTAMP(6)) AS occurred_at,
    environment,
    team,
    feature,
    user_id,
    session_id,
    trace_id,
    properties,
    action,
    name,
    page,
    experiment,
    variant,
    CAST(from_unixtime_nanos(received_at_us * 1000) AS TIMESTAMP(6)) AS received_at,
    door
FROM bronze.behavior
