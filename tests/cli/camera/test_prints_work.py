"""The work of `print board` and `print tags`: what is written and what is answered."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from openset.cli.camera.prints_work import run_board, run_tags
from openset.cli.output import Output
from openset.primitives.errors import AlreadyExists, BadInput, NotWritable


def board(out: Path, capsys: pytest.CaptureFixture[str], **given: Any) -> dict[str, Any]:
    options = {"paper": "A4", "board": "charuco", "language": "en", "replace": False, **given}
    run_board(Output(True), out=out, **options)
    return dict(json.loads(capsys.readouterr().out))


def tags(out: Path, capsys: pytest.CaptureFixture[str], **given: Any) -> dict[str, Any]:
    options = {
        "paper": "A4", "size_mm": 80.0, "ids": "0-5", "margin_mm": None, "guide": True,
        "language": "en", "replace": False, **given,
    }  # fmt: skip
    run_tags(Output(True), out=out, **options)
    return dict(json.loads(capsys.readouterr().out))


def pages(out: Path) -> int:
    return len(re.findall(rb"/MediaBox", out.read_bytes()))


def test_a_board_is_answered_with_the_name_to_type(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = board(tmp_path / "board.pdf", capsys, paper="A3")
    assert figures == {
        "ok": True, "out": str(tmp_path / "board.pdf"), "paper": "A3", "pages": 1,
        "board": "charuco:13x8:28", "kind": "charuco", "columns": 13, "rows": 8, "corners": 104,
        "square_mm": 28, "marker_mm": 21, "dictionary": "DICT_5X5_250", "bar_mm": 100,
        "width_mm": 392, "height_mm": 252,
    }  # fmt: skip
    assert pages(tmp_path / "board.pdf") == 1


def test_a_plain_board_has_no_markers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = board(tmp_path / "b.pdf", capsys, board="checkerboard:9x6:25")
    assert (figures["marker_mm"], figures["dictionary"]) == (None, "")


def test_tags_are_answered_with_how_they_stand_on_paper(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = tags(tmp_path / "tags.pdf", capsys)
    assert figures == {
        "ok": True, "out": str(tmp_path / "tags.pdf"), "paper": "A4", "pages": 3, "guide": True,
        "family": "tag36h11", "ids": [0, 1, 2, 3, 4, 5], "size_mm": 80, "margin_mm": 10,
        "per_page": 4, "bar_mm": 100,
    }  # fmt: skip
    assert pages(tmp_path / "tags.pdf") == 3
    assert tags(tmp_path / "bare.pdf", capsys, guide=False)["pages"] == 2


def test_printing_again_gives_the_same_bytes_and_is_no_trouble(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tags.pdf"
    tags(out, capsys)
    first = out.read_bytes()
    tags(out, capsys)
    assert out.read_bytes() == first


def test_another_file_that_is_there_is_kept_unless_it_may_be_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "script.pdf"
    out.write_bytes(b"the script")
    with pytest.raises(AlreadyExists):
        tags(out, capsys)
    assert out.read_bytes() == b"the script"
    tags(out, capsys, replace=True)
    assert out.read_bytes().startswith(b"%PDF")


def test_what_cannot_be_printed_or_written_leaves_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for given in ({"paper": "A9"}, {"ids": "3,3"}, {"size_mm": 5.0}, {"language": "ar"}):
        with pytest.raises(BadInput):
            tags(tmp_path / "x.pdf", capsys, **given)
    with pytest.raises(BadInput, match=r"ends in \.pdf"):
        tags(tmp_path / "x.png", capsys)
    with pytest.raises(NotWritable):
        tags(tmp_path / "nowhere" / "x.pdf", capsys)
    assert list(tmp_path.iterdir()) == []


def test_people_are_told_to_measure_the_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_board(
        Output(False), "A4", "", tmp_path / "board.pdf", language="fr", replace=False
    )  # fmt: skip
    said = capsys.readouterr().out
    assert "--board charuco:13x8:19" in said
    assert "must measure 100 mm" in said
