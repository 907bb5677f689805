-- Which prompt templates read and write most a call?
SELECT
    environment,
    template_id,
    template_version,
    SUM(executions) AS executions,
    CAST(SUM(uncached_input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens) AS DOUBLE)
        / NULLIF(SUM(executions), 0) AS input_tokens_a_call,
    CAST(SUM(output_tokens) AS DOUBLE) / NULLIF(SUM(executions), 0) AS output_tokens_a_call
FROM gold.cost_daily
WHERE template_id IS NOT NULL
GROUP BY environment, template_id, template_version
ORDER BY environment, template_id, template_version
