"""Who reads reports, and of which metrics: a file each."""

from pathlib import Path

AUDIENCES = Path(__file__).parent
