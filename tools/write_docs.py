"""Write the docs that are made from the program: docs/commands.md and docs/exit-codes.md."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import typer

ROOT = Path(__file__).resolve().parents[1]


def help_of(verb: str) -> str:
    """The help text of one verb ('' for the command itself, `print board` for one of a group), as a
    terminal 100 wide shows it."""
    arguments = [sys.executable, "-m", "openset", *verb.split(), "--help"]
    environment = {**os.environ, "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, env=environment)
    return "\n".join(
        line.rstrip() for line in done.stdout.replace("python -m openset", "openset").splitlines()
    )


def verbs_of(app: typer.Typer) -> list[str]:
    """Every verb, those of a group (`print board`) after the others, in the order they were made."""
    verbs = [
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    ]
    for group in app.registered_groups:
        if group.typer_instance is not None:
            name = group.typer_instance.info.name
            verbs += [f"{name} {verb}" for verb in verbs_of(group.typer_instance)]
    return verbs


def commands_page() -> str:
    """docs/commands.md."""
    from openset.cli.main import app

    parts = [
        "# Commands\n\nEvery command takes `--json` and then prints exactly one JSON object on standard output; "
        "progress goes to\nstandard error. Exit codes are in [exit-codes.md](exit-codes.md). This page is made from "
        "the program's own help.\n",
        f"```\n{help_of('').strip()}\n```\n",
    ]
    parts += [f"## openset {verb}\n\n```\n{help_of(verb).strip()}\n```\n" for verb in verbs_of(app)]
    return "\n".join(parts)


def exit_codes_page() -> str:
    """docs/exit-codes.md."""
    from openset.primitives.errors import all_errors

    rows = [
        f"| {e.exit_code} | {e.__name__} | {(e.__doc__ or '').splitlines()[0]} |" for e in all_errors()
    ]
    return (
        "# Exit codes\n\nEvery trouble is one line on standard error (what, where, what to do next) and its own exit "
        "code; with `--json`\nalso an object with `ok: false`. What was already recorded is kept whatever the code.\n\n"
        "| code | name | meaning |\n|--:|---|---|\n| 0 | | done |\n"
        + "\n".join(rows)
        + "\n| 130 | | interrupted with Ctrl-C; the open take was closed |\n"
    )


def main() -> None:
    """Write both pages."""
    (ROOT / "docs" / "commands.md").write_text(commands_page(), encoding="utf-8")
    (ROOT / "docs" / "exit-codes.md").write_text(exit_codes_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
