"""Puts a stage into its account, shows what would change, and takes it out again: looks first, then lets CDK do it."""

import base64
import json
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import WaiterError

from infra.aws.doctor.before import BEFORE
from infra.aws.doctor.examining import examine
from infra.aws.names import Names
from infra.aws.packages.build import (
    Package,
    build_functions,
    build_glue,
    build_jobs_context,
    build_reports_context,
)
from infra.aws.packed import APP, BOARDS, MODELS, PEOPLE, SETTINGS
from infra.aws.pages import put_pages
from infra.aws.reports.asked import packed
from infra.aws.session import Clients
from infra.aws.stage import Stage, StageError
from ingest.delivery.privacy.keys import KEY_BYTES
from ingest.delivery.reaching import reaching

CDK = "aws-cdk@2.1148.1"
"""Its command line; version 3 does not read what the library of version 2 writes."""
BUILD = Path(".promptlake")
"""Where packages and templates are put together, beside the stages."""

OnStep = Callable[[str], None]


def check(stage: Stage, clients: Clients) -> None:
    """See that the stage can be where it is to be.

    Raises:
        StageError: it can't; the first reason.
    """
    for finding in examine(Names(stage), clients, BEFORE):
        if finding.problem:
            name = finding.check[0].upper() + finding.check[1:]
            raise StageError(f"Nothing was deployed. {name}: {finding.problem}")


def ensure_keys(stage: Stage, ssm: Any) -> bool:
    """Make the first key for pseudonyms where there is none, and touch none that is there; whether one was made.

    Raises:
        Unavailable: Systems Manager can't be asked, or does not let us.
    """
    name = Names(stage).keys_parameter
    with reaching("Systems Manager"):
        try:
            ssm.get_parameter(Name=name)
        except ssm.exceptions.ParameterNotFound:
            document = json.dumps({"keys": [_new_key()]})
            tags = [{"Key": "promptlake:stage", "Value": stage.name}]
            ssm.put_parameter(Name=name, Value=document, Type="SecureString", Tier="Standard", Tags=tags)
            return True
    return False


def _new_key() -> dict[str, str]:
    return {
        "key": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def build_packages(stage: Stage, folder: Path, on_step: OnStep) -> None:
    """Put together what is sent."""
    files = owners_files(stage)
    for package in Package:
        on_step(f"Putting the functions' package {package} together")
        build_functions(package, folder / package, files)
    on_step("Putting the jobs' image together")
    build_jobs_context(folder / "jobs", files)
    if stage.reports:
        on_step("Putting the reports' image together")
        build_reports_context(folder / "reports", packed(stage.reports))
    if stage.lake.build.engine == "spark":
        on_step("Putting the Spark job together")
        build_glue(folder / "glue", files)


def owners_files(stage: Stage) -> dict[str, Path]:
    """The owner's files by their names in a package."""
    named = {SETTINGS: stage.settings, MODELS: stage.models, PEOPLE: stage.people}
    return {packed: path for packed, name in named.items() if (path := stage.file(name)) is not None}


def deploy(stage: Stage, clients: Clients, on_step: OnStep, *, stages: Path) -> None:
    """Deploy all stacks, and remove the boards where they are switched off.

    Raises:
        StageError: it can't be, or CDK says that it went wrong.
        Unavailable: the keys can't be looked for, or made; or the pages can't be put.
    """
    on_step("Looking at the account")
    check(stage, clients)
    build_packages(stage, _packages(stage), on_step)
    if ensure_keys(stage, clients("ssm")):
        on_step("Made the first key for pseudonyms")
    on_step("Deploying")
    _cdk(stage, stages, "deploy", "--all", "--require-approval", "broadening", "--outputs-file", _outputs(stage))
    on_step("Putting the data dictionary where people read it")
    put_pages(clients("s3"), Names(stage).pages)
    if stage.quicksight is None and remove_boards(stage, clients("cloudformation")):
        on_step("Removed the boards, which are switched off")


def diff(stage: Stage, clients: Clients, on_step: OnStep, *, stages: Path) -> None:
    """Show what a deployment would change; raises as :func:`deploy`."""
    check(stage, clients)
    build_packages(stage, _packages(stage), on_step)
    _cdk(stage, stages, "diff", "--all")


def destroy(stage: Stage, clients: Clients, on_step: OnStep, *, stages: Path) -> None:
    """Destroy what works, and keep what is kept; raises as :func:`deploy`."""
    for finding in examine(Names(stage), clients, {"account": BEFORE["account"]}):
        if finding.problem:
            raise StageError(f"Nothing was destroyed. {finding.problem}")
    if not (_packages(stage) / Package.API).is_dir():
        build_packages(stage, _packages(stage), on_step)
    parts = (APP,) if stage.quicksight is None else (BOARDS, APP)
    if stage.quicksight is None and remove_boards(stage, clients("cloudformation")):
        on_step("Removed the boards, which are switched off")
    _cdk(stage, stages, "destroy", *map(Names(stage).stack, parts), "--exclusively")


def remove_boards(stage: Stage, cloudformation: Any) -> bool:
    """Remove the boards' stack of a stage that has none any more, of which CDK is not told then; whether it was there.

    Raises:
        Unavailable: CloudFormation can't be asked, or does not let us.
        StageError: it could not remove them.
    """
    name = Names(stage).stack(BOARDS)
    with reaching("CloudFormation"):
        pages = cloudformation.get_paginator("describe_stacks").paginate()
        if not any(stack["StackName"] == name for page in pages for stack in page["Stacks"]):
            return False
        cloudformation.delete_stack(StackName=name)
        try:
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=name)
        except WaiterError as error:
            raise StageError(f"CloudFormation could not remove {name}; its events say why ({error}).") from error
    return True


def cdk_command(stage: Stage, stages: Path, words: Sequence[str]) -> list[str]:
    """What is run."""
    app = [sys.executable, "-m", "infra.aws.app", "--stage", stage.name, "--stages", str(stages)]
    app += ["--packages", str(_packages(stage))]
    return ["npx", "--yes", CDK, *words, "--app", shlex.join(app), "--output", str(BUILD / stage.name / "cdk.out")]


def _cdk(stage: Stage, stages: Path, *words: str) -> None:
    if shutil.which("npx") is None:
        raise StageError("CDK's command line runs in Node.js, which is not installed; install version 22 or later.")
    done = subprocess.run(cdk_command(stage, stages, words), check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise StageError(f"CDK could not {words[0]} stage {stage.name}; its own message stands above.")


def _packages(stage: Stage) -> Path:
    return BUILD / stage.name / "packages"


def _outputs(stage: Stage) -> str:
    return str(BUILD / stage.name / "outputs.json")
