"""Pages in millimetres become PDF pages of that size, the same bytes every time."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from openset.stage.prints.typeset import (
    Page,
    arrow_up,
    bar,
    line,
    numbered,
    pdf,
    pictures,
    shape,
    words,
)

SQUARE = (((0, 0), (2, 0), (2, 2), (0, 2)), ((1, 1), (2, 1), (2, 2), (1, 2)))


def test_a_page_is_as_large_as_it_says(sheets: Callable[[bytes], list[Any]]) -> None:
    made = pdf([Page(210, 297, ()), Page(420, 297, ())], "x", "en")
    # A4 is 595.276 x 841.89 points: 210 and 297 mm times 72 / 25.4.
    boxes = re.findall(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", made)
    assert [tuple(round(float(each), 2) for each in box) for box in boxes] == [
        (595.28, 841.89), (1190.55, 841.89)
    ]  # fmt: skip
    assert [(round(each.width, 3), round(each.height, 3)) for each in sheets(made)] == [
        (210, 297), (420, 297)
    ]  # fmt: skip


def test_a_shape_stands_where_it_was_put_and_keeps_its_hole(
    sheets: Callable[[bytes], list[Any]],
) -> None:
    page = Page(60, 60, (shape(SQUARE, 10, 20, 15), bar(50, 5, 4, 2)))
    [sheet] = sheets(pdf([page], "x", "en"))
    assert sheet.shapes[0].box == pytest.approx((10, 20, 40, 50), abs=1e-3)
    assert sheet.shapes[1].box == pytest.approx((50, 5, 54, 7), abs=1e-3)
    luma = sheet.picture(4)
    assert luma[4 * 25, 4 * 15] == 0
    assert luma[4 * 45, 4 * 35] == 255


def test_the_same_page_is_the_same_bytes_and_bears_no_date() -> None:
    page = Page(60, 60, (words("naïve “100 %” #let $x$ \\ *", 5, 5, 4), *[line(0, 0, 9, 9)]))
    first, again = (pdf([page], "a # title", "en") for _ in range(2))
    assert first == again
    assert b"CreationDate" not in first
    assert b"ModDate" not in first


def test_a_picture_of_a_page_has_its_size_and_black_where_it_is_black() -> None:
    [png] = pictures([Page(50.8, 25.4, (bar(0, 0, 25.4, 25.4),))], "x", "en", ppi=100)
    luma = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert luma is not None
    assert luma.shape == (100, 200)
    assert luma[50, 50] == 0
    assert luma[50, 150] == 255


@pytest.mark.parametrize(
    ("align", "left", "right"), [("left", 50, 60), ("center", 45, 55), ("right", 40, 50)]
)
def test_a_word_stands_left_of_right_of_or_around_its_place(align: str, left: int, right: int) -> None:
    [png] = pictures([Page(100, 20, (words("HHHH", 50, 5, 4, align=align),))], "x", "en", ppi=254)
    luma = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert luma is not None
    rows, columns = np.nonzero(luma < 128)
    assert (columns.min() + columns.max()) / 20 == pytest.approx((left + right) / 2, abs=1.5)
    assert rows.min() / 10 == pytest.approx(5, abs=0.15)  # the capitals' tops


def test_paragraphs_stay_within_their_width_and_an_arrow_within_its_box() -> None:
    steps = numbered(["one two three " * 9, "four"], 10, 5, 4, width_mm=50)
    [png] = pictures([Page(80, 60, (steps, arrow_up(70, 50, 4, 6)))], "x", "en", ppi=127)
    luma = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert luma is not None
    columns = np.nonzero((luma < 128)[: 45 * 5].any(axis=0))[0]
    assert columns.min() >= 10 * 5
    assert columns.max() <= 60 * 5
    rows, across = np.nonzero(luma[48 * 5 :] < 128)
    assert (across.min() / 5, across.max() / 5) == pytest.approx((70, 74), abs=0.3)
    assert (rows.min() / 5 + 48, rows.max() / 5 + 48) == pytest.approx((50, 56), abs=0.3)
