"""The templates of the two stages that ship as examples: a small one, and one with everything switched on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.aws.names import Names
from infra.aws.stage import Stage, read_stage

if TYPE_CHECKING:
    from infra.aws.rooms.functions import Packages  # which loads CDK, and that needs Node.js

ROOT = Path(__file__).parents[4]
EXAMPLES = ROOT / "infra/aws/stages"
STAGES = ("dev", "prod")

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="CDK runs in Node.js, which is not installed")

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Template:
    """One stack as CloudFormation gets it."""

    path: Path

    @property
    def resources(self) -> Mapping[str, Resource]:
        resources: Mapping[str, Resource] = json.loads(self.path.read_text())["Resources"]
        return resources

    def of(self, kind: str) -> list[Resource]:
        """Properties of the resources of a kind, without AWS:: before it."""
        return [one.get("Properties", {}) for one in self.resources.values() if one["Type"] == f"AWS::{kind}"]


@dataclass(frozen=True)
class Synthesised:
    """The stacks of one stage."""

    stage: Stage
    data: Template
    app: Template
    copies: Template | None = None
    boards: Template | None = None

    @property
    def names(self) -> Names:
        return Names(self.stage)

    @property
    def kept(self) -> list[Template]:
        """Those that are not destroyed."""
        return [one for one in (self.data, self.copies) if one]

    def __iter__(self) -> Iterator[Template]:
        return iter([one for one in (self.data, self.app, self.copies, self.boards) if one])


def synthesise(name: str, out: Path) -> Synthesised:
    """Make the stacks of a stage, and hold them against cdk-nag; raises where a rule is broken without a reason."""
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")
    from aws_cdk import Validations
    from cdk_nag import AwsSolutionsChecks

    from infra.aws.app import make_app

    stage = read_stage(name, EXAMPLES)
    app, stacks = make_app(stage, _packages(out / "packages"), str(out / name))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    made = {"copies": stacks.copies, "boards": stacks.boards}
    others = {part: Template(out / name / stack.template_file) for part, stack in made.items() if stack}
    kept, works = (Template(out / name / stack.template_file) for stack in (stacks.data, stacks.app))
    return Synthesised(stage, kept, works, **others)


def _packages(folder: Path) -> Packages:
    """Folders that stand for packages: what is in them changes no template."""
    for name, file in {
        "doors": "a.py",
        "api": "b.py",
        "jobs": "Dockerfile",
        "reports": "Dockerfile",
        "glue": "rooms.zip",
    }.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / file).touch()
    (folder / "glue/job.py").touch()
    (folder / "glue/settings.toml").touch()
    from infra.aws.app import packages_in

    return packages_in(folder)
