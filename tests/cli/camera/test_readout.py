"""The options of `openset calibrate readout`."""

from __future__ import annotations

from typer.testing import CliRunner

from openset.cli.main import app


def test_the_help_says_what_to_film() -> None:
    answer = CliRunner().invoke(app, ["calibrate", "readout", "--help"])
    assert answer.exit_code == 0
    assert "shaken" in answer.output
    assert "--write-to" in answer.output
