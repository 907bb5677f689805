"""Who may do what, from reading to everything. A key, a token or an AWS identity acts in one role."""

from typing import Literal, get_args

Role = Literal["emitter", "viewer", "editor", "approver", "admin"]
"""An emitter sends events and reads nothing. Of the others each may do all that the one before it may."""

ROLES: tuple[Role, ...] = get_args(Role)
_LADDER = ROLES[1:]
WRITERS: tuple[Role, ...] = ROLES[2:]
"""Roles that change templates; who acts in one has a name, for the audit log."""


def includes(role: Role, needed: Role) -> bool:
    """Whether who acts in a role may do what another one is for."""
    if role not in _LADDER or needed not in _LADDER:
        return role == needed
    return _LADDER.index(role) >= _LADDER.index(needed)
