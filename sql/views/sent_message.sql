-- One row a message to one person, on the day it was first sent, with what became of it from the day before (clocks
-- disagree) to the seventh after. Acts of messages that nobody is told to have sent in that time have no message: a row a
-- day and message, with was_sent false.
SELECT
    day,
    environment,
    message_id,
    recipient,
    is_sent = 1 AS was_sent,
    CASE WHEN is_sent = 1 THEN 0 ELSE acts END AS stray_acts,
    campaign,
    email_template,
    became_delivered = 1 AS was_delivered,
    became_opened = 1 AS was_opened,
    became_clicked = 1 AS was_clicked,
    became_bounced = 1 AS has_bounced,
    became_complained = 1 AS has_complained,
    became_unsubscribed = 1 AS has_unsubscribed,
    became_failed = 1 AS has_failed
FROM (
    SELECT
        day,
        environment,
        message_id,
        recipient,
        is_sent,
        acts,
        MAX(is_sent) OVER around AS sent_around,
        MAX(is_sent) OVER before AS sent_before,
        COALESCE(campaign, MAX(campaign) OVER life) AS campaign,
        COALESCE(email_template, MAX(email_template) OVER life) AS email_template,
        MAX(is_delivered) OVER life AS became_delivered,
        MAX(is_opened) OVER life AS became_opened,
        MAX(is_clicked) OVER life AS became_clicked,
        MAX(is_bounced) OVER life AS became_bounced,
        MAX(is_complained) OVER life AS became_complained,
        MAX(is_unsubscribed) OVER life AS became_unsubscribed,
        MAX(is_failed) OVER life AS became_failed
    FROM (
        SELECT
            CAST(date_trunc('day', occurred_at) AS DATE) AS day,
            date_diff('day', DATE '1970-01-01', CAST(date_trunc('day', occurred_at) AS DATE)) AS day_number,
            environment,
            message_id,
            recipient,
            COUNT(*) AS acts,
            MAX(campaign) AS campaign,
            MAX(email_template) AS email_template,
            MAX(CASE WHEN action = 'sent' THEN 1 ELSE 0 END) AS is_sent,
            -- What was clicked was opened, and what was opened, complained of or unsubscribed from had come, told or not.
            MAX(CASE WHEN action IN ('delivered', 'opened', 'clicked', 'complained', 'unsubscribed') THEN 1 ELSE 0 END)
                AS is_delivered,
            MAX(CASE WHEN action IN ('opened', 'clicked') THEN 1 ELSE 0 END) AS is_opened,
            MAX(CASE WHEN action = 'clicked' THEN 1 ELSE 0 END) AS is_clicked,
            MAX(CASE WHEN action = 'bounced' THEN 1 ELSE 0 END) AS is_bounced,
            MAX(CASE WHEN action = 'complained' THEN 1 ELSE 0 END) AS is_complained,
            MAX(CASE WHEN action = 'unsubscribed' THEN 1 ELSE 0 END) AS is_unsubscribed,
            MAX(CASE WHEN action IN ('rejected', 'failed') THEN 1 ELSE 0 END) AS is_failed
        FROM silver.email_event
        GROUP BY 1, 2, 3, 4, 5
    ) AS on_day
    WINDOW
        before AS (PARTITION BY environment, message_id, recipient ORDER BY day_number
            RANGE BETWEEN 7 PRECEDING AND 1 PRECEDING),
        around AS (PARTITION BY environment, message_id, recipient ORDER BY day_number
            RANGE BETWEEN 7 PRECEDING AND 1 FOLLOWING),
        life AS (PARTITION BY environment, message_id, recipient ORDER BY day_number
            RANGE BETWEEN 1 PRECEDING AND 7 FOLLOWING)
) AS within_a_week
WHERE (is_sent = 1 AND COALESCE(sent_before, 0) = 0) OR sent_around = 0
