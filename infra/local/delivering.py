"""What stands behind the embedded lake's doors: the transform step with the lake's own settings, keys and consents."""

import secrets
from pathlib import Path

from infra.local.consents import SqliteConsents
from infra.local.keyring import open_keys
from infra.local.lake import Lake, LakeError
from ingest.contracts import layout
from ingest.delivery.privacy.keys import KEY_BYTES, Keyring
from ingest.delivery.privacy.settings import Settings, SettingsError, load
from ingest.delivery.transform import Transform
from transforms.jobs.retention import Retention, RetentionError, read_retention


def open_transform(lake: Lake) -> Transform:
    """The step of a lake.

    Raises:
        LakeError: its settings or keys can't be used.
    """
    return Transform(settings_of(lake), open_keys(lake).keyring, consents_of(lake))


def settings_of(lake: Lake) -> Settings:
    """What the owner lets the lake keep.

    Raises:
        LakeError: the file says what no setting is.
    """
    try:
        return load(lake.root / layout.SETTINGS_FILE)
    except SettingsError as error:
        raise LakeError(str(error)) from error


def retention_of(lake: Lake) -> Retention:
    """How long the owner wants each layer kept.

    Raises:
        LakeError: the file says what no setting is.
    """
    try:
        return read_retention(settings_of(lake).retention)
    except RetentionError as error:
        raise LakeError(f"{lake.root / layout.SETTINGS_FILE}: {error}.") from error


def consents_of(lake: Lake) -> SqliteConsents:
    return SqliteConsents(lake.root / layout.STATE_FILE)


def preview_transform() -> Transform:
    """The step for a look at what would be stored, without a lake: its pseudonyms are good for nothing else."""
    return Transform(Settings(), Keyring([secrets.token_bytes(KEY_BYTES)]), SqliteConsents(Path(":memory:")))
