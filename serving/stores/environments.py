"""Which environments there are: those in which anything was ever kept."""

from serving.stores.table import Key, Put, Table, every

_PARTITION, _LISTED = "environments", "{}"


def environments(table: Table) -> list[str]:
    return [name for name, _ in every(table, _PARTITION)]


def listing(environment: str) -> Put:
    """What is written with the first thing in an environment, and does no harm with any other."""
    return Put(Key(_PARTITION, environment), _LISTED)
