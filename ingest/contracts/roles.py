"""Who may do what, from reading to everything. A key, a token or an AWS identity acts in one role."""

from typing import Literal, get_args

Role = Literal["emitter", "executor", "viewer", "editor", "approver", "admin"]
"""An emitter sends events and reads nothing; an executor, an application, runs prompts, too. A viewer reads. Of the
others each may do all that the one before it may, and run prompts.
"""

ROLES: tuple[Role, ...] = get_args(Role)
_LADDER = ROLES[2:]
WRITERS: tuple[Role, ...] = ROLES[3:]
"""Roles that change templates; who acts in one has a name, for the audit log."""

GROUP_PREFIX = "promptlake-"
"""Of the group, the IAM role or the IAM user's path that lets someone act in a role: ``promptlake-approver``."""

EXECUTOR: Role = "executor"
_ALSO: dict[Role, frozenset[Role]] = {
    "executor": frozenset({"emitter", "executor"}),
    **dict.fromkeys(WRITERS, frozenset({EXECUTOR})),
}
"""What a role may do beside what its place on the ladder lets it."""


def includes(role: Role, needed: Role) -> bool:
    """Whether who acts in a role may do what another one is for."""
    if needed in _ALSO.get(role, ()):
        return True
    if role not in _LADDER or needed not in _LADDER:
        return role == needed
    return _LADDER.index(role) >= _LADDER.index(needed)
