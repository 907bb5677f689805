"""What is booked where events are handed over. Without pyarrow, for functions that count have no room for it."""

from typing import NamedTuple


class BronzeObject(NamedTuple):
    """One Parquet object of bronze, by its path in the lake."""

    path: str
    table: str
    hour: str
    door: str
    rows: int
    size_bytes: int


class Booking(NamedTuple):
    """So many events of one type, arrived in one hour through one door, became ``kind``."""

    hour: str
    event_type: str
    door: str
    kind: str
    events: int
