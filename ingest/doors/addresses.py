"""Addresses of pages and resources, without what may be personal in them: a query is where tokens and e-mails stand."""

import re

_REST = re.compile(r"[?#].*", re.DOTALL)


def without_query(address: str) -> str:
    """Without query and fragment; of a ``data:`` address only its type, for the rest is the resource itself."""
    if address[:5].lower() == "data:":
        return re.split("[;,]", address, maxsplit=1)[0]
    return _REST.sub("", address)


def path_of(address: str) -> str:
    """The path of an address, or of what is a path already."""
    bare = without_query(address)
    _, is_address, rest = bare.partition("://")
    if not is_address:
        return bare
    _, slash, path = rest.partition("/")
    return slash + path or "/"
