"""`openset print board` and `openset print tags`, called as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openset.cli.main import app


def openset(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.stdout


def test_a_board_and_tags_are_printed_with_nothing_but_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert openset("print", "board")[0] == 0
    assert openset("print", "tags", "--size", "80", "--ids", "0-3,20", "--no-guide")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["board.pdf", "tags.pdf"]


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (["board", "--paper", "A9"], "--paper"),
        (["board", "--board", "chess"], "--board"),
        (["board", "--language", "ar"], "--language"),
        (["tags", "--ids", "7,7"], "--ids"),
        (["tags", "--size", "nan"], "--size"),
        (["tags", "--margin", "1"], "--margin"),
    ],
)
def test_what_cannot_be_printed_is_one_line_that_names_the_option(
    arguments: list[str], where: str, tmp_path: Path
) -> None:
    code, said = openset("print", *arguments, "--out", str(tmp_path / "x.pdf"), "--json")
    assert code == 2
    answered = json.loads(said)
    assert (answered["ok"], answered["where"]) == (False, where)
    assert answered["todo"]
    assert not (tmp_path / "x.pdf").exists()
