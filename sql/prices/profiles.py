"""Which model is behind an application inference profile of Bedrock. Its ARN is opaque; Bedrock tells its owner.

The answers are kept in a file of two columns, so that they are asked for once and can be written by hand.
"""

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sql.prices.file import PriceError, rows_of

COLUMNS = ("arn", "model")

_FOUNDATION = re.compile(r"arn:[^:]*:bedrock:(?P<region>[^:]*):[^:]*:foundation-model/(?P<model>.+)")
_AREA = re.compile(r"us-gov|[a-z]+")
_NATIONS = {
    "jp": {"ap-northeast-1", "ap-northeast-3"},
    "au": {"ap-southeast-2", "ap-southeast-4"},
    "in": {"ap-south-1", "ap-south-2"},
}
"""Prefixes that stand for a part of Asia and the Pacific, whose own is `apac`."""


def read_profiles(path: Path) -> dict[str, str]:
    """Models as Bedrock names them, by ARN.

    Raises:
        OSError: the file can't be read.
        PriceError: a row is not an ARN and a model.
    """
    profiles: dict[str, str] = {}
    for line, row in rows_of(path, COLUMNS, COLUMNS):
        if not row["arn"].startswith("arn:"):
            raise PriceError(f"{path}:{line}: arn {row['arn']!r} is no ARN")
        if not row["model"]:
            raise PriceError(f"{path}:{line}: model is empty; say what Bedrock calls it")
        if profiles.setdefault(row["arn"], row["model"]) != row["model"]:
            raise PriceError(f"{path}:{line}: {row['arn']} is another model in a line above")
    return profiles


def rendered(profiles: Mapping[str, str]) -> str:
    """The file of some profiles."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(profiles.items()))
    return text.getvalue()


def model_behind(profile: Mapping[str, Any]) -> str | None:
    """The model of an answer of `GetInferenceProfile`, with the prefix of the regions it is routed to.

    None where the answer names no foundation model, or several.
    """
    targets = [_FOUNDATION.fullmatch(str(model.get("modelArn", ""))) for model in profile.get("models", ())]
    models = {target["model"] for target in targets if target}
    if len(models) != 1 or not all(targets):
        return None
    prefix = _prefix({target["region"] for target in targets if target})
    return None if prefix is None else prefix + models.pop()


def _prefix(regions: set[str]) -> str | None:
    """What Bedrock puts before the model's name for calls routed to these; None where that is not known."""
    if "" in regions:  # a target in no region stands for the whole world
        return "global."
    if len(regions) == 1:
        return ""
    for nation, its_regions in _NATIONS.items():
        if regions <= its_regions:
            return f"{nation}."
    areas = {matched[0] for region in regions if (matched := _AREA.match(region))}
    return f"{'apac' if area == 'ap' else area}." if len(areas) == 1 and (area := areas.pop()) else None
