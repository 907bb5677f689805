"""For which environments someone may send."""

from typing import NamedTuple


class Scope(NamedTuple):
    """Environments of one write key; an event that names none belongs to the first."""

    environments: tuple[str, ...]

    @property
    def default(self) -> str:
        return self.environments[0]

    @property
    def sentence(self) -> str:
        """Why something of another environment is refused."""
        return f"the write key is for the environment {' or '.join(self.environments)}, and this is of another"


class ScopeError(Exception):
    """Something of an environment that the sender may not send for."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope.sentence)
