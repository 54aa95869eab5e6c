"""The contact sheet of a take: moments side by side, a row per kind of picture, on neutral grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from openset.primitives.image import U8Planes

Sheet = npt.NDArray[np.uint8]  # (height, width, 3), B, G, R

CELL_WIDTH = 440
_GAP, _MARGIN, _HEAD, _SIDE, _CAPTION = 10, 28, 74, 116, 30
_PAPER, _WORDS, _QUIET = (24, 24, 24), (217, 217, 217), (140, 140, 140)
_FONT = cv2.FontFace("sans")


@dataclass(frozen=True, eq=False)
class Row:
    """One kind of picture: its label, and one picture (3, h, w) per moment, all of one size."""

    label: str
    pictures: Sequence[U8Planes]


def contact_sheet(title: str, subtitle: str, captions: Sequence[str], rows: Sequence[Row]) -> Sheet:
    """Lay out `rows` under `captions` (one per column) with a heading; BGR, ready for a JPEG."""
    shape = rows[0].pictures[0].shape
    cell_height = round(CELL_WIDTH * shape[1] / shape[2])
    columns = len(captions)
    width = 2 * _MARGIN + _SIDE + columns * (CELL_WIDTH + _GAP) - _GAP
    top = _MARGIN + _HEAD + _CAPTION
    height = top + len(rows) * (cell_height + _GAP) - _GAP + _MARGIN
    sheet: Sheet = np.full((height, width, 3), _PAPER, np.uint8)
    sheet = _write(sheet, title, (_MARGIN, _MARGIN + 28), 34, _WORDS, 600)
    sheet = _write(sheet, subtitle, (_MARGIN, _MARGIN + 56), 18, _QUIET)
    for column, caption in enumerate(captions):
        left = _MARGIN + _SIDE + column * (CELL_WIDTH + _GAP)
        sheet = _write(sheet, caption, (left, top - 10), 18, _QUIET)
    for number, row in enumerate(rows):
        upper = top + number * (cell_height + _GAP)
        sheet = _write(sheet, row.label, (_MARGIN, upper + 18), 19, _WORDS)
        for column, picture in enumerate(row.pictures):
            left = _MARGIN + _SIDE + column * (CELL_WIDTH + _GAP)
            cell = _cell(picture, CELL_WIDTH, cell_height)
            sheet[upper : upper + cell_height, left : left + CELL_WIDTH] = cell
    return sheet


def moments(frames: int, count: int = 4) -> list[int]:
    """`count` frame numbers spread over a take, away from its very ends; fewer for a shorter take."""
    spread = [int((2 * place + 1) * frames / (2 * count)) for place in range(count)]
    return sorted({min(number, frames - 1) for number in spread}) if frames else []


def _cell(picture: U8Planes, width: int, height: int) -> Sheet:
    interleaved = np.ascontiguousarray(picture[::-1].transpose(1, 2, 0))
    return np.asarray(cv2.resize(interleaved, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _write(
    sheet: Sheet,
    text: str,
    at: tuple[int, int],
    size: int,
    colour: tuple[int, int, int],
    weight: int = 400,
) -> Sheet:
    _, written = cv2.putText(sheet, text, at, colour, _FONT, size, weight)
    return np.asarray(written, np.uint8)
