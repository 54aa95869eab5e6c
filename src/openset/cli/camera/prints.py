"""The verbs `print board` and `print tags`: their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from openset.cli.answer import Json, answer
from openset.cli.camera.verbs import print_app

_KEPT = "nothing was written"
Sheets = Annotated[str, typer.Option("--paper", help="A4, A3, A2, A1, A0, letter or tabloid.")]
Language = Annotated[str, typer.Option("--language", help="What the sheets say: en, fr, de or es.")]
Replace = Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")]


@print_app.command("board")
def print_board(
    paper: Sheets = "A4",
    board: Annotated[
        str,
        typer.Option(
            "--board",
            help="charuco or checkerboard: the largest that fits. Or one board, "
            "KIND:COLSxROWS:SQUARE_MM, counting inner corners: charuco:13x8:19, checkerboard:9x6:25.",
        ),
    ] = "charuco",
    out: Annotated[Path, typer.Option("--out", help="The PDF to write.")] = Path("board.pdf"),
    language: Language = "en",
    replace: Replace = False,
    as_json: Json = False,
) -> None:
    """A calibration board to print, for openset calibrate lens."""

    def work(output: Any) -> None:
        from openset.cli.camera.prints_work import run_board

        run_board(output, paper, board, out, language=language, replace=replace)

    answer(as_json, work, kept=_KEPT)


@print_app.command("tags")
def print_tags(
    paper: Sheets = "A4",
    size: Annotated[
        float, typer.Option("--size", help="The side of a tag's black square, in millimetres.")
    ] = 160.0,
    ids: Annotated[
        str, typer.Option("--ids", help="Which tags, from 0 to 586: 0-11,20. Each id hangs once.")
    ] = "0-11",
    out: Annotated[Path, typer.Option("--out", help="The PDF to write.")] = Path("tags.pdf"),
    margin: Annotated[
        float | None,
        typer.Option(
            "--margin",
            help="White around the black square, in millimetres: an eighth of the tag at least. "
            "Unless given, as much as the sheet has room for.",
        ),
    ] = None,
    guide: Annotated[
        bool, typer.Option("--guide/--no-guide", help="Begin with a page on how to hang them.")
    ] = True,
    language: Language = "en",
    replace: Replace = False,
    as_json: Json = False,
) -> None:
    """AprilTag 36h11 tags to print, for openset calibrate tags and openset track."""

    def work(output: Any) -> None:
        from openset.cli.camera.prints_work import run_tags

        run_tags(
            output, paper, size, ids, out, margin_mm=margin, guide=guide, language=language,
            replace=replace,
        )  # fmt: skip

    answer(as_json, work, kept=_KEPT)
