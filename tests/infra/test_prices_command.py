"""``promptlake prices``: what has no price, history priced anew, LiteLLM's table, and Bedrock's profiles."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

import pytest

from infra.local.cli import main
from infra.local.lake import Lake
from tests.lakes import build_lake, event, make_lake, row, send

PROFILE = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2"
HEADER = "provider,model,valid_from,input_usd_per_mtok,output_usd_per_mtok,source\n"
MARCH = ("--from", "2026-03-01", "--to", "2026-03-31")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path / "lake")


class Asked:
    """Runs the command on one lake."""

    def __init__(self, lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
        self._lake, self._capsys = lake, capsys

    def text(self, *words: str, code: int = 0) -> str:
        self._capsys.readouterr()
        assert main(["prices", *words, "--lake", str(self._lake.root)]) == code
        said = self._capsys.readouterr()
        return said.out + said.err

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.text(*words, "--json", code=code))


@pytest.fixture
def asked(lake: Lake, capsys: pytest.CaptureFixture[str]) -> Asked:
    return Asked(lake, capsys)


def test_what_has_no_price_is_named_with_what_to_do(lake: Lake, asked: Asked) -> None:
    assert "Every call has a price" in asked.text("unpriced")
    terms = {"service_tier": "reserved", "region": "eu-west-3"}
    send(lake, [event(uncached_input_tokens=7, **terms), event(), event(model="[red]", output_tokens=9)])
    build_lake(lake)
    first, second = asked.json("unpriced", code=1)
    assert (first["model"], first["tokens"], first["executions"]) == ("[red]", 9, 1)
    assert first["reason"] == "the price table has no such model; add it to the lake's prices.csv"
    assert (second["service_tier"], second["region"], second["tokens"]) == ("reserved", "eu-west-3", 7)
    assert second["reason"] == "openai gpt-4o has no known price for service tier reserved"
    assert "[red]" in asked.text("unpriced", code=1)
    assert asked.json("unpriced", "--from", "2026-03-03") == []
    (lake.root / "prices.csv").write_text(HEADER + "openai,[red],2026-01-01,1,2,contract\n")
    assert "run `promptlake prices reprice --from 2026-03-02 --to 2026-03-02`" in asked.text("unpriced", code=1)


def test_history_priced_anew_is_shown_first_and_then_done(lake: Lake, asked: Asked) -> None:
    calls = [event(model=model, uncached_input_tokens=1_000_000, user_id="ann") for model in ("gpt-4o", "house-model")]
    send(lake, [*calls, event(occurred_at="2026-04-02T10:00:00Z", uncached_input_tokens=1_000_000)])
    build_lake(lake)
    own = "openai,gpt-4o,2026-01-01,2,10,contract\nopenai,house-model,2026-01-01,1,2,contract\n"
    (lake.root / "prices.csv").write_text(HEADER + own)
    shown = asked.json("reprice", *MARCH, "--dry-run")
    assert row(lake, "SELECT sum(cost_usd) FROM gold.cost_daily") == (5,)
    done = asked.json("reprice", *MARCH)
    assert (shown["is_done"], done["is_done"]) == (False, True)
    assert shown["models"] == done["models"]
    house, known = done["models"]
    assert (house["model"], house["before"]["cost_usd"], house["before"]["unpriced_tokens"]) == (
        "house-model",
        None,
        1_000_000,
    )
    assert (house["after"]["cost_usd"], house["after"]["unpriced_tokens"]) == ("1.000000000000", 0)
    assert (known["before"]["cost_usd"], known["after"]["cost_usd"]) == ("2.500000000000", "2.000000000000")
    assert done["total"]["after"]["cost_usd"] == "3.000000000000"
    assert row(lake, "SELECT sum(cost_usd) FROM gold.cost_daily") == (3 + 2.5,)
    assert "no cost changes" in asked.text("reprice", *MARCH, "--dry-run")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("reprice", "--from", "2026-03-02", "--to", "2026-03-01"), "--from 2026-03-02 is after --to 2026-03-01"),
        (("diff", "--url", "http://example.org/prices.json"), "http://example.org/prices.json is no https address."),
    ],
)
def test_what_can_t_be_done_is_one_sentence(asked: Asked, words: tuple[str, ...], what: str) -> None:
    assert what in asked.text(*words, code=1)


def test_a_file_that_is_wrong_is_named_with_its_line(lake: Lake, asked: Asked) -> None:
    (lake.root / "prices.csv").write_text(HEADER + "openai,gpt-4o,,2,10,contract\n")
    said = asked.text("reprice", *MARCH, code=1)
    where = f"promptlake: {lake.root}/prices.csv:2: "
    assert said == f"{where}valid_from is empty; say since when the price holds, such as 2026-01-01.\n"


def test_litellm_s_table_is_put_beside_ours(asked: Asked, tmp_path: Path) -> None:
    same = {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 2.5e-06,
        "output_cost_per_token": 1e-05,
    }
    table = {"gpt-4o": same, "gpt-unknown": same}
    path = tmp_path / "litellm.json"
    path.write_text(json.dumps(table))
    assert "1 offers compared, 0 differ; 1 of theirs have no price of ours" in asked.text("diff", "--file", str(path))
    path.write_text(json.dumps(table | {"gpt-4o": same | {"input_cost_per_token": 5e-06}}))
    (difference,) = asked.json("diff", "--file", str(path), code=1)["differences"]
    assert (difference["name"], difference["kind"]) == ("gpt-4o", "input")
    assert (difference["ours_usd_per_mtok"], difference["theirs_usd_per_mtok"]) == ("2.5", "5")
    assert asked.json("diff", "--file", str(path), "--at", "2024-06-01", code=1)["differences"] != [difference]
    assert asked.json("diff", "--file", str(path), "--model", "unknown")["differences"] == []


class Bedrock(BaseHTTPRequestHandler):
    """Answers `GetInferenceProfile` for one profile, as Bedrock does."""

    def do_GET(self) -> None:
        arn = unquote(self.path.removeprefix("/inference-profiles/"))
        models = [
            {"modelArn": f"arn:aws:bedrock:{region}::foundation-model/anthropic.claude-3-haiku-20240307-v1:0"}
            for region in ("eu-central-1", "eu-west-3")
        ]
        is_known = arn == PROFILE
        now = datetime.now(UTC).isoformat()
        answer = (
            {"inferenceProfileArn": arn, "models": models, "createdAt": now} if is_known else {"message": "no such"}
        )
        body = json.dumps(answer).encode()
        self.send_response(200 if is_known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if not is_known:
            self.send_header("x-amzn-ErrorType", "ResourceNotFoundException")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def bedrock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with HTTPServer(("127.0.0.1", 0), Bedrock) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", f"http://127.0.0.1:{server.server_port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "any")
        yield
        server.shutdown()


@pytest.mark.usefixtures("bedrock")
def test_the_model_behind_a_profile_is_asked_for_once_and_kept(lake: Lake, asked: Asked) -> None:
    other = PROFILE + "x"
    usual = {"provider": "aws.bedrock", "uncached_input_tokens": 1_000_000}
    send(lake, [event(model=PROFILE, **usual), event(model=other, **usual)])
    build_lake(lake)
    assert {one["model"] for one in asked.json("profiles", code=1)} == {None}
    assert "run `promptlake prices profiles --look-up`" in asked.text("unpriced", code=1)
    known, unknown = asked.json("profiles", "--look-up", code=1)
    assert known == {"arn": PROFILE, "model": "eu.anthropic.claude-3-haiku-20240307-v1:0", "problem": None}
    assert (unknown["arn"], unknown["model"]) == (other, None)
    assert "ResourceNotFoundException" in unknown["problem"]
    assert (lake.root / "inference_profiles.csv").read_text() == f"arn,model\n{PROFILE},{known['model']}\n"
    asked.text("reprice", *MARCH)
    priced = f"SELECT cost_usd, unpriced_tokens FROM gold.cost_daily WHERE model = '{PROFILE}'"
    assert [float(number) for number in row(lake, priced)] == [0.25, 0]
