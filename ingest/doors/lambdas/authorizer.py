"""Who asks the REST API: a Lambda authorizer for access keys, and for who has signed in with Cognito.

It only says who somebody is, and in which role. What the role may do is the API's to decide, so the policy lets through
to all of it, and API Gateway may keep the answer for whatever is asked next.
"""

import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt

from ingest.contracts.roles import EXECUTOR, GROUP_PREFIX, ROLES
from ingest.doors.access.credentials import presented
from ingest.doors.access.dynamo_grants import DynamoGrants
from ingest.doors.access.grants import Grant, digest_of, id_of
from ingest.doors.exchange import Request
from ingest.doors.lambdas import variables, wiring

POOL_VARIABLE = "PROMPTLAKE_USER_POOL"
"""Environment variable: the id of Cognito's pool, such as ``eu-central-1_AbCdEfGhI``."""
CLIENT_VARIABLE = "PROMPTLAKE_USER_CLIENT"
"""Environment variable: the id of the pool's client for which tokens are made."""
ELSEWHERE_VARIABLE = "AWS_ENDPOINT_URL_COGNITO_IDP"
"""Environment variable, as AWS's own clients have it: where Cognito is asked for its keys instead."""

PLANS_VARIABLE = "PROMPTLAKE_USAGE_PLANS"
"""Environment variable: what usage plans' keys begin with; without it there are none."""
APPLICATIONS, PERSONS = "applications", "people"
"""The usage plans."""

ENVIRONMENTS = "environments"
"""Custom attribute of the pool: where somebody may act, names separated by blanks; only an owner writes it."""

_REFUSED = "Unauthorized"
"""API Gateway makes a 401 of this error and of no other."""

_log = logging.getLogger(__name__)


class Unauthorized(Exception):
    """Nobody whom we know asks."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request for an authorization.

    Raises:
        Unauthorized: the key is unknown or was revoked, or the token is not good.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    told = _of_key(headers) or _of_token(headers.get("authorization", ""))
    if told is None:
        raise Unauthorized(_REFUSED)
    return {
        "principalId": told["principalId"],
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": _all_of(event["methodArn"])}],
        },
        "context": told,
        **_plan(told["role"]),
    }


def _plan(role: str) -> dict[str, str]:
    """Whose share of the API a request counts for."""
    prefix = os.environ.get(PLANS_VARIABLE)
    plan = APPLICATIONS if role in (EXECUTOR, "emitter") else PERSONS
    return {"usageIdentifierKey": prefix + plan} if prefix else {}


def _all_of(method_arn: str) -> str:
    """The whole stage of the API that a method is of: ``arn:…:<api>/<stage>/<method>/<path>``."""
    return "/".join(method_arn.split("/")[:2]) + "/*"


def _of_key(headers: Mapping[str, str]) -> dict[str, str] | None:
    """The holder of an access key."""
    for text in presented(Request("GET", "/", headers, b"", "")):
        key_id = id_of(text)
        grant = _grants().find(key_id, digest_of(text)) if key_id else None
        if grant is not None:
            return _told(grant)
    return None


def _told(grant: Grant) -> dict[str, str]:
    return {"principalId": grant.name, "role": grant.role, "environments": " ".join(grant.environments)}


def _of_token(header: str) -> dict[str, str] | None:
    """Who has signed in, as an id token of the pool says. Access tokens do not say where somebody may act."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or token.count(".") != 2:
        return None
    try:
        key = _token_keys().get_signing_key_from_jwt(token).key
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=_issuer(),
            audience=os.environ[CLIENT_VARIABLE],
            options={"require": ["exp", "iss", "aud", "sub", "token_use"]},
        )
    except jwt.PyJWKClientConnectionError:
        raise  # nobody's fault who asks, and so no refusal
    except jwt.PyJWTError as error:
        _log.info("A token is refused: %s", error)
        return None
    use = claims["token_use"]
    if use != "id":
        _log.info("A token is refused: its use is %r, and id tokens are taken.", use)
        return None
    groups = set(claims.get("cognito:groups", ()))
    roles = [role for role in ROLES if GROUP_PREFIX + role in groups]
    if not roles:
        return None
    environments = str(claims.get(f"custom:{ENVIRONMENTS}", ""))
    return {"principalId": str(claims["sub"]), "role": roles[-1], "environments": environments}


def _issuer() -> str:
    pool = os.environ[POOL_VARIABLE]
    return f"https://cognito-idp.{pool.partition('_')[0]}.amazonaws.com/{pool}"


@cache
def _token_keys() -> jwt.PyJWKClient:
    elsewhere = os.environ.get(ELSEWHERE_VARIABLE)
    issuer = f"{elsewhere}/{os.environ[POOL_VARIABLE]}" if elsewhere else _issuer()
    return jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json", cache_keys=True, timeout=3)


@cache
def _grants() -> DynamoGrants:
    return DynamoGrants(wiring.dynamodb(), os.environ[variables.TABLE_VARIABLE])
