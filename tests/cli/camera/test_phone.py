"""The verb `phone` as it is typed."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from openset.cli.main import app


def test_a_map_that_is_not_there_is_one_line() -> None:
    done = CliRunner().invoke(app, ["phone", "--tags", "nowhere.json", "--json"])
    assert done.exit_code == 2
    assert "nowhere.json" in json.loads(done.stdout)["where"]


def test_its_help_says_who_starts_it() -> None:
    done = CliRunner().invoke(app, ["phone", "--help"])
    assert done.exit_code == 0
    assert "openset up --phones" in " ".join(done.output.split())
