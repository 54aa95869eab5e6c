"""The camera's verbs on the command line: they are there, and cost nothing until they are called."""

from __future__ import annotations

import subprocess
import sys

import typer

from openset.cli.camera.verbs import calibrate_app, print_app, register


def names(group: typer.Typer) -> list[str | None]:
    return [command.name for command in group.registered_commands]


def test_sheets_are_printed_by_two_verbs() -> None:
    assert names(print_app) == ["board", "tags"]


def test_no_name_stands_twice() -> None:
    app = typer.Typer()
    register(app)
    for group in (print_app, calibrate_app, app):
        assert len(names(group)) == len(set(names(group)))


def test_every_verb_says_what_it_is_for_and_answers_programs() -> None:
    app = typer.Typer()
    register(app)
    for group in (print_app, calibrate_app, app):
        for command in group.registered_commands:
            assert command.callback is not None
            assert command.callback.__doc__
            assert "as_json" in command.callback.__annotations__, command.name


def test_knowing_the_verbs_imports_nothing_heavy() -> None:
    code = (
        "import sys\nimport openset.cli.camera.verbs\n"
        "heavy = {'numpy', 'cv2', 'scipy', 'typst', 'pupil_apriltags'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
