SELECT
    day,
    environment,
    person,
    session_id,
    session_number,
    page_view_id,
    user_id,
    page,
    device,
    started_at,
    is_opened,
    -- Seen before its first act is only what was not told to begin there.
    LEAST(pinged_ms, seen_ms + CASE WHEN is_opened THEN 0 ELSE 300000 END) AS engaged_ms,
    cut_pings,
    scroll_percent,
    clicks,
    lcp_ms,
    inp_ms,
    cls,
    fcp_ms,
    ttfb_ms
FROM (
    SELECT
        day,
        environment,
        person,
        session_id,
        session_number,
        page_view_id,
        MAX(user_id) AS user_id,
        MIN(page) AS page,
        MIN(device) AS device,
        MIN(occurred_at) AS started_at,
        COUNT_IF(action = 'page_view') > 0 AS is_opened,
        date_diff('millisecond', MIN(occurred_at), MAX(occurred_at)) AS seen_ms,
        COALESCE(SUM(pinged_ms), 0) AS pinged_ms,
        COUNT_IF(is_cut) AS cut_pings,
        MAX(scroll_percent) AS scroll_percent,
        COUNT_IF(action = 'click') AS clicks,
        MAX(CASE WHEN kind = 'web_vital' AND name = 'LCP' THEN value END) AS lcp_ms,
        MAX(CASE WHEN kind = 'web_vital' AND name = 'INP' THEN value END) AS inp_ms,
        MAX(CASE WHEN kind = 'web_vital' AND name = 'CLS' THEN value END) AS cls,
        MAX(CASE WHEN kind = 'web_vital' AND name = 'FCP' THEN value END) AS fcp_ms,
        MAX(CASE WHEN kind = 'web_vital' AND name = 'TTFB' THEN value END) AS ttfb_ms
    FROM silver.visited_act
    WHERE person IS NOT NULL AND NOT is_bot AND page_view_id IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6
) AS seen
