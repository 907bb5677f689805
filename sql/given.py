"""Tables that jobs hand to the models beside the events: columns by name, with Trino's types."""

from collections.abc import Mapping

from sql.funnels import model as funnels
from sql.prices.daily import COLUMNS, TABLE

GIVEN: Mapping[str, Mapping[str, str]] = {
    TABLE: COLUMNS,
    funnels.TABLE: funnels.COLUMNS,
    "metric.threshold": {"metric": "varchar", "good": "double", "poor": "double"},
    "ledger.booking": {
        "hour": "varchar",
        "event_type": "varchar",
        "door": "varchar",
        "kind": "varchar",
        "count": "bigint",
    },
}
