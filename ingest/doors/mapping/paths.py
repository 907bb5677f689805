"""Where a value lies in a row: ``a.b.0.c``. A key that itself holds dots is found before they are taken apart."""

from typing import Any


def get(value: Any, path: str) -> Any:
    """The value at a path, or ``None`` where there is none."""
    if isinstance(value, dict) and path in value:
        return value[path]
    head, dot, rest = path.partition(".")
    if isinstance(value, list):
        index = int(head) if head.isdecimal() and len(head) < 7 else len(value)
        child = value[index] if index < len(value) else None
        return get(child, rest) if dot else child
    while dot:
        if isinstance(value, dict) and head in value:
            found = get(value[head], rest)
            if found is not None:
                return found
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return None


def exists(value: dict[str, Any], path: str) -> bool:
    """Whether the path leads to anything that is not null or empty."""
    return get(value, path) not in (None, "")


def without(value: dict[str, Any], path: str) -> dict[str, Any]:
    """The object without what the path leads to, and without what is empty then; the one given stays as it is."""
    if path in value:
        return {key: child for key, child in value.items() if key != path}
    head, dot, rest = path.partition(".")
    while dot:
        child = value.get(head)
        if isinstance(child, dict):
            left = without(child, rest)
            return {**value, head: left} if left else {k: v for k, v in value.items() if k != head}
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return value
