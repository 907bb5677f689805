"""Who asks: what API Gateway, or the embedded server in its place, has made sure of. Nothing that a client writes into
its request is looked at.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ingest.contracts.environments import DEFAULT_ENVIRONMENT
from ingest.contracts.roles import ROLES, Role, includes
from serving.logic.refused import RequestRefused, bad_request
from serving.logic.templates.model import NAME

GROUP_PREFIX = "promptlake-"
"""Of the group, the IAM role or the IAM user's path that lets someone act in a role: ``promptlake-approver``."""
ENVIRONMENTS_CLAIM = "promptlake:environments"

_WORDS = re.compile(r"[A-Za-z0-9._-]+")
_ARN = re.compile(r"arn:[a-z-]+:(?:iam|sts)::\d*:(user|assumed-role)/(.+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone who asks."""

    name: str
    """The same for the same person, whatever they ask with."""
    role: Role
    environments: tuple[str, ...] = ()
    """Those they may act in, the first of them where they name none; empty is all."""
    is_person: bool = True
    """Whether the name tells persons apart. It does not where many may take on one AWS role."""

    def demand(self, needed: Role) -> None:
        """Raises ``RequestRefused``, 403, for who may not do what a role is for."""
        if not includes(self.role, needed):
            message = f"This needs the role {needed}, and you act as {self.role}."
            raise RequestRefused(HTTPStatus.FORBIDDEN, "wrong_role", message)

    def environment(self, asked: str | None) -> str:
        """The environment that is asked for; else their first, or ``default``.

        Raises:
            RequestRefused: it is none, or not theirs (403, whether or not it exists).
        """
        if asked is None:
            return self.environments[0] if self.environments else DEFAULT_ENVIRONMENT
        if not re.fullmatch(NAME, asked, re.ASCII):
            raise bad_request("no_environment", "environment takes letters, digits, '.', '_' and '-', at most 64.")
        if self.environments and asked not in self.environments:
            listed = ", ".join(self.environments)
            message = f"You may act in {listed}, not in {asked}."
            raise RequestRefused(HTTPStatus.FORBIDDEN, "wrong_environment", message)
        return asked


def principal_of(request_context: Mapping[str, Any]) -> Principal:
    """Who asks, from the ``requestContext`` of API Gateway's event, payload 1.0 or 2.0.

    - A Lambda authorizer's context, or the embedded server's: ``principalId``, ``role``, ``environments``.
    - Claims of a JWT or Cognito authorizer: ``sub``; the highest of the groups ``promptlake-ROLE``; and environments.
    - IAM: a user below the path ``/promptlake-ROLE/``, or an assumed role whose name begins with ``promptlake-ROLE``.

    Raises:
        RequestRefused: 401 for nobody, 403 for somebody without a role here.
    """
    authorizer = request_context.get("authorizer") or {}
    if "role" in authorizer:
        return _of_authorizer(authorizer)
    claims = authorizer.get("claims") or (authorizer.get("jwt") or {}).get("claims")
    if claims:
        return _of_claims(claims)
    identity = request_context.get("identity") or {}
    arn = (authorizer.get("iam") or {}).get("userArn") or identity.get("userArn")
    if arn:
        return _of_arn(str(arn))
    raise RequestRefused(HTTPStatus.UNAUTHORIZED, "nobody", "The request says nobody's name; sign in, or send a key.")


def _of_authorizer(authorizer: Mapping[str, Any]) -> Principal:
    name, role = str(authorizer.get("principalId") or ""), authorizer["role"]
    if role not in ROLES or not name:
        raise _without_role(name)
    return Principal(name, role, _environments(name, authorizer.get("environments")))


def _of_claims(claims: Mapping[str, Any]) -> Principal:
    name = str(claims.get("sub") or "")
    # A list is a list, "[a b]" or "a,b", as the kind of API has it.
    groups = {word for claim in ("cognito:groups", "groups") for word in _WORDS.findall(str(claims.get(claim, "")))}
    roles = [role for role in ROLES if GROUP_PREFIX + role in groups]
    if not roles or not name:
        raise _without_role(name)
    return Principal(name, roles[-1], _environments(name, claims.get(ENVIRONMENTS_CLAIM)))


def _of_arn(arn: str) -> Principal:
    match = _ARN.fullmatch(arn)
    kind, path = (match[1], match[2].split("/")) if match else ("", [""])
    is_user = kind == "user" and len(path) > 1
    for role in ROLES:
        if is_user and path[0] == GROUP_PREFIX + role:
            return Principal(arn, role)
        if kind == "assumed-role" and re.match(rf"{GROUP_PREFIX}{role}(?![a-z])", path[0]):
            # The session's name is whatever its holder wrote, so it tells nobody apart.
            return Principal(arn.rpartition("/")[0], role, is_person=False)
    raise _without_role(arn)


def _environments(name: str, said: Any) -> tuple[str, ...]:
    """Those that are said; none said is all. What is said and can't be read is never taken for all."""
    found = tuple(_WORDS.findall(str(said or "")))
    if said and not found:
        message = f"The environments of {name[:100]} can't be read; an owner writes their names, separated by blanks."
        raise RequestRefused(HTTPStatus.FORBIDDEN, "no_environments", message)
    return found


def _without_role(name: str) -> RequestRefused:
    message = f"{name[:100] or 'The one who asks'} has no role here; an owner gives one of {', '.join(ROLES)}."
    return RequestRefused(HTTPStatus.FORBIDDEN, "no_role", message)
