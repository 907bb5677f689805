"""The models of a lake, as its settings name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.models import open_models
from ingest.contracts import layout
from ingest.delivery.privacy.settings import SettingsError

NAMED = '[models]\ndefault = "m"\n[models.providers.own]\nbase_url = "http://127.0.0.1:1/v1"\napi_key_env = "OWN_KEY"\n'


def test_a_lake_without_models_has_the_stand_in(tmp_path: Path) -> None:
    assert list(open_models(tmp_path).providers) == ["stand-in"]


def test_a_lake_names_its_models_and_prices_them_by_its_own_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / layout.SETTINGS_FILE).write_text(NAMED)
    monkeypatch.setenv("OWN_KEY", "sk")
    models = open_models(tmp_path)
    assert (list(models.providers), models.default_model) == (["own"], "m")
    assert models.prices() is models.prices(), "the table is read once"


def test_a_key_that_is_not_there_is_told_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / layout.SETTINGS_FILE).write_text(NAMED)
    monkeypatch.delenv("OWN_KEY", raising=False)
    with pytest.raises(SettingsError) as told:
        open_models(tmp_path)
    assert str(told.value) == (
        f"{tmp_path / layout.SETTINGS_FILE}: models.providers.own: the variable OWN_KEY is not set; set it."
    )
