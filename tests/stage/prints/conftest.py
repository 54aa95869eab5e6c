"""A PDF read by its bytes alone: page boxes and filled shapes, in millimetres, and a picture of those.

It shares nothing with the program that sets the sheets, so that what is measured is what is printed.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from openset.primitives.space import F64
from openset.stage.markers.detect import TagDetector

MM = 25.4 / 72
_NUMBER = rb"-?\d*\.?\d+"


@dataclass(frozen=True, eq=False)
class Filled:
    """One filled shape: its closed lines (n, 2) from the page's top left, y down, and its grey."""

    lines: tuple[F64, ...]
    grey: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        points = np.concatenate(self.lines)
        return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


@dataclass(frozen=True, eq=False)
class PrintedSheet:
    """One page of a PDF."""

    width: float
    height: float
    shapes: tuple[Filled, ...]

    def picture(self, px_per_mm: float = 5.0) -> NDArray[np.uint8]:
        """Its filled shapes as a camera square on it would see them."""
        fine = 4 * px_per_mm
        canvas = np.full((round(self.height * fine), round(self.width * fine)), 255, np.uint8)
        for each in self.shapes:
            # OpenCV's (0, 0) is the first pixel's middle, the sheet's is its corner.
            lines = [np.round((line * fine - 0.5) * 256).astype(np.int32) for line in each.lines]
            cv2.fillPoly(canvas, lines, round(each.grey * 255), cv2.LINE_8, 8)
        return np.asarray(cv2.resize(canvas, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA))


def _page(width: float, height: float, content: bytes) -> PrintedSheet:
    shapes: list[Filled] = []
    matrix, grey = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 0.0
    lines: list[list[tuple[float, float]]] = []
    stack: list[float] = []
    for token in content.split():
        if re.fullmatch(_NUMBER, token):
            stack.append(float(token))
            continue
        if token == b"q":
            matrix, grey, lines = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 0.0, []
        elif token.startswith(b"cm"):
            matrix = stack[-6:]
        elif token == b"scn":
            grey = stack[-1]
        elif token in (b"m", b"l"):
            x, y = stack[-2:]
            a, b, c, d, e, f = matrix
            point = ((a * x + c * y + e) * MM, height - (b * x + d * y + f) * MM)
            lines = [*lines, [point]] if token == b"m" else [*lines[:-1], [*lines[-1], point]]
        elif token in (b"f", b"f*"):
            shapes.append(Filled(tuple(np.array(line) for line in lines), grey))
            lines = []
        elif token in (b"S", b"n"):
            lines = []
        stack = []
    return PrintedSheet(width, height, tuple(shapes))


def read_sheets(data: bytes) -> list[PrintedSheet]:
    """Every page of a PDF as Openset writes them: plain objects, deflated contents."""
    objects = {
        int(found[1]): found[2] for found in re.finditer(rb"(\d+) 0 obj\s(.*?)\sendobj", data, re.S)
    }
    kids = re.search(rb"/Kids\s*\[([^\]]*)\]", next(b for b in objects.values() if b"/Type/Pages" in b))
    assert kids is not None
    sheets = []
    for kid in re.findall(rb"(\d+) 0 R", kids[1]):
        body = objects[int(kid)]
        assert b"/Type/Page" in body
        box = re.search(rb"/MediaBox\s*\[([^\]]*)\]", body)
        content = re.search(rb"/Contents\s+(\d+) 0 R", body)
        assert box is not None
        assert content is not None
        left, low, right, high = (float(each) for each in box[1].split())
        stream = re.search(rb"stream\r?\n(.*)\r?\nendstream", objects[int(content[1])], re.S)
        assert stream is not None
        sheets.append(
            _page((right - left) * MM, (high - low) * MM, zlib.decompressobj().decompress(stream[1]))
        )
    return sheets


@pytest.fixture(scope="session")
def detector() -> TagDetector:
    """One detector for all tests of a run."""
    return TagDetector()


@pytest.fixture
def sheets() -> Callable[[bytes], list[PrintedSheet]]:
    """`read_sheets`, for tests."""
    return read_sheets
