-- A version comes after those that were seen on an earlier day; of one day, 10 comes after 9.
WITH counted AS (
    SELECT
        environment,
        template_id,
        template_version,
        MIN(day) AS first_day,
        MAX(day) AS last_day,
        SUM(executions) AS executions,
        SUM(errors) AS errors,
        SUM(cost_usd) AS cost_usd,
        SUM(unpriced_tokens) AS unpriced_tokens,
        SUM(priced_successes) AS priced_successes,
        SUM(thumbs_up) AS thumbs_up,
        SUM(thumbs_down) AS thumbs_down,
        SUM(ratings) AS ratings,
        SUM(rating_sum) AS rating_sum,
        SUM(implicit_negative) AS implicit_negative,
        SUM(evaluations_passed) AS evaluations_passed,
        SUM(evaluations_failed) AS evaluations_failed
    FROM (
        SELECT
            day, environment, template_id, template_version, 0 AS executions, 0 AS errors, cost_usd, unpriced_tokens,
            priced_successes, 0 AS thumbs_up, 0 AS thumbs_down, 0 AS ratings, 0 AS rating_sum, 0 AS implicit_negative,
            0 AS evaluations_passed, 0 AS evaluations_failed
        FROM gold.cost_daily
        UNION ALL
        SELECT
            day, environment, template_id, template_version, executions, errors, NULL, 0, 0, thumbs_up, thumbs_down,
            ratings, rating_sum, implicit_negative, evaluations_passed, evaluations_failed
        FROM gold.quality_daily
    ) AS said
    WHERE template_id IS NOT NULL
    GROUP BY 1, 2, 3
),
rated AS (
    SELECT
        *,
        CAST(FLOOR(CAST(cost_usd AS DOUBLE) / NULLIF(priced_successes, 0) * 1e9 + 5e-1) / 1e9 AS DECIMAL(18, 9))
            AS cost_per_success_usd,
        CAST(errors AS DOUBLE) / NULLIF(executions, 0) AS error_rate,
        CAST(evaluations_passed AS DOUBLE) / NULLIF(evaluations_passed + evaluations_failed, 0) AS evaluation_pass_rate,
        CAST(thumbs_up AS DOUBLE) / NULLIF(thumbs_up + thumbs_down, 0) AS thumbs_up_rate,
        CAST(rating_sum AS DOUBLE) / NULLIF(ratings, 0) AS average_rating,
        CAST(implicit_negative AS DOUBLE) / NULLIF(executions, 0) AS implicit_negative_rate
    FROM counted
),
beside AS (
    SELECT
        *,
        LAG(template_version) OVER by_age AS previous_version,
        LAG(cost_per_success_usd) OVER by_age AS previous_cost,
        LAG(error_rate) OVER by_age AS previous_error_rate,
        LAG(evaluation_pass_rate) OVER by_age AS previous_pass_rate,
        LAG(thumbs_up_rate) OVER by_age AS previous_thumbs_up_rate,
        LAG(average_rating) OVER by_age AS previous_rating,
        LAG(implicit_negative_rate) OVER by_age AS previous_negative_rate
    FROM rated
    WINDOW by_age AS (PARTITION BY environment, template_id
        ORDER BY first_day, LENGTH(COALESCE(template_version, '')), COALESCE(template_version, ''))
)
SELECT
    environment,
    template_id,
    template_version,
    first_day,
    last_day,
    previous_version,
    executions,
    errors,
    cost_usd,
    unpriced_tokens,
    cost_per_success_usd,
    CAST(cost_per_success_usd AS DOUBLE) / NULLIF(previous_cost, 0) - 1 AS cost_per_success_change,
    error_rate,
    error_rate - previous_error_rate AS error_rate_change,
    evaluation_pass_rate,
    evaluation_pass_rate - previous_pass_rate AS evaluation_pass_rate_change,
    thumbs_up_rate,
    thumbs_up_rate - previous_thumbs_up_rate AS thumbs_up_rate_change,
    average_rating,
    average_rating - previous_rating AS average_rating_change,
    implicit_negative_rate,
    implicit_negative_rate - previous_negative_rate AS implicit_negative_rate_change
FROM beside
