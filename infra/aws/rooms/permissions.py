"""What a role may do. A resource with a wildcard, or an exception from a rule, needs a reason, kept with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_iam as iam
from constructs import IConstruct


class TooWide(ValueError):
    """A permission is wider than anybody has given a reason for."""


Conditions = Mapping[str, Any]
"""As a policy has them."""


def statement(
    actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)


def allow(
    role: iam.Role,
    actions: Sequence[str],
    resources: Sequence[str],
    why: str = "",
    conditions: Conditions | None = None,
) -> None:
    """Let a role do something with resources that are named by ARNs.

    Args:
        role: whose policy it is.
        actions: each by its full name.
        resources: ARNs without tokens, so that a reason can be kept for each of them.
        why: needed where a resource has a wildcard.
        conditions: under which alone it may.

    Raises:
        TooWide: an action has a wildcard, or a resource has one and there is no reason.
    """
    wide = [resource for resource in resources if "*" in resource]
    if any("*" in action for action in actions):
        raise TooWide(f"{role.node.path}: {', '.join(actions)} names actions with a wildcard; name each of them.")
    if wide and not why:
        raise TooWide(f"{role.node.path}: say why {', '.join(actions)} is needed for {', '.join(wide)}.")
    role.add_to_policy(statement(actions, resources, conditions))
    for resource in wide:
        accept(role, f"AwsSolutions-IAM5[Resource::{resource}]", why)


def accept(part: IConstruct, rule: str, why: str) -> None:
    """Leave a rule of cdk-nag unmet in one part of the stack, for a reason."""
    Validations.of(part).acknowledge(Acknowledgment(id=rule, reason=why))
