"""Every safeguard on: a write key with a limit, listed names, phone regions, a consent withdrawn."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.lake import open_lake
from tests.commands import Up, run_json, up

_SETTINGS = """
[environments."*"]
names = ["Ann Smith", "Marie-Claire Dubois", "Jürgen Müller"]
phone_regions = ["US", "DE"]
"""
_SENDS_PER_S = 1_000_000
"""More than any client here reaches: the limit is kept count of, not met."""


@contextmanager
def guarded(root: Path) -> Iterator[tuple[Up, dict[str, str]]]:
    """A server on a new lake, which builds nothing by itself, and the headers of a request that it lets in."""
    lake = open_lake(root, create=True).root
    (lake / "settings.toml").write_text(_SETTINGS)
    words = ("--role", "emitter", "--environment", "bench", "--events-per-s", _SENDS_PER_S)
    key = run_json("access", "add", *words, "--lake", lake)["key"]
    headers = {"Authorization": f"Bearer {key}"}
    with up(lake, "--build-every", "0") as server:
        status, said = server.json(
            "POST", "/v1/consent", {"user_id": "withdrawn", "environment": "bench", "analytics": False}, **headers
        )
        if status != 200:
            raise RuntimeError(f"The server answered {status}: {said}.")
        yield server, headers
