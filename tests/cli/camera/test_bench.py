"""The verb the camera's page starts."""

from __future__ import annotations

from pathlib import Path

import typer
from typer.testing import CliRunner

from openset.cli.camera.verbs import calibrate_app


def test_it_is_there_for_the_page_and_out_of_the_way_for_people(tmp_path: Path) -> None:
    app = typer.Typer()
    app.add_typer(calibrate_app, name="calibrate")
    assert " live " not in CliRunner().invoke(app, ["calibrate", "--help"]).output
    done = CliRunner().invoke(app, ["calibrate", "live", str(tmp_path)])
    assert done.exit_code == 16  # ProductionNotFound
