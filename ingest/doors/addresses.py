"""Addresses of pages, of which the contract wants the path."""

from ingest.contracts.types import without_query


def path_of(address: str) -> str:
    """The path of an address, or of what is a path already."""
    bare = str(without_query(address))
    _, is_address, rest = bare.partition("://")
    if not is_address:
        return bare
    _, slash, path = rest.partition("/")
    return slash + path or "/"
