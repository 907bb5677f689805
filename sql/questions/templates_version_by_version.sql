-- Did the newest version of each template make things better?
SELECT
    environment,
    template_id,
    template_version,
    previous_version,
    executions,
    error_rate,
    cost_per_success_usd,
    cost_per_success_change,
    thumbs_up_rate,
    thumbs_up_rate_change,
    evaluation_pass_rate,
    evaluation_pass_rate_change
FROM gold.template_scorecard
ORDER BY environment, template_id, first_day, template_version
