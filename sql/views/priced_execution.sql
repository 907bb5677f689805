-- The one cost expression. A price is per token and dated; tokens of a model without a price are never free, but unpriced.
SELECT
    e.*,
    p.model IS NOT NULL AS is_priced,
    CASE WHEN p.model IS NULL THEN NULL ELSE
        CAST(COALESCE(e.uncached_input_tokens, 0) AS DECIMAL(18, 0)) * p.input_usd
        + CAST(COALESCE(e.cache_read_tokens, 0) AS DECIMAL(18, 0)) * p.cache_read_usd
        + CAST(COALESCE(e.cache_write_5m_tokens, 0) AS DECIMAL(18, 0)) * p.cache_write_5m_usd
        + CAST(COALESCE(e.cache_write_1h_tokens, 0) AS DECIMAL(18, 0)) * p.cache_write_1h_usd
        + CAST(COALESCE(e.output_tokens, 0) AS DECIMAL(18, 0)) * p.output_usd
    END AS cost_usd,
    CASE WHEN p.model IS NULL THEN
        COALESCE(e.uncached_input_tokens, 0) + COALESCE(e.cache_read_tokens, 0)
        + COALESCE(e.cache_write_5m_tokens, 0) + COALESCE(e.cache_write_1h_tokens, 0)
        + COALESCE(e.output_tokens, 0)
    ELSE 0 END AS unpriced_tokens
FROM silver.prompt_execution AS e
LEFT JOIN price.model_price AS p
    ON p.said_model = e.model
    AND p.said_provider = COALESCE(e.provider, '')
    AND e.occurred_at >= p.valid_from
    AND e.occurred_at < p.valid_to
