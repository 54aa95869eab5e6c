"""The work of `print board` and `print tags`: sheets laid out, set and written whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from openset.cli.output import Output
from openset.primitives.errors import AlreadyExists, BadInput
from openset.stage.prints.board_page import board_page, choose_board, short_name
from openset.stage.prints.guide_page import guide_page
from openset.stage.prints.ids import parse_ids, written
from openset.stage.prints.paper import parse_paper
from openset.stage.prints.scale import BAR_MM
from openset.stage.prints.tag_pages import lay_out, tag_pages
from openset.stage.prints.typeset import Page, pdf
from openset.stage.prints.words import language_code, words_in
from openset.store.files import write_atomic

_CHECK = f"the bar on each sheet must measure {BAR_MM:g} mm; print at 100 %"


def run_board(
    output: Output, paper: str, board: str, out: Path, *, language: str, replace: bool
) -> None:
    """Write one sheet with a board; the answer says what it is called on the command line."""
    sheet = parse_paper(paper)
    chosen, said = choose_board(board, sheet), words_in(language)
    page = board_page(chosen, sheet, language)
    _write(out, [page], f"{said['board']} {short_name(chosen)}", language, replace)
    square_mm = chosen.square_m * 1000
    marker_mm = None if chosen.marker_m is None else round(chosen.marker_m * 1000, 6)
    figures = {
        "out": str(out), "paper": sheet.name, "pages": 1, "board": short_name(chosen),
        "kind": chosen.kind, "columns": chosen.columns, "rows": chosen.rows,
        "corners": chosen.columns * chosen.rows, "square_mm": round(square_mm, 6),
        "marker_mm": marker_mm, "dictionary": chosen.dictionary, "bar_mm": BAR_MM,
        "width_mm": round((chosen.columns + 1) * square_mm, 6),
        "height_mm": round((chosen.rows + 1) * square_mm, 6),
    }  # fmt: skip
    rows = [
        ("board", f"--board {short_name(chosen)}"),
        ("size", f"{figures['width_mm']:g} x {figures['height_mm']:g} mm, {sheet.name}"),
        ("corners", str(figures["corners"])),
        ("check", _CHECK),
    ]
    output.done(figures, str(out), rows)


def run_tags(
    output: Output,
    paper: str,
    size_mm: float,
    ids: str,
    out: Path,
    *,
    margin_mm: float | None,
    guide: bool,
    language: str,
    replace: bool,
) -> None:
    """Write sheets of tags, with the page on how to hang them where it is wanted."""
    sheet, chosen, said = parse_paper(paper), parse_ids(ids), words_in(language)
    layout = lay_out(sheet, size_mm, margin_mm)
    pages = tag_pages(chosen, layout, language)
    if guide:
        pages = [guide_page(chosen, layout, sheet, language), *pages]
    _write(out, pages, f"{said['tags']} 36h11 {written(chosen)}", language, replace)
    figures = {
        "out": str(out), "paper": sheet.name, "pages": len(pages), "guide": guide,
        "family": "tag36h11", "ids": list(chosen), "size_mm": size_mm,
        "margin_mm": layout.margin_mm, "per_page": layout.per_page, "bar_mm": BAR_MM,
    }  # fmt: skip
    rows = [
        ("tags", f"{len(chosen)} of {size_mm:g} mm: {written(chosen)}"),
        ("sheets", f"{len(pages)} of {sheet.name}, {layout.per_page} to a sheet"),
        ("white", f"{layout.margin_mm:g} mm around each tag"),
        ("check", _CHECK),
    ]
    output.done(figures, str(out), rows)


def _write(out: Path, pages: Sequence[Page], title: str, language: str, replace: bool) -> None:
    if out.suffix.lower() != ".pdf":
        raise BadInput(
            "sheets are written as PDF", where=str(out), todo="Name a file that ends in .pdf"
        )
    made = pdf(pages, title, language_code(language))
    if out.exists() and not replace and not (out.is_file() and out.read_bytes() == made):
        raise AlreadyExists("is here already", where=str(out), todo="Name another file, or --replace")
    write_atomic(out, made)
