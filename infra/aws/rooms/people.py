"""Who may sign in: Cognito's pool. The groups that give a role are named as the API reads them."""

from aws_cdk import CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.aws.names import Names
from infra.aws.rooms.permissions import accept
from ingest.contracts.roles import GROUP_PREFIX, ROLES
from ingest.doors.lambdas.authorizer import ENVIRONMENTS


class People(Construct):
    """Invited by an owner, with a second factor. They stay when the stack is destroyed."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, "People")
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=names.stage.named("people"),
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_uppercase=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            custom_attributes={ENVIRONMENTS: cognito.StringAttribute(max_len=1000, mutable=True)},
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        for rule in ("AwsSolutions-COG3", "AwsSolutions-COG8"):
            accept(
                self.pool,
                rule,
                "Threat protection belongs to a plan that is billed by the user; here everybody is invited by an owner "
                "and signs in with a second factor.",
            )
        self.client = self.pool.add_client(
            "Client",
            user_pool_client_name="promptlake",
            auth_flows=cognito.AuthFlow(user_srp=True),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            # Nobody says of themselves where they may act.
            write_attributes=cognito.ClientAttributes().with_standard_attributes(fullname=True),
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30),
        )
        for role in ROLES:
            cognito.CfnUserPoolGroup(
                self,
                f"Group-{role}",
                user_pool_id=self.pool.user_pool_id,
                group_name=GROUP_PREFIX + role,
                description=f"May act as {role} in the API",
            )
        CfnOutput(self, "PoolId", value=self.pool.user_pool_id, key="PoolId")
        CfnOutput(self, "ClientId", value=self.client.user_pool_client_id, key="ClientId")
