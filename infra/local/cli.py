"""The ``promptlake`` command: finds the subcommand, runs it, turns what went wrong into one sentence."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn

from infra.local.lake import LakeError

COMMANDS = {
    "up": "infra.local.commands.up",
    "import": "infra.local.commands.import_",
    "build": "infra.local.commands.build",
    "sql": "infra.local.commands.sql",
    "report": "infra.local.commands.report",
    "status": "infra.local.commands.status",
    "gates": "infra.local.commands.gates",
    "docs": "infra.local.commands.docs",
    "reconcile": "infra.local.commands.reconcile",
    "quarantine": "infra.local.commands.quarantine",
    "erase": "infra.local.commands.erase",
    "maintain": "infra.local.commands.maintain",
    "doctor": "infra.local.commands.doctor",
    "prices": "infra.local.commands.prices",
    "access": "infra.local.commands.access",
    "recipients": "infra.local.commands.recipients",
    "keys": "infra.local.commands.keys",
    "export": "infra.local.commands.export",
    "backup": "infra.local.commands.backup",
    "restore": "infra.local.commands.restore",
    "deploy": "infra.local.commands.deploy",
    "diff": "infra.local.commands.deploy",
    "destroy": "infra.local.commands.deploy",
    "demo": "infra.local.commands.demo",
}
"""Command by module, in the order in which a newcomer meets them."""

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
"""Exit codes besides 0, which means that the command did what it says."""


def command() -> NoReturn:
    """The installed command. Leaves at once: taking the interpreter apart after a build takes a second for nothing."""
    code = main()
    with suppress(BrokenPipeError):  # the reader of our output left, as `head` does
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        args = _parser(arguments).parse_args(arguments)
        code: int = args.run(args)
    except LakeError as error:
        print(f"promptlake: {error}", file=sys.stderr)  # noqa: T201
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output left, as `head` does. Python would complain once more while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        # A full disk, a folder that may not be written, a file that went away: the system's words, and where.
        where = f"{error.filename}: " if error.filename else ""
        print(f"promptlake: {where}{error.strerror or error}.", file=sys.stderr)  # noqa: T201
        return FAILED
    return code


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """A parser that loads only the command that is asked for: importing all of them takes longer than most take."""
    parser = argparse.ArgumentParser(
        prog="promptlake",
        description="What ran, what it cost, how good it was, and whether people stayed: one lake, in one folder.",
    )
    parser.add_argument("--version", action="version", version=f"promptlake {version('promptlake')}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    asked = next((word for word in arguments if word in COMMANDS), None)
    for name, module in COMMANDS.items():
        if asked in (None, name):
            import_module(module).add_parser(subparsers)
    return parser


if __name__ == "__main__":
    command()
