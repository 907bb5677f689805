"""How the data files of this package are read: strictly, and with one sentence about what is wrong."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError


class CostError(Exception):
    """A data file is not what it must be. One sentence that names file and place."""


class Strict(BaseModel):
    """A part of a data file, without anything that the model does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


T = TypeVar("T", bound=Strict)


def load(kind: type[T], path: Path) -> T:
    """Read and check a file.

    Raises:
        CostError: it is no YAML, or something in it is missing, unknown or nonsense.
    """
    try:
        return kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise CostError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise CostError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
