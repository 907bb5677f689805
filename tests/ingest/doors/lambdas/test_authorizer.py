"""The authorizer of the REST API, against Cognito and DynamoDB as moto has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ingest.contracts.roles import GROUP_PREFIX
from ingest.doors.access.dynamo_grants import DynamoGrants
from ingest.doors.lambdas import authorizer, variables, wiring
from serving.access import principal_of
from tests.services.moto import ACCOUNT, client, moto
from tests.tables import make_table

ARN = "arn:aws:execute-api:us-east-1:123456789012:abc/v1/GET/analytics/usage"
PASSWORD = "Correct-Horse-1"  # noqa: S105 - of nobody


@dataclass(frozen=True)
class Pool:
    cognito: Any
    id: str
    client_id: str

    def tokens(self, name: str, group: str | None, environments: str = "") -> dict[str, str]:
        attributes = [{"Name": f"custom:{authorizer.ENVIRONMENTS}", "Value": environments}] if environments else []
        self.cognito.admin_create_user(UserPoolId=self.id, Username=name, UserAttributes=attributes)
        self.cognito.admin_set_user_password(UserPoolId=self.id, Username=name, Password=PASSWORD, Permanent=True)
        if group:
            self.cognito.admin_add_user_to_group(UserPoolId=self.id, Username=name, GroupName=group)
        answer = self.cognito.admin_initiate_auth(
            UserPoolId=self.id,
            ClientId=self.client_id,
            AuthFlow="ADMIN_NO_SRP_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        return {"id": answer["IdToken"], "access": answer["AccessToken"]}


def make_pool(cognito: Any) -> Pool:
    pool = cognito.create_user_pool(
        PoolName="people",
        Schema=[{"Name": authorizer.ENVIRONMENTS, "AttributeDataType": "String", "Mutable": True}],
    )["UserPool"]["Id"]
    for role in ("viewer", "approver"):
        cognito.create_group(UserPoolId=pool, GroupName=GROUP_PREFIX + role)
    cognito.create_group(UserPoolId=pool, GroupName="others")
    return Pool(cognito, pool, make_client(cognito, pool))


def make_client(cognito: Any, pool: str) -> str:
    made = cognito.create_user_pool_client(UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ADMIN_NO_SRP_AUTH"])
    return str(made["UserPoolClient"]["ClientId"])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with moto() as address:
        make_table(client("dynamodb", address), "access")
        yield address


@pytest.fixture
def pool(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    made = make_pool(client("cognito-idp", url))
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": ACCOUNT["region_name"],
        "AWS_ACCESS_KEY_ID": ACCOUNT["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": ACCOUNT["aws_secret_access_key"],
        authorizer.ELSEWHERE_VARIABLE: url,
        authorizer.POOL_VARIABLE: made.id,
        authorizer.CLIENT_VARIABLE: made.client_id,
        authorizer.PLANS_VARIABLE: "promptlake-dev-plan-of-",
        variables.TABLE_VARIABLE: "access",
    }.items():
        monkeypatch.setenv(name, value)
    yield made
    for cached in (authorizer._token_keys, authorizer._grants, wiring.dynamodb):
        cached.cache_clear()


def ask(credential: str | None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {credential}"} if credential is not None else {}
    return authorizer.handler({"type": "REQUEST", "methodArn": ARN, "headers": headers}, None)


def test_who_has_signed_in_acts_in_the_highest_role_of_their_groups(pool: Pool) -> None:
    tokens = pool.tokens("ann", GROUP_PREFIX + "approver", "shop desk")
    pool.cognito.admin_add_user_to_group(UserPoolId=pool.id, Username="ann", GroupName="others")
    told = ask(tokens["id"])
    who = principal_of({"authorizer": told["context"]})
    assert (who.role, who.environments) == ("approver", ("shop", "desk"))
    assert who.name == told["principalId"] != ""
    assert told["usageIdentifierKey"] == "promptlake-dev-plan-of-people"
    (statement,) = told["policyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:execute-api:us-east-1:123456789012:abc/v1/*", "the answer is kept for all"
    with pytest.raises(authorizer.Unauthorized):
        ask(tokens["access"])  # which does not say where they may act, and nothing said is everywhere


def test_an_access_key_acts_in_its_role_until_it_is_revoked(pool: Pool) -> None:
    grants = DynamoGrants(wiring.dynamodb(), "access")
    key = grants.add("executor", ("shop",), None, "", "checkout")
    told = ask(key.text)
    who = principal_of({"authorizer": told["context"]})
    assert (who.name, who.role, who.environments) == ("checkout", "executor", ("shop",))
    assert told["usageIdentifierKey"] == "promptlake-dev-plan-of-applications"
    grants.revoke(key.id)
    authorizer._grants.cache_clear()
    with pytest.raises(authorizer.Unauthorized, match=r"^Unauthorized$"):
        ask(key.text)


def test_nobody_else_is_let_in(pool: Pool) -> None:
    without_role = pool.tokens("bob", "others")["id"]
    good = pool.tokens("eve", GROUP_PREFIX + "viewer")["id"]
    head, body, signature = good.split(".")
    elsewhere = make_pool(pool.cognito)
    of_another_pool = elsewhere.tokens("eve", GROUP_PREFIX + "approver")["id"]
    other_client = Pool(pool.cognito, pool.id, make_client(pool.cognito, pool.id))
    for_another_client = other_client.tokens("ada", GROUP_PREFIX + "approver")["id"]
    changed = f"{head}.{without_role.split('.')[1]}.{signature}"
    unsigned = f"eyJhbGciOiJub25lIn0.{body}."
    forged = [changed, unsigned, "a.b.c", "plk_000000000000_x", "", None]
    refused = [without_role, of_another_pool, for_another_client, *forged]
    for credential in refused:
        with pytest.raises(authorizer.Unauthorized, match=r"^Unauthorized$"):
            ask(credential)
    assert ask(good)["context"]["role"] == "viewer"
