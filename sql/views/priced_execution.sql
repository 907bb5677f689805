-- The one cost expression. A price is per token and dated, and depends on how much the call read; tokens of a call without
-- a price are never free, but unpriced. What the application's own cache answered, nobody bills.
-- The widths: 19 digits of tokens keep DuckDB from multiplying in 64 bits; 13 of a price keep the sum within 38 in Spark.
SELECT
    e.*,
    p.model IS NOT NULL OR COALESCE(e.is_local_cache_hit, FALSE) AS is_priced,
    CASE WHEN COALESCE(e.is_local_cache_hit, FALSE) THEN CAST(0 AS DECIMAL(38, 12)) WHEN p.model IS NULL THEN NULL ELSE
        CAST(COALESCE(e.uncached_input_tokens, 0) AS DECIMAL(19, 0)) * p.input_usd
        + CAST(COALESCE(e.cache_read_tokens, 0) AS DECIMAL(19, 0)) * p.cache_read_usd
        + CAST(COALESCE(e.cache_write_5m_tokens, 0) AS DECIMAL(19, 0)) * p.cache_write_5m_usd
        + CAST(COALESCE(e.cache_write_1h_tokens, 0) AS DECIMAL(19, 0)) * p.cache_write_1h_usd
        + CAST(COALESCE(e.output_tokens, 0) AS DECIMAL(19, 0)) * p.output_usd
    END AS cost_usd,
    CASE WHEN p.model IS NULL AND NOT COALESCE(e.is_local_cache_hit, FALSE) THEN
        COALESCE(e.uncached_input_tokens, 0) + COALESCE(e.cache_read_tokens, 0)
        + COALESCE(e.cache_write_5m_tokens, 0) + COALESCE(e.cache_write_1h_tokens, 0)
        + COALESCE(e.output_tokens, 0)
    ELSE 0 END AS unpriced_tokens
FROM silver.prompt_execution AS e
LEFT JOIN price.model_price AS p
    ON p.day = CAST(date_trunc('day', e.occurred_at) AS DATE)
    AND p.said_provider = COALESCE(e.provider, '')
    AND p.said_model = e.model
    AND p.said_region = COALESCE(e.region, '')
    AND p.said_service_tier = COALESCE(e.service_tier, '')
    AND p.said_is_batch = COALESCE(e.is_batch, FALSE)
    AND e.occurred_at >= p.valid_from
    AND e.occurred_at < p.valid_to
    AND COALESCE(e.uncached_input_tokens, 0) + COALESCE(e.cache_read_tokens, 0)
        + COALESCE(e.cache_write_5m_tokens, 0) + COALESCE(e.cache_write_1h_tokens, 0)
        BETWEEN p.input_tokens_from AND p.input_tokens_through
