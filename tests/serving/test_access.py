"""Who asks, in each form in which API Gateway says it; and what nobody may pretend."""

from __future__ import annotations

from typing import Any

import pytest

from serving.access import Principal, principal_of
from serving.logic.refused import RequestRefused

ARN = "arn:aws:iam::123456789012:user/promptlake-approver/ann"
SESSION = "arn:aws:sts::123456789012:assumed-role/promptlake-editor-ci/build-7"


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
        ({"identity": {"userArn": ARN}}, Principal(ARN, "approver")),
        ({"authorizer": {"iam": {"userArn": SESSION}}},
         Principal("arn:aws:sts::123456789012:assumed-role/promptlake-editor-ci", "editor", is_person=False)),
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
        {"authorizer": {"principalId": "ann", "role": "root"}},
        {"authorizer": {"principalId": "", "role": "admin"}},
        {"identity": {"userArn": "arn:aws:iam::123456789012:user/ann"}},
        {"identity": {"userArn": "arn:aws:iam::123456789012:user/promptlake-admin"}},
        {"identity": {"userArn": "arn:aws:sts::123456789012:assumed-role/other/promptlake-admin"}},
        {"identity": {"userArn": "arn:aws:sts::123456789012:assumed-role/promptlake-admins/x"}},
        {"identity": {"userArn": "arn:aws:iam::123456789012:root"}},
    ],
)
def test_who_has_no_role_here_is_refused(context: dict[str, Any]) -> None:
    with pytest.raises(RequestRefused) as refused:
        principal_of(context)
    assert (refused.value.status, refused.value.code) == (403, "no_role")


def test_an_aws_role_that_many_take_on_can_not_approve() -> None:
    one = principal_of({"identity": {"userArn": SESSION}})
    other = principal_of({"identity": {"userArn": SESSION.replace("build-7", "someone-else")}})
    assert one == other, "a session's name is its holder's choice, and makes nobody another person"


@pytest.mark.parametrize("said", ["[]", "日本", "*", "[ ]"])
def test_environments_that_can_not_be_read_are_never_taken_for_all(said: str) -> None:
    claims = {"sub": "ann", "cognito:groups": "promptlake-admin", "promptlake:environments": said}
    for authorizer in ({"principalId": "ann", "role": "admin", "environments": said}, {"claims": claims}):
        with pytest.raises(RequestRefused) as refused:
            principal_of({"authorizer": authorizer})
        assert (refused.value.status, refused.value.code) == (403, "no_environments")
