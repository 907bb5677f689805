"""``settings.toml``: what it can say, and how a mistake in it is told."""

from pathlib import Path

import pytest

from ingest.delivery.privacy.settings import Settings, SettingsError, load, texts


def settings(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return load(path)


def test_without_a_file_prompts_and_answers_are_not_kept_and_other_texts_redacted(tmp_path: Path) -> None:
    privacy = load(tmp_path / "none.toml").privacy("production")
    assert {key for key in texts() if privacy.handling(*key) == "none"} == {
        ("prompt_execution", "prompt"),
        ("prompt_execution", "answer"),
    }
    assert {privacy.handling(*key) for key in texts()} == {"none", "redacted"}
    assert (privacy.consent.analytics, privacy.consent.content, privacy.unknown) == (True, True, "none")


def test_an_environment_says_what_differs_from_all(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        """
        [environments."*"]
        names = ["Ann Smith"]
        consent = {content = false}
        [environments."*".text.feedback]
        comment = "full"
        [environments.staging]
        consent = {analytics = false}
        [environments.staging.text]
        feedback = {answer = "hash"}
        prompt_execution = {prompt = "full"}
        """,
    )
    staging, other = found.privacy("staging"), found.privacy("production")
    assert (staging.names, other.names) == (("Ann Smith",), ("Ann Smith",))
    assert (staging.consent.analytics, staging.consent.content) == (False, False)
    assert (other.consent.analytics, other.consent.content) == (True, False)
    said = {of: staging.handling("feedback", of) for of in ("comment", "answer")}
    assert said == {"comment": "full", "answer": "hash"}
    assert (staging.handling("prompt_execution", "prompt"), other.handling("prompt_execution", "prompt")) == (
        "full",
        "none",
    )
    assert found.keeps("prompt_execution", "prompt")
    assert not found.keeps("prompt_execution", "answer")


def test_duckdb_builds_unless_spark_is_named(tmp_path: Path) -> None:
    assert settings(tmp_path, "").build.engine == "duckdb"
    assert settings(tmp_path, '[build]\nengine = "spark"').build.engine == "spark"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[environments", "is not TOML"),
        ("[enviroments.x]", "enviroments: Extra inputs are not permitted"),
        ("[environments.x]\nconsent = true", "environments.x.consent"),
        ('[environments.x.text.feedback]\ncomment = "some"', "environments.x.text.feedback.comment"),
        ('[environments.x.text.feedback]\ncomments = "full"', "did you mean 'feedback.comment'?"),
        ('[environments.x.text.zzz]\nq = "full"', "there is no free text 'zzz.q'; there are prompt_execution"),
        ('[environments.x]\nphone_regions = ["Germany"]', "environments.x.phone_regions.0"),
        ('[environments.x]\nnames = ["A"]', "environments.x.names.0"),
        ("[environments.x.consent]\nanalytics = 1", "environments.x.consent.analytics"),
        ('[build]\nengine = "flink"', "build.engine: Input should be 'duckdb' or 'spark'"),
    ],
)
def test_a_mistake_is_told_with_file_and_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        settings(tmp_path, text)
    sentence = str(raised.value)
    assert sentence.startswith(str(tmp_path / "settings.toml"))
    assert said in sentence
    assert sentence.endswith(".")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is no text in UTF-8"):
        load(tmp_path / "settings.toml")
