"""Tables that jobs hand to the models beside the events: columns by name, with Trino's types."""

from collections.abc import Mapping

GIVEN: Mapping[str, Mapping[str, str]] = {
    "price.model_price": {
        "said_provider": "varchar",
        "said_model": "varchar",
        "provider": "varchar",
        "model": "varchar",
        "valid_from": "timestamp(6)",
        "valid_to": "timestamp(6)",
        "input_usd": "decimal(18, 12)",
        "cache_read_usd": "decimal(18, 12)",
        "cache_write_5m_usd": "decimal(18, 12)",
        "cache_write_1h_usd": "decimal(18, 12)",
        "output_usd": "decimal(18, 12)",
    },
    "metric.threshold": {"metric": "varchar", "good": "double", "poor": "double"},
    "ledger.booking": {
        "hour": "varchar",
        "event_type": "varchar",
        "door": "varchar",
        "kind": "varchar",
        "count": "bigint",
    },
}
