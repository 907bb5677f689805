"""The models that the tests of templates ask, as the lake's settings name them."""

import os
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from ingest.contracts import layout
from ingest.delivery.privacy.settings import SettingsError, load
from serving.logic.models.provider import Models
from serving.logic.models.settings import models_of
from serving.logic.models.table import ModelSettingsError
from sql.prices.book import open_book


def open_models(root: Path) -> Models:
    """The models of a lake.

    Raises:
        SettingsError: the lake's settings can't be used.
    """
    path = root / layout.SETTINGS_FILE
    try:
        models = models_of(load(path).models, os.environ)
    except ModelSettingsError as error:
        raise SettingsError(f"{path}: {error}") from error
    return replace(models, prices=cache(partial(open_book, root)))
