"""Where everything lies: the only place that builds a storage path. Paths are relative to the lake's root,
with ``/``, so that they serve as S3 keys and as files alike.
"""

from datetime import UTC, date, datetime

BRONZE = "bronze"
SILVER = "silver"
GOLD = "gold"
SPOOL = "spool"
STAGING = "staging"
PUBLISH = "publish"
OPERATIONS = "operations"
ANALYSIS = "analysis"
"""Views for analysts, which hold nothing themselves."""
DAMAGED = "damaged"
"""Objects of bronze that could not be read, set aside."""
FAILED = "failed"
"""What Firehose could not deliver, until it is put back."""

_REFUSED = "refused-"

RECEIPTS = "erasures"
REPORTS = "reports"
"""Reports that were mailed, as they were."""

POINTER = f"{PUBLISH}/current.json"
"""The one file that says which publication is read."""

LAKE_FILE = "lake.json"
SETTINGS_FILE = "settings.toml"
STATE_FILE = "state.db"
CATALOG_FILE = "catalog.db"
TEMPLATES_FILE = "templates.db"
PRICES_FILE = "prices.csv"
"""The owner's own prices, if there are any."""
FUNNELS_FILE = "funnels.yaml"
"""The owner's own funnels, if there are any."""
PROFILES_FILE = "inference_profiles.csv"
"""The models behind application inference profiles, as far as they were looked up."""

HOUR_KEY = "received_hour"
"""Bronze partition key; Athena's partition projection reads it as a date of the format below."""

DAY_KEY = "checked_day"
"""Partition key of what the gate found."""

BRONZE_SUFFIX = ".parquet"

HOUR_FORMAT = "%Y-%m-%d-%H"
PROJECTION_HOUR_FORMAT = "yyyy-MM-dd-HH"
PROJECTION_DAY_FORMAT = "yyyy-MM-dd"
PROJECTED_FROM = date(2026, 1, 1)
"""No lake is older."""


def received_hour(received_at_us: int) -> str:
    """The bronze partition of an arrival time in microseconds since 1970, such as ``2026-11-23-09``."""
    return datetime.fromtimestamp(received_at_us // 1_000_000, UTC).strftime(HOUR_FORMAT)


def bronze_table(event_type: str) -> str:
    return f"{BRONZE}/{event_type}"


def bronze_hour(event_type: str, hour: str) -> str:
    """The partition of an hour, written as in ``received_hour``."""
    return f"{bronze_table(event_type)}/{HOUR_KEY}={hour}"


def bronze_object(event_type: str, hour: str, name: str) -> str:
    """One Parquet object of one bronze partition."""
    return f"{bronze_hour(event_type, hour)}/{name}{BRONZE_SUFFIX}"


def failed(table: str) -> str:
    """Below here lies what Firehose could not deliver of a table, in folders by what has failed."""
    return f"{FAILED}/{table}"


def staged(path: str) -> str:
    """Where an object of bronze waits to get its place."""
    return f"{STAGING}/{path.replace('/', '~')}"


def refused(hour: str, name: str) -> str:
    """Where rows that a build refuses wait for its commit, without the file's suffix."""
    return f"{STAGING}/{_REFUSED}{hour}-{name}"


def is_refused(path: str) -> bool:
    """Whether an object is such."""
    return path.startswith(f"{STAGING}/{_REFUSED}")


def bronze_event_type(path: str) -> str:
    """Whose table a bronze object is of."""
    return path.split("/")[1]


def table(layer: str, name: str) -> str:
    """Root of an Iceberg table of ``silver`` or ``gold``."""
    return f"{layer}/{name}"


def table_data(layer: str, name: str) -> str:
    return f"{table(layer, name)}/data"


def extract(publication: str, name: str, month: str = "") -> str:
    """The sorted Parquet extract of one gold table in one publication, or of one of its months (2026-03)."""
    return f"{PUBLISH}/{publication}/{name}{month and '.'}{month}.parquet"


GATE_RESULTS = f"{OPERATIONS}/gate_results"


def gate_results(day: date) -> str:
    """What the gate found on one day, UTC: one Parquet object."""
    return f"{GATE_RESULTS}/{DAY_KEY}={day}/results.parquet"


def gate_results_day(path: str) -> date:
    """Of which day an object of :func:`gate_results` is."""
    return date.fromisoformat(path.removeprefix(f"{GATE_RESULTS}/{DAY_KEY}=").partition("/")[0])


def receipt(erasure: str) -> str:
    """What stays of an erasure."""
    return f"{RECEIPTS}/{erasure}.json"


def report(audience: str, period: str, first: date) -> str:
    """The folder of a report for an audience, of the week or month with this first day."""
    return f"{REPORTS}/{audience}/{period}/{first}"
