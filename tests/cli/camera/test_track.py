"""The options of `openset track`."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from openset.cli.main import app


def test_the_help_names_every_option() -> None:
    answer = CliRunner().invoke(app, ["track", "--help"])
    assert answer.exit_code == 0
    for option in ("--picture", "--lens", "--tags", "--to", "--mount", "--readout-ms", "--predict-ms"):
        assert option in answer.output


@pytest.mark.parametrize("missing", ["--picture", "--lens", "--tags"])
def test_what_is_needed_is_asked_for(missing: str) -> None:
    given = {"--picture": "a.mp4", "--lens": "lens.json", "--tags": "tags.json"}
    words = [word for name, value in given.items() if name != missing for word in (name, value)]
    answer = CliRunner().invoke(app, ["track", *words])
    assert answer.exit_code == 2
    assert missing in answer.output
