"""The static pages, which hold no figures: CloudFront asks nobody who they are. So the report is none of them.

They lie in a bucket that nobody else may read, and are put there by :mod:`infra.aws.pages`.
"""

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from dashboards.dictionary.page import script_hash
from infra.aws.names import Names
from infra.aws.rooms.permissions import accept

_POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src 'self' '{script_hash()}'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self' https://*.amazonaws.com",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)


class Pages(Construct):
    """No page holds figures of its own: what is shown is asked of the API, with the reader's token."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, "Pages")
        cfn = cloudfront.CfnDistribution
        access = cloudfront.CfnOriginAccessControl(
            self,
            "Access",
            origin_access_control_config=cloudfront.CfnOriginAccessControl.OriginAccessControlConfigProperty(
                name=names.stage.named("pages"),
                origin_access_control_origin_type="s3",
                signing_behavior="always",
                signing_protocol="sigv4",
            ),
        )
        headers = cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            response_headers_policy_name=names.stage.named("pages"),
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=_POLICY, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), override=True
                ),
            ),
        )
        distribution = cfn(
            self,
            "Distribution",
            distribution_config=cfn.DistributionConfigProperty(
                enabled=True,
                comment=names.stage.named("pages"),
                default_root_object="index.html",
                http_version="http2and3",
                price_class="PriceClass_100",
                origins=[
                    cfn.OriginProperty(
                        id="pages",
                        domain_name=f"{names.pages}.s3.{names.stage.region}.amazonaws.com",
                        origin_access_control_id=access.attr_id,
                        s3_origin_config=cfn.S3OriginConfigProperty(origin_access_identity=""),
                    )
                ],
                default_cache_behavior=cfn.DefaultCacheBehaviorProperty(
                    target_origin_id="pages",
                    viewer_protocol_policy="redirect-to-https",
                    compress=True,
                    cache_policy_id=cloudfront.CachePolicy.CACHING_OPTIMIZED.cache_policy_id,
                    response_headers_policy_id=headers.response_headers_policy_id,
                ),
                viewer_certificate=cfn.ViewerCertificateProperty(cloud_front_default_certificate=True),
            ),
        )
        for rule, why in _LEFT.items():
            accept(distribution, rule, why)
        CfnOutput(self, "Url", value=f"https://{distribution.attr_domain_name}", key="PagesUrl")


_LEFT = {
    "AwsSolutions-CFR1": "Readers travel; the pages hold no figures, and the API asks everybody who they are.",
    "AwsSolutions-CFR2": "A firewall is billed whether it is used or not; these are files that anybody may have.",
    "AwsSolutions-CFR3": "Who has read a page with nothing in it is not worth a log; the API has one.",
    "AwsSolutions-CFR4": "CloudFront's own name takes what its certificate does; an owner's domain decides that.",
}
