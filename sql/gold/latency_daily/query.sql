-- Distributions that add up over days and dimensions: each value stands in the middle of a bucket no wider than a
-- 64th of itself, so that a percentile read from the counts is off by less than 0.8 %.
SELECT
    day,
    environment,
    feature,
    template_id,
    template_version,
    provider,
    model,
    measure,
    CASE
        WHEN v < 128 THEN v
        WHEN v < 256 THEN v - v % 2 + 1
        WHEN v < 512 THEN v - v % 4 + 2
        WHEN v < 1024 THEN v - v % 8 + 4
        WHEN v < 2048 THEN v - v % 16 + 8
        WHEN v < 4096 THEN v - v % 32 + 16
        WHEN v < 8192 THEN v - v % 64 + 32
        WHEN v < 16384 THEN v - v % 128 + 64
        WHEN v < 32768 THEN v - v % 256 + 128
        WHEN v < 65536 THEN v - v % 512 + 256
        WHEN v < 131072 THEN v - v % 1024 + 512
        WHEN v < 262144 THEN v - v % 2048 + 1024
        WHEN v < 524288 THEN v - v % 4096 + 2048
        WHEN v < 1048576 THEN v - v % 8192 + 4096
        WHEN v < 2097152 THEN v - v % 16384 + 8192
        WHEN v < 4194304 THEN v - v % 32768 + 16384
        WHEN v < 8388608 THEN v - v % 65536 + 32768
        WHEN v < 16777216 THEN v - v % 131072 + 65536
        WHEN v < 33554432 THEN v - v % 262144 + 131072
        WHEN v < 67108864 THEN v - v % 524288 + 262144
        WHEN v < 134217728 THEN v - v % 1048576 + 524288
        WHEN v < 268435456 THEN v - v % 2097152 + 1048576
        WHEN v < 536870912 THEN v - v % 4194304 + 2097152
        WHEN v < 1073741824 THEN v - v % 8388608 + 4194304
        ELSE v - v % 16777216 + 8388608
    END AS bucket_ms,
    COUNT(*) AS executions
FROM (
    SELECT
        CAST(date_trunc('day', occurred_at) AS DATE) AS day, environment, feature, template_id, template_version,
        provider, model, 'latency' AS measure, latency_ms AS v
    FROM silver.prompt_execution
    WHERE latency_ms IS NOT NULL
    UNION ALL
    SELECT
        CAST(date_trunc('day', occurred_at) AS DATE), environment, feature, template_id, template_version,
        provider, model, 'time_to_first_token', time_to_first_token_ms
    FROM silver.prompt_execution
    WHERE time_to_first_token_ms IS NOT NULL
) AS measured
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
