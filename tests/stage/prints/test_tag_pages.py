"""Printed tags, read back from their PDF as a camera would see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.stage.markers.detect import TagDetector
from openset.stage.prints.ids import parse_ids
from openset.stage.prints.paper import EDGE_MM, parse_paper
from openset.stage.prints.tag_pages import lay_out, tag_pages
from openset.stage.prints.typeset import pdf, pictures
from openset.stage.prints.words import LANGUAGES

Sheets = Callable[[bytes], list[Any]]
PX = 8.0


@pytest.mark.parametrize(
    ("size", "ids", "paper"),
    [(160.0, "0,586", "A4"), (77.0, "3-9", "A4"), (20.0, "0-65", "A4"), (200.0, "41", "A3")],
)
def test_every_tag_is_read_upright_and_measures_what_it_should(
    size: float, ids: str, paper: str, sheets: Sheets, detector: TagDetector
) -> None:
    wanted = parse_ids(ids)
    made = sheets(pdf(tag_pages(wanted, lay_out(parse_paper(paper), size)), "tags", "en"))
    seen = [tag for sheet in made for tag in detector.detect_full(sheet.picture(PX))]
    assert tuple(tag.id for tag in seen) == wanted
    for tag in seen:
        top_left, top_right, bottom_right, bottom_left = tag.corners_px / PX
        assert (top_right - top_left) == pytest.approx([size, 0], abs=0.15)
        assert (bottom_right - top_right) == pytest.approx([0, size], abs=0.15)
        sides = np.linalg.norm(np.diff(tag.corners_px, axis=0), axis=1) / PX
        assert sides.mean() == pytest.approx(size, abs=0.1)
        assert bottom_left[0] == pytest.approx(top_left[0], abs=0.15)


def test_a_tag_is_exact_in_the_pdf(sheets: Sheets) -> None:
    [sheet] = sheets(pdf(tag_pages((7,), lay_out(parse_paper("A4"), 160)), "tags", "en"))
    boxes = [each.box for each in sheet.shapes]
    sizes = [(right - left, bottom - top) for left, top, right, bottom in boxes]
    assert [size for size in sizes if size == pytest.approx((160, 160), abs=1e-3)]
    assert [size for size in sizes if size == pytest.approx((100, 1.2), abs=1e-3)]


def test_all_587_ids_fit_on_paper_and_are_read(sheets: Sheets, detector: TagDetector) -> None:
    ids = tuple(range(587))
    made = sheets(pdf(tag_pages(ids, lay_out(parse_paper("A3"), 20)), "tags", "en"))
    assert tuple(t.id for sheet in made for t in detector.detect_full(sheet.picture(5))) == ids


def test_the_white_around_a_tag_is_white_on_every_sheet() -> None:
    for language in LANGUAGES:
        for size in (20.0, 50.0, 160.0):
            layout = lay_out(parse_paper("A4"), size, size / 8)
            ids = tuple(range(500, 500 + layout.per_page))
            [png] = pictures(tag_pages(ids, layout, language), "x", language, ppi=254)
            luma = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
            assert luma is not None
            width, height = layout.cell_mm
            for place in range(layout.per_page):
                row, column = divmod(place, layout.across)
                left = layout.origin_mm[0] + column * width
                top = layout.origin_mm[1] + row * height
                side = size * 1.25
                cell = luma[
                    round(top * 10) + 3 : round((top + side) * 10) - 3,
                    round(left * 10) + 3 : round((left + side) * 10) - 3,
                ].copy()
                inset = round(size / 8 * 10) - 3
                cell[inset - 2 : 2 - inset, inset - 2 : 2 - inset] = 255
                assert cell.min() > 200, (language, size, place)


def test_nothing_is_written_where_a_printer_cannot_print() -> None:
    for language in LANGUAGES:
        for paper, size in (
            ("A4", 160.0),
            ("A4", 20.0),
            ("A4", 35.0),
            ("letter", 100.0),
            ("A2", 300.0),
        ):
            layout = lay_out(parse_paper(paper), size)
            ids = tuple(range(200, 200 + layout.per_page))
            [png] = pictures(tag_pages(ids, layout, language), "x", language, ppi=50.8)
            luma = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
            assert luma is not None
            edge = round(2 * EDGE_MM) - 1
            luma[edge:-edge, edge:-edge] = 255
            assert luma.min() > 200, (language, paper, size)


def test_as_many_tags_as_fit_stand_on_a_sheet() -> None:
    assert lay_out(parse_paper("A4"), 160).per_page == 1
    assert lay_out(parse_paper("A4"), 80).per_page == 4
    two = lay_out(parse_paper("A3"), 160)
    assert (two.across, two.down, two.sheet.width_mm) == (2, 1, 420)


def test_white_is_as_wide_as_asked_or_as_there_is_room() -> None:
    assert lay_out(parse_paper("A4"), 80, 10).margin_mm == 10
    roomy = lay_out(parse_paper("A4"), 120)
    assert roomy.per_page == lay_out(parse_paper("A4"), 120, 15).per_page
    assert 15 < roomy.margin_mm <= 24  # an eighth at least, a fifth at most


@pytest.mark.parametrize(
    ("size", "margin", "said"),
    [
        (19.0, None, "a tag of 19 mm"),
        (float("nan"), None, "a tag of nan mm"),
        (900.0, None, "a tag of 900 mm"),
        (161.0, None, "do not fit on A4. Take larger paper, or a tag of 160 mm"),
        (160.0, 19.0, "It takes 20 mm at least, an eighth of the tag"),
        (160.0, float("nan"), "a white border of nan mm"),
        (160.0, 40.0, "do not fit on A4"),
    ],
)
def test_a_tag_no_sheet_can_carry_is_refused_in_one_line(
    size: float, margin: float | None, said: str
) -> None:
    with pytest.raises(BadInput) as caught:
        lay_out(parse_paper("A4"), size, margin)
    assert said in caught.value.line
