"""The bench's picture."""

from __future__ import annotations

import cv2
import numpy as np

from openset.primitives.image import Yuv420
from openset.stage.live.bench_draw import GOOD, Canvas, whole_luma


def grey(width: int, height: int) -> Yuv420:
    half = np.full((height // 2, width // 2), 128, np.uint8)
    return Yuv420(np.full((height, width), 16, np.uint8), half, half)


def test_what_is_drawn_stands_where_it_was_found_in_the_larger_picture() -> None:
    canvas = Canvas(grey(1920, 1080))
    assert canvas.bgr.shape == (540, 960, 3)
    canvas.dots(np.array([[1000.0, 400.0]]), GOOD)
    assert tuple(canvas.bgr[200, 500]) == GOOD  # half the size: 1000 / 2, 400 / 2


def test_an_outline_and_a_word_leave_the_rest_as_it_is() -> None:
    canvas = Canvas(grey(640, 360))
    canvas.outline(np.array([[10.0, 10.0], [100.0, 10.0], [100.0, 90.0]]), GOOD)
    canvas.word("17", (60.0, 40.0), GOOD)
    assert canvas.bgr[:120, :140].any()
    assert not canvas.bgr[200:].any()


def test_the_picture_is_a_jpeg() -> None:
    data = Canvas(grey(64, 36)).jpeg()
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert read is not None
    assert read.shape == (36, 64, 3)


def test_luma_is_one_piece() -> None:
    assert whole_luma(grey(64, 36)).flags.c_contiguous
