"""What a build is asked for."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date

from sql.funnels.file import SHIPPED, read_funnels
from sql.funnels.model import Funnel
from sql.prices.book import PriceBook
from sql.prices.table import load_prices
from transforms.engines.protocol import Engine
from transforms.jobs.ledger import ConsentLog, JobLedger


@dataclass(frozen=True)
class BuildRequest:
    """What a build needs. The caller holds the lake's build lock."""

    open_engine: Callable[[], AbstractContextManager[Engine]]
    """Called once what was received is in bronze."""
    ledger: JobLedger
    consents: ConsentLog
    drain: Callable[[], int]
    """Moves what was received into bronze; returns the time in µs up to which all of it is there."""
    on_step: Callable[[str], None] = lambda _: None
    book: PriceBook = field(default_factory=lambda: PriceBook(load_prices()))
    """What calls cost; days that are over keep what they were built with."""
    funnels: tuple[Funnel, ...] = field(default_factory=lambda: read_funnels(SHIPPED))
    """What ``gold.funnels`` follows people through."""
    reprice: tuple[date, date] | None = None
    """First and last day of history that is to be priced with the book as it is."""
    takes_new: bool = True
    """Whether silver takes what is new in bronze; else only what is due in gold is computed."""
