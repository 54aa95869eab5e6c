"""A calibration board on one sheet: the largest that fits, or the one asked for."""

from __future__ import annotations

import dataclasses

from openset.primitives.errors import BadInput
from openset.stage.prints.bars import END_MM, lying_bar, standing_bar
from openset.stage.prints.model import Board, parse_board
from openset.stage.prints.paper import EDGE_MM, Paper
from openset.stage.prints.patterns import board_markers, board_squares, marker_modules, outlines
from openset.stage.prints.scale import BAR_MM
from openset.stage.prints.typeset import MONO, Page, arrow_up, shape, words
from openset.stage.prints.words import words_in

CORNERS = (13, 8)
"""Inner corners of a board nobody chose: enough to cover the frame's corners, and one odd and one even
number of squares, so that even a plain checkerboard tells its top from its bottom."""
_HEAD_MM, _FOOT_MM, _SIDE_MM = 11.0, 24.0, EDGE_MM + END_MM + 3.0
"""What stays free above, below and beside the board: its name, the bars, white."""


def choose_board(text: str, paper: Paper) -> Board:
    """The board that `text` names: a kind alone (`charuco`, `checkerboard`) means the largest on this
    paper with whole millimetres a square. Raises BadInput for one that does not fit."""
    kind = text.strip() or "charuco"
    if kind in ("charuco", "checkerboard"):
        return largest_board(kind, paper)
    board = parse_board(kind)
    (width, height), (room_x, room_y) = _size_mm(board), _room_mm(paper.lying)
    if width > room_x + 1e-6 or height > room_y + 1e-6:
        turned = dataclasses.replace(board, columns=board.rows, rows=board.columns)
        fits_turned = height <= room_x + 1e-6 and width <= room_y + 1e-6
        other = turned if fits_turned else largest_board(board.kind, paper)
        raise BadInput(
            f"this board is {width:g} x {height:g} mm, and {paper.name} has room for "
            f"{room_x:g} x {room_y:g}",
            where="--board",
            todo=f"Take larger paper or {short_name(other)}",
        )
    return board


def largest_board(kind: str, paper: Paper) -> Board:
    """The suggested board of that kind: A4 19 mm a square, A3 28, A2 40."""
    columns, rows = CORNERS
    width, height = _room_mm(paper.lying)
    square = int(min(width / (columns + 1), height / (rows + 1)))
    return parse_board(f"{kind}:{columns}x{rows}:{square}")


def short_name(board: Board) -> str:
    """What is typed after --board: as short as it can be and still mean this board."""
    brief = f"{board.kind}:{board.columns}x{board.rows}:{board.square_m * 1000:g}"
    return brief if parse_board(brief) == board else str(board)


def board_page(board: Board, paper: Paper, language: str = "en") -> Page:
    """The sheet, lying: the board in the middle, its name and both bars around it."""
    said, sheet = words_in(language), paper.lying
    width, height = _size_mm(board)
    left = (sheet.width_mm - width) / 2
    top = _HEAD_MM + (sheet.height_mm - _HEAD_MM - _FOOT_MM - height) / 2
    marks = [*_squares(board, left, top), *_head(sheet, said), *_foot(board, sheet, said)]
    if sheet.height_mm >= BAR_MM + _HEAD_MM + _FOOT_MM:
        marks += _upright(sheet.width_mm - EDGE_MM - END_MM, top + (height - BAR_MM) / 2, said)
    return Page(sheet.width_mm, sheet.height_mm, tuple(marks))


def _size_mm(board: Board) -> tuple[float, float]:
    square = board.square_m * 1000
    return (board.columns + 1) * square, (board.rows + 1) * square


def _room_mm(sheet: Paper) -> tuple[float, float]:
    return sheet.width_mm - 2 * _SIDE_MM, sheet.height_mm - _HEAD_MM - _FOOT_MM


def _squares(board: Board, left_mm: float, top_mm: float) -> list[str]:
    square = board.square_m * 1000
    marks = [shape(outlines(board_squares(board)), left_mm, top_mm, square)]
    if board.marker_m is None:
        return marks
    marker = board.marker_m * 1000
    inset = (square - marker) / 2
    for number, column, row in board_markers(board):
        black = marker_modules(board.dictionary, number)
        at = (left_mm + column * square + inset, top_mm + row * square + inset)
        marks.append(shape(outlines(black), *at, marker / len(black)))
    return marks


def _head(sheet: Paper, said: dict[str, str]) -> list[str]:
    middle = sheet.width_mm / 2
    return [
        arrow_up(middle - 2.0, EDGE_MM, 2.4, 3.4),
        words(said["top"], middle + 2.0, EDGE_MM, 4.2, bold=True),
        words(said["full_size"], EDGE_MM + 4, EDGE_MM + 0.4, 3.6),
    ]


def _upright(left_mm: float, top_mm: float, said: dict[str, str]) -> list[str]:
    """The standing bar, and below it what it measures: a word a line, for the margin is narrow."""
    below = top_mm + BAR_MM + 2.5
    label = [
        words(word, left_mm, below + 4.0 * row, 3.2, width_mm=END_MM, align="center")
        for row, word in enumerate(said["bar"].split())
    ]
    return [*standing_bar(left_mm, top_mm), *label]


def _foot(board: Board, sheet: Paper, said: dict[str, str]) -> list[str]:
    left, top = EDGE_MM + 4.0, sheet.height_mm - EDGE_MM - 13.0
    right = left + BAR_MM + 25.0
    room = sheet.width_mm - right - EDGE_MM - 4.0
    return [
        *lying_bar(left, top),
        words(said["bar"], left + BAR_MM + 2.0, top + 1.8, 3.6),
        words(said["both_bars"], left, top + 9.6, 3.2),
        words(said["name"], right, top, 3.8, width_mm=room),
        words(f"--board {short_name(board)}", right, top + 4.8, 4.0, font=MONO, bold=True),
        words(said["glue"], right, top + 10.2, 3.2, width_mm=room),
    ]
