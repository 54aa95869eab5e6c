"""The contact sheet lays its pictures out without touching their colours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.stage.record.contact import CELL_WIDTH, Row, contact_sheet, moments


def plain(red: int, green: int, blue: int) -> np.ndarray:
    return np.broadcast_to(np.array([red, green, blue], np.uint8)[:, None, None], (3, 90, 160)).copy()


def test_each_picture_lies_in_its_cell_with_its_colours_unchanged() -> None:
    matte = plain(9, 9, 9)
    rows = [Row("plate", [plain(200, 10, 30), plain(10, 200, 30)]), Row("matte", [matte, matte])]
    sheet = contact_sheet("1-A-t01", "12 frames", ["01:00:00:00", "01:00:00:06"], rows)
    colours = {tuple(pixel) for pixel in sheet.reshape(-1, 3)[::7].tolist()}
    assert {(30, 10, 200), (30, 200, 10), (9, 9, 9), (24, 24, 24)} <= colours
    cell = CELL_WIDTH * round(CELL_WIDTH * 90 / 160)
    assert (sheet == (30, 10, 200)).all(axis=2).sum() == cell


def test_words_are_drawn_above_and_beside_the_pictures() -> None:
    rows = [Row("plate", [plain(0, 0, 0)])]
    with_words = contact_sheet("1-A-t01", "", ["01:00:00:00"], rows)
    without = contact_sheet("", "", [""], [Row("", [plain(0, 0, 0)])])
    assert (with_words != without).any(axis=2).sum() > 300


@pytest.mark.parametrize(
    ("frames", "wanted"), [(0, []), (1, [0]), (2, [0, 1]), (4, [0, 1, 2, 3]), (100, [12, 37, 62, 87])]
)
def test_moments_are_spread_and_never_asked_twice(frames: int, wanted: list[int]) -> None:
    assert moments(frames) == wanted


@given(st.integers(1, 10**6), st.integers(1, 12))
def test_moments_always_exist_in_the_take(frames: int, count: int) -> None:
    found = moments(frames, count)
    assert 1 <= len(found) <= count
    assert found == sorted(set(found))
    assert all(0 <= number < frames for number in found)
