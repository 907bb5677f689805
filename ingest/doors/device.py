"""What kind of device a browser runs on, and whether it is a program, as far as its user agent says."""

import re
from functools import lru_cache

from ingest.contracts.types import Device

USER_AGENT_MAX_CHARS = 256
"""As much of a user agent as is kept; the part that tells a bot from a browser lies well within."""

_TABLET = re.compile(r"ipad|tablet|kindle|silk/|android(?!.*mobi)", re.IGNORECASE)
_MOBILE = re.compile(r"mobi|iphone|ipod|android", re.IGNORECASE)
_DESKTOP = re.compile(r"windows nt|macintosh|x11|cros ", re.IGNORECASE)


def from_user_agent(user_agent: str) -> Device:
    """Tablets first, because most of them claim to be something else as well."""
    if _TABLET.search(user_agent):
        return "tablet"
    if _MOBILE.search(user_agent):
        return "mobile"
    return "desktop" if _DESKTOP.search(user_agent) else "other"


def is_bot(user_agent: str | None) -> bool | None:
    """True where a user agent is a program's; else nothing is said. As much of it is looked at as is kept."""
    return True if user_agent and _declares_bot(user_agent[:USER_AGENT_MAX_CHARS]) else None


@lru_cache(maxsize=4096)
def _declares_bot(user_agent: str) -> bool:
    """Whether a user agent is one of the crawlers, monitors and HTTP libraries that are publicly known by it."""
    from crawleruseragents import is_crawler  # its list is read at once, and many doors never need it

    return bool(is_crawler(user_agent))
