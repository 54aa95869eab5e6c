"""Pieces of a picture side by side: each pixel in its place, each corner back in its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.stage.markers.pieces import Box, lay_out

HEIGHT, WIDTH = 120, 200
LUMA = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH)).astype(np.uint8)


@st.composite
def boxes(draw: st.DrawFn) -> list[Box]:
    out = []
    for _ in range(draw(st.integers(1, 12))):
        left, top = draw(st.integers(-20, WIDTH - 12)), draw(st.integers(-20, HEIGHT - 12))
        width, height = draw(st.integers(30, 90)), draw(st.integers(30, 90))
        out.append((left, top, left + width, top + height))
    return out


@given(boxes())
@settings(max_examples=40, deadline=None)
def test_each_piece_is_the_picture_s_own_pixels_and_pieces_do_not_touch(given_boxes: list[Box]) -> None:
    sheet = lay_out(LUMA, given_boxes)
    assert sheet is not None
    covered = np.zeros(sheet.luma.shape, int)
    for (left, top), (a, b, c, d) in zip(
        sheet.from_px.astype(int), sheet.places.astype(int), strict=True
    ):
        assert (sheet.luma[b:d, a:c] == LUMA[top : top + d - b, left : left + c - a]).all()
        covered[b:d, a:c] += 1
    assert covered.max() == 1


def test_corners_come_back_to_the_piece_they_were_found_on() -> None:
    sheet = lay_out(LUMA, [(10, 20, 70, 80), (100, 30, 150, 90)])
    assert sheet is not None
    for (left, top), (a, b, _, _) in zip(sheet.from_px, sheet.places, strict=True):
        square = np.array([[10.0, 12], [30, 12], [30, 33], [10, 33]])
        found = sheet.whole(square + np.array([a, b]))
        assert found is not None
        assert found == pytest.approx(square + np.array([left, top]))


def test_corners_across_two_pieces_or_at_a_piece_s_edge_are_no_tag() -> None:
    sheet = lay_out(LUMA, [(10, 20, 70, 80), (100, 30, 150, 90)])
    assert sheet is not None
    a, b, c, _ = sheet.places[0]
    assert sheet.whole(np.array([[a + 40, b + 20.0], [c + 30, b + 20]])) is None
    assert sheet.whole(np.array([[a + 1.0, b + 20.0], [a + 20, b + 30]])) is None


def test_boxes_outside_the_picture_are_nothing() -> None:
    assert lay_out(LUMA, []) is None
    assert lay_out(LUMA, [(-50, -50, -10, -10), (300, 300, 400, 400), (60, 60, 50, 50)]) is None
