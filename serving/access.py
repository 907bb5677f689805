"""Who asks: what API Gateway, or the embedded server in its place, has made sure of. Nothing that a client writes into
its request is looked at.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ingest.contracts.environments import DEFAULT_ENVIRONMENT
from ingest.contracts.roles import GROUP_PREFIX, ROLES, Role, includes
from serving.logic.refused import RequestRefused, bad_request
from serving.logic.templates.model import NAME

ENVIRONMENTS_CLAIM = "promptlake:environments"
GROUPS_CLAIMS = ("cognito:groups", "groups")

_ARN = re.compile(r"arn:[a-z-]+:(?:iam|sts)::(\d+):(user|assumed-role)/(.+)", re.ASCII)
_AWS = "arn:"
_AWS_ROLE = re.compile(r"arn:[^/]*:assumed-role/")

People = Mapping[str, str]
"""Who is behind an identity: a person's one name, by a token's ``sub``, an IAM user's ARN, or an assumed role's without
its session. An owner says so for those who have several.
"""
_NO_PEOPLE: People = {}


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


def are_told_apart(one: str, other: str) -> bool:
    """Whether two different names must be two persons. Those who sign in are told apart from each other, and so are IAM
    users; one of each may be the same person, and who has taken on a role may be anybody.
    """
    kinds = {_kind(one), _kind(other)}
    return len(kinds) == 1 and "role" not in kinds


def _kind(name: str) -> str:
    if _AWS_ROLE.match(name):
        return "role"
    return "user" if name.startswith(_AWS) else "person"


def principal_of(request_context: Mapping[str, Any], people: People = _NO_PEOPLE) -> Principal:
    """Who asks, from the ``requestContext`` of API Gateway's event, payload 1.0 or 2.0.

    - A Lambda authorizer's context, or the embedded server's: ``principalId``, ``role``, ``environments``.
    - Claims of a JWT or Cognito authorizer: ``sub``; the highest of the groups ``promptlake-ROLE``; and environments.
    - IAM, in the API's own account: a user below the path ``/promptlake-ROLE/``, or the role ``promptlake-ROLE``.

    Raises:
        RequestRefused: 401 for nobody, 403 for somebody without a role here.
    """
    authorizer = request_context.get("authorizer") or {}
    if "role" in authorizer:
        return _of_authorizer(authorizer, people)
    claims = authorizer.get("claims") or (authorizer.get("jwt") or {}).get("claims")
    if claims:
        return _of_claims(claims, people)
    identity = request_context.get("identity") or {}
    arn = (authorizer.get("iam") or {}).get("userArn") or identity.get("userArn")
    if arn:
        return _of_arn(str(arn), str(request_context.get("accountId")), people)
    raise RequestRefused(HTTPStatus.UNAUTHORIZED, "nobody", "The request says nobody's name; sign in, or send a key.")


def _of_authorizer(authorizer: Mapping[str, Any], people: People) -> Principal:
    name, role = _signed_in(authorizer.get("principalId")), authorizer["role"]
    if role not in ROLES:
        raise _without_role(name)
    return Principal(people.get(name, name), role, _environments(name, authorizer.get("environments")))


def _of_claims(claims: Mapping[str, Any], people: People) -> Principal:
    name = _signed_in(claims.get("sub"))
    groups = {group for claim in GROUPS_CLAIMS for group in _listed(claims.get(claim))}
    roles = [role for role in ROLES if GROUP_PREFIX + role in groups]
    if not roles:
        raise _without_role(name)
    return Principal(people.get(name, name), roles[-1], _environments(name, claims.get(ENVIRONMENTS_CLAIM)))


def _signed_in(said: Any) -> str:
    name = str(said or "")
    if not name or name.startswith(_AWS):  # which is AWS's to say, of who signs its requests
        raise _without_role(name)
    return name


def _of_arn(arn: str, account: str, people: People) -> Principal:
    match = _ARN.fullmatch(arn)
    if match is None or match[1] != account:  # in another account, others give names and paths
        raise _without_role(arn)
    first, *rest = match[3].split("/")
    role = next((role for role in ROLES if rest and first == GROUP_PREFIX + role), None)
    if role is None:
        raise _without_role(arn)
    if match[2] == "user":
        return Principal(people.get(arn, arn), role)
    # The session's name is whatever its holder wrote, so it tells nobody apart.
    taken_on = arn.rpartition("/")[0]
    return Principal(people.get(taken_on, taken_on), role, is_person=False)


def _listed(said: Any) -> list[str]:
    """A list as API Gateway writes it: a list, "[a b]" or "a,b", as the kind of API has it."""
    if isinstance(said, list | tuple):
        return [str(one) for one in said]
    text = str(said or "").strip().removeprefix("[").removesuffix("]")
    return [word for word in re.split(r"[\s,]+", text) if word]


def _environments(name: str, said: Any) -> tuple[str, ...]:
    """Those that are said; none said is all. What is said and can't be read is never taken for all."""
    found = tuple(_listed(said))
    if said and not (found and all(re.fullmatch(NAME, one, re.ASCII) for one in found)):
        message = f"The environments of {name[:100]} can't be read; an owner writes their names, separated by blanks."
        raise RequestRefused(HTTPStatus.FORBIDDEN, "no_environments", message)
    return found


def _without_role(name: str) -> RequestRefused:
    message = f"{name[:100] or 'The one who asks'} has no role here; an owner gives one of {', '.join(ROLES)}."
    return RequestRefused(HTTPStatus.FORBIDDEN, "no_role", message)
