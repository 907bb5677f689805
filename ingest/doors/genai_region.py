"""The region of the provider that a call went to, as far as the address tells it."""

import re
from functools import lru_cache

_BEDROCK = r"(?:^|\.)bedrock(?:-[a-z]+)*\.(?P<aws>[a-z]{2}(?:-[a-z]+)+-\d)\."
_VERTEX = r"^(?P<google>[a-z]+-[a-z]+\d+)-aiplatform\.googleapis\.com$"
_REGIONAL = re.compile(f"{_BEDROCK}|{_VERTEX}", re.ASCII)
_HOST_MAX_CHARS = 253


def region_of(address: str) -> str | None:
    """The region in the host name of a Bedrock or Vertex AI endpoint; None where a host name tells none."""
    return _region_of(address) if len(address) <= _HOST_MAX_CHARS else None


@lru_cache(maxsize=256)
def _region_of(address: str) -> str | None:
    found = _REGIONAL.search(address.lower())
    return (found["aws"] or found["google"]) if found else None
