"""What a call costs by what its event says, and the sentence where that is not certain."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sql.prices.book import PriceBook, Said, open_book
from sql.prices.file import PriceError
from sql.prices.table import Offer, Price

DAY = date(2026, 3, 2)
PROFILE = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2"


def price(usd: int, region: str = "", tier: str = "", is_batch: bool = False) -> Price:
    offer = Offer("aws", "maker.model-v1:0", region, tier, is_batch)
    return Price(*offer, 0, 10**12, None, None, *[Decimal(usd)] * 5, "me")


BOOK = PriceBook(
    (
        price(1),
        price(2, region="eu"),
        price(3, region="eu-west-3"),
        price(4, region="global"),
        price(5, tier="flex"),
        price(6, is_batch=True),
    ),
    {PROFILE: "eu.maker.model-v1:0"},
)


@pytest.mark.parametrize(
    ("model", "region", "tier", "is_batch", "usd"),
    [
        ("maker.model-v1:0", "", "", False, 1),
        ("maker.model-v1:0", "us-east-1", "", False, 1),
        ("maker.model-v1:0", "EU-West-3", "", False, 3),
        ("us.maker.model-v1:0", "us-east-1", "", False, 1),
        ("eu.maker.model-v1:0", "", "", False, 2),
        ("eu.maker.model-v1:0", "eu-central-1", "", False, 2),
        ("eu.maker.model-v1:0", "eu-west-3", "", False, 2),
        ("us.maker.model-v1:0", "eu-west-3", "", False, 3),
        ("global.maker.model-v1:0", "eu-west-3", "", False, 4),
        ("eu-west-3/maker.model-v1:0", "", "", False, 3),
        ("maker.model-v1:0", "", "default", False, 1),
        ("maker.model-v1:0", "", "Flex", False, 5),
        ("maker.model-v1:0", "eu-west-3", "flex", False, 5),
        ("maker.model-v1:0", "", "", True, 6),
        ("maker.model-v1:0", "", "batch", False, 6),
        ("arn:aws:bedrock:us-east-1::foundation-model/maker.model-v1:0", "", "", False, 1),
        ("arn:aws:bedrock:eu-west-3::foundation-model/maker.model-v1:0", "", "", False, 3),
        ("arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.maker.model-v1:0", "", "", False, 2),
        (PROFILE, "", "", False, 2),
    ],
)
def test_terms_lead_to_their_price(model: str, region: str, tier: str, is_batch: bool, usd: int) -> None:
    said = Said("aws.bedrock", model, region, tier, is_batch)
    (found,) = BOOK.prices_of(said)
    assert found.input_usd_per_token == usd
    assert BOOK.why_unpriced(said, DAY) is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said("aws.bedrock", "maker.other"), "the price table has no such model"),
        (Said("aws.bedrock", "maker.model-v1:0", "", "reserved"), "has no known price for service tier reserved"),
        (Said("aws.bedrock", "maker.model-v1:0", "", "flex", True), "for service tier flex, batch"),
        (Said("aws.bedrock", "global.maker.model-v1:0", "", "flex"), "for service tier flex, region global"),
        (Said("aws.bedrock", PROFILE + "x"), "run `promptlake prices profiles --look-up`"),
        (Said("aws.bedrock", PROFILE.replace("application-inference-profile", "custom-model")), "no such model"),
    ],
)
def test_terms_without_a_price_are_never_priced_as_something_near(said: Said, why: str) -> None:
    assert BOOK.prices_of(said) == ()
    assert why in (BOOK.why_unpriced(said, DAY) or "")


def test_a_lake_without_files_has_the_project_s_prices(tmp_path: Path) -> None:
    assert open_book(tmp_path).prices_of(Said("openai", "gpt-4o"))


def test_a_lake_s_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(
        "provider,model,valid_from,input_usd_per_mtok,output_usd_per_mtok,source\n"
        ",house-model,2026-03-02,1,2,contract\n"
    )
    (tmp_path / "inference_profiles.csv").write_text(f"arn,model\n{PROFILE},anthropic.claude-haiku-5-5\n")
    book = open_book(tmp_path)
    assert [p.source for p in book.prices_of(Said("", "house-model"))] == ["contract"]
    assert {p.model for p in book.prices_of(Said("aws.bedrock", PROFILE))} == {"anthropic.claude-haiku-5-5"}
    before = book.why_unpriced(Said("", "house-model"), date(2026, 3, 1))
    assert before == "its price is known since 2026-03-02 only; add an earlier one to prices.csv"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("profile,model\n", "1: unknown column 'profile'"),
        ("arn,model\nabc,m\n", "2: arn 'abc' is no ARN"),
        (f"arn,model\n{PROFILE},\n", "2: model is empty"),
        (f"arn,model\n{PROFILE},a\n{PROFILE},b\n", f"3: {PROFILE} is another model in a line above"),
    ],
)
def test_a_mapping_of_profiles_that_is_none_is_refused(tmp_path: Path, lines: str, what: str) -> None:
    path = tmp_path / "inference_profiles.csv"
    path.write_text(lines)
    with pytest.raises(PriceError) as refused:
        open_book(tmp_path)
    assert str(refused.value).startswith(f"{path}:{what}")
