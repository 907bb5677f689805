-- What do people think of the answers, by feature?
SELECT
    environment,
    feature,
    SUM(thumbs_up) AS thumbs_up,
    SUM(thumbs_down) AS thumbs_down,
    CAST(SUM(thumbs_up) AS DOUBLE) / NULLIF(SUM(thumbs_up + thumbs_down), 0) AS thumbs_up_rate,
    SUM(ratings) AS ratings,
    CAST(SUM(rating_sum) AS DOUBLE) / NULLIF(SUM(ratings), 0) AS average_rating,
    CAST(SUM(implicit_negative) AS DOUBLE) / NULLIF(SUM(executions), 0) AS implicit_negative_rate
FROM gold.quality_daily
GROUP BY environment, feature
ORDER BY environment, feature
