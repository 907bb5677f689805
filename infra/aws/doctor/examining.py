"""Does checks, and tells what each has found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.names import Names
from infra.aws.session import Clients


@dataclass(frozen=True)
class Finding:
    """What one check has found."""

    check: str
    problem: str | None = None


Check = Callable[[Names, Clients], Iterator[str]]
"""Says one sentence for each thing that is wrong, which tells what to do."""


def examine(names: Names, clients: Clients, checks: dict[str, Check]) -> list[Finding]:
    """Do some checks; what can't be asked is a problem as well."""
    found: list[Finding] = []
    client = cache(clients)
    for title, check in checks.items():
        try:
            problems = list(check(names, client))
        except (BotoCoreError, ClientError) as error:
            problems = [f"It can't be asked ({error}); see that your role may, and that the region is right."]
        found += [Finding(title, problem) for problem in problems] or [Finding(title)]
    return found
