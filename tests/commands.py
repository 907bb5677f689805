"""Runs the installed ``promptlake`` command, as a user would."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROMPTLAKE = Path(sys.executable).with_name("promptlake")


def run(
    *words: object, check: bool = True, before: Sequence[str] = (), env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end; fails with what it printed unless ``check`` is off.

    ``before`` is what runs the command in its place, with its own words; ``env`` is the whole environment.
    """
    command = [*before, str(PROMPTLAKE), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=env)
    if check:
        assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def run_json(*words: object) -> Any:
    return json.loads(run(*words, "--json").stdout)


class Up:
    """A running ``promptlake up``."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process, self.url = process, url

    def call(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One request: status, headers with lower-case names, body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, body, named, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()

    def json(self, method: str, path: str, document: Any = None, **headers: str) -> tuple[int, Any]:
        body = None if document is None else json.dumps(document).encode()
        status, _, answer = self.call(method, path, body, **{"content_type": "application/json", **headers})
        return status, json.loads(answer)


@contextmanager
def up(lake: Path, *words: object, before: Sequence[str] = (), env: Mapping[str, str] | None = None) -> Iterator[Up]:
    """Start ``promptlake up`` on a free port and stop it again."""
    command = [*before, str(PROMPTLAKE), "up", "--lake", str(lake), "--port", "0", "--json", *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    try:
        assert process.stdout is not None
        yield Up(process, json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(timeout=60)
        if process.stdout:
            process.stdout.close()
