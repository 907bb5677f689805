"""What a stage's settings may say; each refusal is one sentence with the place and what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from dashboards.briefs.audiences import AUDIENCES
from dashboards.briefs.periods import Kind
from infra.aws.names import Names
from infra.aws.rooms.flows import REPORTED
from infra.aws.slos import objectives, objectives_of
from infra.aws.stage import Report, StageError, read_stage
from tests.infra.aws.stack.templates import EXAMPLES, ROOT, needs_node

GOOD = 'account = "123456789012"\nregion = "eu-central-1"\nalarms = ["a@example.com"]\nbudget_usd = 10\n'

SENDER = 'sender = "example.com"\n'
REPORT = '[[reports]]\naudience = "product"\nperiod = "week"\nto = ["ann@example.com"]\n'


def write(folder: Path, text: str, name: str = "dev") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account = ", "is not TOML"),
        (GOOD.replace('"123456789012"', '"1234"'), "account: "),
        (GOOD.replace("eu-central-1", "Frankfurt"), "region: "),
        (GOOD.replace('"a@example.com"', ""), "alarms: "),
        (GOOD.replace("budget_usd = 10", ""), "budget_usd: Field required"),
        (GOOD + "logs_days = 31", "logs_days: "),
        (GOOD + "colour = 1", "colour: "),
        (GOOD + 'name = "prod"', "the file's own name is the stage's"),
        (GOOD + 'settings = "absent.toml"', "there is no such file"),
        (GOOD + 'models = "absent.toml"', "there is no such file"),
        (GOOD + 'allowed_origins = ["shop"]', "'shop' is no origin"),
        (GOOD + "[sources]\nemails = true", "sources.emails needs a sender"),
        (GOOD + REPORT, "reports need a sender, whom they are mailed from"),
        (GOOD + SENDER + REPORT.replace("product", "sales"), "reports.0.audience: Input should be 'engineering', 'fin"),
        (GOOD + SENDER + REPORT.replace("week", "day"), "reports.0.period: Input should be 'week' or 'month'"),
        (GOOD + SENDER + REPORT.replace("ann@example.com", "ann"), "reports.0.to.0: "),
        (GOOD + SENDER + REPORT.replace('"ann@example.com"', ""), "reports.0.to: "),
        (GOOD + SENDER + REPORT + REPORT, "reports has the one for product by week 2 times; write all addresses into"),
        (GOOD + '[extras]\ncopies_in = "eu-central-1"', "must be another region"),
        (GOOD + "[quicksight]", "quicksight.groups: Field required"),
        (GOOD + "[quicksight.groups]\na = []", "quicksight.groups.a: "),
        (GOOD + '[quicksight.groups]\na = [" "]', "quicksight.groups.a.0: "),
        (GOOD + "[quicksight.groups]\na = ['the \"best\"']", "quicksight.groups.a.0: "),
        (GOOD + '[quicksight.groups]\na = ["*", "b"]', "groups.a sees *, which is every team"),
        (GOOD + '[quicksight]\nauthors = "b"\n[quicksight.groups]\na = ["*"]', "authors is b, and groups does not say"),
        (GOOD + "build_every_minutes = 1", "build_every_minutes: "),
        (GOOD + "build_every_minutes = 180", "build_every_minutes: Input should be less than or equal to 120"),
    ],
)
def test_what_can_not_be_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(StageError) as refused:
        read_stage("dev", write(tmp_path / "stages", text))
    message = str(refused.value)
    assert said in message
    assert re.search(r"dev\.toml|absent\.toml", message), "it says where"
    assert message.count("\n") == 0


@needs_node
def test_a_stage_without_settings_is_told_which_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from infra.aws.app import main

    folder = write(tmp_path / "stages", GOOD, "test")
    assert main(["--stage", "prod", "--stages", str(folder), "--packages", str(tmp_path)]) == 1
    assert "There are no settings for a stage 'prod'" in (said := capsys.readouterr().err)
    assert "test" in said


def test_nonsense_in_the_owners_settings_is_found_before_anything_is_made(tmp_path: Path) -> None:
    folder = write(tmp_path / "stages", GOOD + 'settings = "lake.toml"')
    (folder / "lake.toml").write_text('[build]\nengine = "abacus"\n')
    with pytest.raises(StageError, match=r"lake\.toml: build\.engine"):
        read_stage("dev", folder)


@pytest.mark.parametrize("region", ["eu-central-1", "ap-southeast-2", "cn-north-1", "us-gov-west-1"])
def test_names_have_room_in_every_service(tmp_path: Path, region: str) -> None:
    longest = "abcdefghijkl"
    names = Names(read_stage(longest, write(tmp_path / "stages", GOOD.replace("eu-central-1", region), longest)))
    buckets = [names.lake, names.backups, names.passing, names.pages, names.access_logs]
    assert max(map(len, buckets)) <= 63
    assert len(set(buckets)) == len(buckets)
    assert max(len(names.stream(table)) for table in ("prompt_execution", "service_metric", "support_ticket")) <= 64
    partition = {"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}.get(region, "aws")
    assert names.bucket_arn(names.lake) == f"arn:{partition}:s3:::{names.lake}"


def test_a_part_without_an_objective_can_not_be_deployed() -> None:
    parts = {part for one in objectives() for part in one.parts}
    assert len(objectives_of(parts, objectives())) == len(objectives())
    with pytest.raises(StageError, match="nothing is promised of function:new"):
        objectives_of({*parts, "function:new"}, objectives())
    with pytest.raises(StageError, match="nothing is promised of api:api, function:api;"):
        objectives_of(parts, [one for one in objectives() if one.name != "api-errors"])
    with pytest.raises(StageError, match="nothing is promised of api:collector"):
        objectives_of(parts - {"function:collector"}, objectives())


def test_reports_can_be_sent_to_every_audience_that_there_is() -> None:
    assert set(get_args(Report.model_fields["audience"].annotation)) == {one.stem for one in AUDIENCES.glob("*.yaml")}
    assert get_args(Report.model_fields["period"].annotation) == get_args(Kind)
    assert set(REPORTED) == set(get_args(Kind))


def test_boards_are_asked_for_as_the_guide_says(tmp_path: Path) -> None:
    (said,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/boards.md").read_text(), re.DOTALL)
    boards = read_stage("dev", write(tmp_path / "stages", GOOD + said)).quicksight
    assert boards is not None
    assert boards.groups == {"analysts": ("*",), "support": ("support", "support, weekends")}
    assert read_stage("dev", write(tmp_path / "stages", GOOD)).quicksight is None


def test_the_examples_are_good() -> None:
    assert read_stage("dev", EXAMPLES).lake.build.engine == "duckdb"
    assert read_stage("prod", EXAMPLES).lake.build.engine == "spark"
