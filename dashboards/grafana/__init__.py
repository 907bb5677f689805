"""Boards for Grafana, over Athena: a file names metrics and dimensions, Grafana's own SDK makes the JSON."""

from pathlib import Path

BOARDS = Path(__file__).parent
