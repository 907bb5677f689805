"""Where the emitter's package is."""

from pathlib import Path

DISTRIBUTION = Path(__file__).parents[3] / "ingest" / "clients" / "python"
SOURCE = DISTRIBUTION / "src"
