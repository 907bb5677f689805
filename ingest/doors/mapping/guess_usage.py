"""Tells a usage export, whose rows sum up many calls, from a log of single calls."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from ingest.doors.mapping import guess_fields as fields
from ingest.doors.mapping import guess_names as names
from ingest.doors.mapping.guess_fields import Places
from ingest.doors.mapping.guess_sample import Place, Sample
from ingest.doors.mapping.paths import get
from ingest.doors.mapping.times import ConversionError, decimal, epoch_unit_of, from_epoch, from_iso
from ingest.doors.refused import ImportRefused

_UTC = ZoneInfo("UTC")


def refuse_usage_export(sample: Sample, seen: Places) -> None:
    """Make no executions of rows that are sums: every count and every latency made of them would be wrong.

    Raises:
        ImportRefused: the rows count requests, or are tokens or costs of whole days.
    """
    if not any(fields.pick(seen, wanted, fields.is_amount) for wanted in (*names.SUMMED, names.COST)):
        return
    requests = fields.pick(seen, names.REQUESTS, _counts_several)
    if requests is not None:
        told = f"{requests.path!r} counts the requests that a row sums up"
    elif (day := _days(sample, seen)) is not None:
        told = f"{day.path!r} holds whole days, and no other row has the same day and names"
    else:
        return
    raise ImportRefused(
        f"{sample.path} looks like a usage export, not a log of single calls: {told}, so no executions can be made "
        f"of it; import the log of the calls themselves, or, if each row is one call after all, write the mapping by "
        f"hand (docs/mappings.md)."
    )


def _counts_several(place: Place) -> bool:
    return fields.is_count(place) and any((decimal(v) or 0) > 1 for v in place.values)


def _days(sample: Sample, seen: Places) -> Place | None:
    """The place of the days, if the rows are sums by day and by all that has a name."""
    if len(sample.rows) < 2 or fields.duration(seen, names.LATENCY) is not None:
        return None
    times = [p for name in names.DAY for p in seen.values() if name in p.names() and len(p.values) == len(sample.rows)]
    day = next((p for p in times if all(_is_midnight(v) for v in p.values)), None)
    if day is None:
        return None
    called = [p.path for p in seen.values() if p is not day and not fields.is_amount(p)]
    keys = [str([get(row, path) for path in (day.path, *called)]) for row in sample.rows]
    return day if len(set(keys)) == len(keys) else None


def _is_midnight(value: Any) -> bool:
    number = decimal(value)
    unit = epoch_unit_of(number) if number is not None else None
    try:
        moment = from_epoch(value, unit) if unit else from_iso(value, _UTC)
    except ConversionError:
        return False
    return moment.timetz().replace(tzinfo=None) == time(0)
