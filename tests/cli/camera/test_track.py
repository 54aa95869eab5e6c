"""The options of `openset track`."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openset.cli.main import app
from openset.store.production import create_production, update_stage


def test_the_help_names_every_option() -> None:
    answer = CliRunner().invoke(app, ["track", "--help"])
    assert answer.exit_code == 0
    for option in (
        "--picture",
        "--lens",
        "--tags",
        "--production",
        "--to",
        "--mount",
        "--readout-ms",
        "--predict-ms",
    ):
        assert option in answer.output


@pytest.mark.parametrize("missing", ["--picture", "--lens", "--tags"])
def test_what_is_needed_is_asked_for(missing: str) -> None:
    given = {"--picture": "a.mp4", "--lens": "lens.json", "--tags": "tags.json"}
    words = [word for name, value in given.items() if name != missing for word in (name, value)]
    answer = CliRunner().invoke(app, ["track", *words])
    assert answer.exit_code == 2
    assert missing in answer.output


def test_a_productions_lens_and_map_are_taken_where_none_are_given(tmp_path: Path) -> None:
    made = create_production(tmp_path / "lane", title="Lane", rate=Fraction(25))
    (made.root / "lens.json").write_text("no lens")
    (made.root / "tags.json").write_text("no map")
    update_stage(made, {"lens": "lens.json", "tags": "tags.json"})
    words = ["track", "--picture", "a.mp4", "--production", str(made.root), "--write", "a.otrk.jsonl"]
    answer = CliRunner().invoke(app, words)
    assert "tags.json" in answer.output  # it was read, and is no map
    answer = CliRunner().invoke(app, [*words, "--tags", str(tmp_path / "other.json")])
    assert "no such tag map" in answer.output
