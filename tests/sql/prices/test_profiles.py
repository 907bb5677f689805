"""Which model an answer of Bedrock's GetInferenceProfile names."""

import pytest

from sql.prices.profiles import model_behind


@pytest.mark.parametrize(
    ("regions", "prefix"),
    [
        (["eu-central-1"], ""),
        (["us-east-1", "us-west-2"], "us."),
        (["eu-central-1", "eu-west-3"], "eu."),
        (["ap-northeast-1", "ap-south-1"], "apac."),
        (["ap-northeast-1", "ap-northeast-3"], "jp."),
        (["us-gov-east-1", "us-gov-west-1"], "us-gov."),
        (["eu-central-1", ""], "global."),
    ],
)
def test_the_regions_it_is_routed_to_are_the_prefix(regions: list[str], prefix: str) -> None:
    arns = [f"arn:aws:bedrock:{region}::foundation-model/maker.model-v1:0" for region in regions]
    assert model_behind({"models": [{"modelArn": arn} for arn in arns]}) == f"{prefix}maker.model-v1:0"


@pytest.mark.parametrize(
    "arns",
    [
        [],
        ["arn:aws:bedrock:eu-central-1:123456789012:custom-model/maker.model/x"],
        ["arn:aws:bedrock:eu-west-1::foundation-model/one", "arn:aws:bedrock:eu-west-1::foundation-model/other"],
        ["arn:aws:bedrock:eu-west-1::foundation-model/one", "arn:aws:bedrock:us-west-1::foundation-model/one"],
    ],
)
def test_what_is_not_certain_is_no_model(arns: list[str]) -> None:
    assert model_behind({"models": [{"modelArn": arn} for arn in arns]}) is None
