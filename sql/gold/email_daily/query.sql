SELECT
    day,
    environment,
    campaign,
    email_template,
    COUNT_IF(was_sent) AS emails_sent,
    COUNT_IF(was_sent AND was_delivered) AS emails_delivered,
    COUNT_IF(was_sent AND was_opened) AS emails_opened,
    COUNT_IF(was_sent AND was_clicked) AS emails_clicked,
    COUNT_IF(was_sent AND has_bounced) AS emails_bounced,
    COUNT_IF(was_sent AND has_complained) AS emails_complained,
    COUNT_IF(was_sent AND has_unsubscribed) AS emails_unsubscribed,
    COUNT_IF(was_sent AND has_failed) AS emails_failed,
    SUM(stray_acts) AS email_stray_acts,
    COUNT(DISTINCT CASE WHEN was_sent THEN COALESCE(recipient, message_id) END) AS people
FROM silver.sent_message
GROUP BY 1, 2, 3, 4
