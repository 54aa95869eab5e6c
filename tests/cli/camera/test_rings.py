"""Where a zoom's rings stand, on the command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from openset.cli.main import app


@pytest.mark.parametrize(
    "verb",
    [
        ("shoot",), ("stage",), ("track",), ("calibrate", "tags"), ("calibrate", "nodal"),
        ("calibrate", "readout"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_verb_that_takes_a_lens_file_can_be_told_where_its_rings_stand(
    verb: tuple[str, ...],
) -> None:
    said = CliRunner().invoke(app, [*verb, "--help"]).output
    assert "--focal-mm" in said
    assert "--focus-m" in said


@pytest.mark.parametrize("ring", ["--zoom", "--focus"])
def test_an_encoder_goes_from_nought_to_one(ring: str) -> None:
    done = CliRunner().invoke(app, ["calibrate", "tags", "--lens", "a.json", ring, "1.5"])
    assert done.exit_code == 2
    assert ring in done.output
