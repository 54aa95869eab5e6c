"""The verb `solve` on the command line: its help, and trouble as one line."""

import json
from pathlib import Path

from typer.testing import CliRunner

from openset.cli.main import app


def test_help_names_every_part_that_may_be_solved() -> None:
    told = CliRunner().invoke(app, ["solve", "--help"]).output
    for word in ("--tags", "--lens", "--free", "--every", "--replace", "readout"):
        assert word in told


def test_a_folder_that_is_no_take_is_one_line_and_one_object(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["solve", str(tmp_path), "--json"])
    assert done.exit_code == 2
    answer = json.loads(done.stdout)
    assert answer["error"] == "BadInput"
    assert "no take here" in answer["what"]
