"""Boards for QuickSight: a file names metrics and dimensions, and all that QuickSight asks for is made from it."""

from pathlib import Path

BOARDS = Path(__file__).parent
