"""A page's path with its ids out, so that ``/orders/4711`` and ``/orders/4712`` are one page.

An id is a part behind a slash of nothing but digits, or with four digits or more: numbers, UUIDs, hashes, dates. Words
and versions (``v2``, ``gpt-4o``) stay.
"""

_ID = "/([0-9]+|([^/0-9]*[0-9]){4,}[^/0-9]*)/"


def without_ids(value: str) -> str:
    """SQL for a column of paths with ``:id`` for each id."""
    # Neighbours share a slash, and a match takes it along; doubled, each part has its own. So no engine has to look
    # ahead or to refer to a group, which all of them write differently. A path holds no question mark: one is its end.
    doubled = f"CONCAT(REPLACE({value}, '/', '//'), '/?')"
    return f"REPLACE(REPLACE(REGEXP_REPLACE({doubled}, '{_ID}', '/:id/'), '//', '/'), '/?', '')"
