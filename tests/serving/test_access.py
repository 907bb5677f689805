"""Who asks, in each form in which API Gateway says it; and what nobody may pretend."""

from __future__ import annotations

from typing import Any

import pytest

from serving.access import Principal, are_told_apart, principal_of
from serving.lambdas.guard import let_in
from serving.logic.refused import RequestRefused

ARN = "arn:aws:iam::123456789012:user/promptlake-approver/ann"
ROLE = "arn:aws:sts::123456789012:assumed-role/promptlake-editor"
SESSION = f"{ROLE}/build-7"
ACCOUNT = {"accountId": "123456789012"}


@pytest.mark.parametrize(
    ("context", "principal"),
    [
        ({"authorizer": {"principalId": "ann", "role": "editor", "environments": "a b"}},
         Principal("ann", "editor", ("a", "b"))),
        ({"authorizer": {"claims": {"sub": "ann", "cognito:groups": "promptlake-viewer,promptlake-approver"}}},
         Principal("ann", "approver")),
        ({"authorizer": {"jwt": {"claims": {"sub": "ann", "groups": "[promptlake-admin staff]",
                                            "promptlake:environments": "staging,dev"}}}},
         Principal("ann", "admin", ("staging", "dev"))),
        ({"authorizer": {"claims": {"sub": "ann", "groups": ["promptlake-emitter"]}}}, Principal("ann", "emitter")),
        (ACCOUNT | {"identity": {"userArn": ARN}}, Principal(ARN, "approver")),
        (ACCOUNT | {"authorizer": {"iam": {"userArn": SESSION}}}, Principal(ROLE, "editor", is_person=False)),
    ],
)  # fmt: skip
def test_every_form_of_identity(context: dict[str, Any], principal: Principal) -> None:
    assert principal_of(context) == principal


@pytest.mark.parametrize("context", [{}, {"authorizer": None}, {"authorizer": {}}, {"identity": {"userArn": None}}])
def test_nobody_is_nobody(context: dict[str, Any]) -> None:
    with pytest.raises(RequestRefused) as refused:
        principal_of(context)
    assert refused.value.status == 401


@pytest.mark.parametrize(
    "context",
    [
        {"authorizer": {"claims": {"sub": "ann"}}},
        {"authorizer": {"claims": {"sub": "ann", "cognito:groups": "notpromptlake-admin promptlake-admins"}}},
        {"authorizer": {"claims": {"cognito:groups": "promptlake-admin"}}},
        {"authorizer": {"claims": {"sub": "ann", "groups": ["/staff/promptlake-admin", "no promptlake-admin"]}}},
        {"authorizer": {"claims": {"sub": "ann", "groups": "[/staff/promptlake-admin x:promptlake-admin]"}}},
        {"authorizer": {"claims": {"sub": ARN, "groups": "promptlake-approver"}}},
        {"authorizer": {"principalId": ARN, "role": "approver"}},
        {"authorizer": {"principalId": "ann", "role": "root"}},
        {"authorizer": {"principalId": "", "role": "admin"}},
        {"identity": {"userArn": "arn:aws:iam::123456789012:user/ann"}},
        {"identity": {"userArn": "arn:aws:iam::123456789012:user/promptlake-admin"}},
        {"identity": {"userArn": "arn:aws:sts::123456789012:assumed-role/other/promptlake-admin"}},
        {"identity": {"userArn": "arn:aws:sts::123456789012:assumed-role/promptlake-admins/x"}},
        {"identity": {"userArn": "arn:aws:sts::123456789012:assumed-role/promptlake-admin-ui-Handler/x"}},
        {"identity": {"userArn": "arn:aws:sts::123456789012:assumed-role/promptlake-adminReadOnly/x"}},
        {"identity": {"userArn": ARN, "accountId": "123456789012"}, "accountId": "999999999999"},
        {"identity": {"userArn": ARN}, "accountId": None},
        {"identity": {"userArn": "arn:aws:sts::123456789012:federated-user/promptlake-admin"}},
        {"identity": {"userArn": "arn:aws:iam::123456789012:root"}},
    ],
)
def test_who_has_no_role_here_is_refused(context: dict[str, Any]) -> None:
    with pytest.raises(RequestRefused) as refused:
        principal_of(ACCOUNT | context)
    assert (refused.value.status, refused.value.code) == (403, "no_role")


def test_an_aws_role_that_many_take_on_can_not_approve() -> None:
    one = principal_of(ACCOUNT | {"identity": {"userArn": SESSION}})
    for name in ("someone-else", "promptlake-admin"):
        other = principal_of(ACCOUNT | {"identity": {"userArn": f"{ROLE}/{name}"}})
        assert one == other, "a session's name is its holder's choice: it makes nobody another person, or more"


def test_one_person_is_one_person_whatever_they_ask_with() -> None:
    people = {ARN: "u-1", ROLE: "pipeline"}
    signed_in = principal_of({"authorizer": {"claims": {"sub": "u-1", "groups": "promptlake-approver"}}}, people)
    assert principal_of(ACCOUNT | {"identity": {"userArn": ARN}}, people) == signed_in
    pipeline = principal_of(ACCOUNT | {"identity": {"userArn": SESSION}}, people)
    assert (pipeline.name, pipeline.is_person) == ("pipeline", False)


@pytest.mark.parametrize(
    ("one", "other", "are_two"),
    [
        ("u-1", "u-2", True),
        (ARN, ARN.replace("ann", "bob"), True),
        ("u-1", ARN, False),
        ("u-1", ROLE, False),
        (ARN, ROLE, False),
        (ROLE, ROLE.replace("editor", "admin"), False),
    ],
)
def test_who_may_be_one_person_is_not_two(one: str, other: str, are_two: bool) -> None:
    assert are_told_apart(one, other) == are_told_apart(other, one) == are_two


def test_whatever_is_not_open_is_guarded() -> None:
    let_in("GET", "/openapi.json", {})
    for path in ("/analytics/usage", "/analytics", "//analytics/usage", "/Analytics/usage", "/anything", "/"):
        for method in ("GET", "POST", "HEAD"):
            with pytest.raises(RequestRefused) as refused:
                let_in(method, path, {})
            assert refused.value.status == 401


@pytest.mark.parametrize("said", ["[]", "日本", "*", "[ ]", "staging *", "staging/dev"])
def test_environments_that_can_not_be_read_are_never_taken_for_all(said: str) -> None:
    claims = {"sub": "ann", "cognito:groups": "promptlake-admin", "promptlake:environments": said}
    for authorizer in ({"principalId": "ann", "role": "admin", "environments": said}, {"claims": claims}):
        with pytest.raises(RequestRefused) as refused:
            principal_of({"authorizer": authorizer})
        assert (refused.value.status, refused.value.code) == (403, "no_environments")
