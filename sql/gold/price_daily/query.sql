-- What costs were computed from. A day that is over keeps its rows; only `promptlake prices reprice` replaces them.
SELECT
    day,
    said_provider,
    said_model,
    said_region,
    said_service_tier,
    said_is_batch,
    provider,
    model,
    region,
    valid_from,
    valid_to,
    input_tokens_from,
    input_tokens_through,
    input_usd,
    cache_read_usd,
    cache_write_5m_usd,
    cache_write_1h_usd,
    output_usd,
    source
FROM price.model_price
WHERE day IN (SELECT CAST(date_trunc('day', occurred_at) AS DATE) FROM silver.prompt_execution)
