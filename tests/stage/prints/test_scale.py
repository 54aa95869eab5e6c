"""The scale bar: what a printer that changed the size means for boards and tags."""

from __future__ import annotations

import pytest

from openset.primitives.errors import BadInput
from openset.stage.prints.model import parse_board
from openset.stage.prints.scale import board_as_printed, is_as_printed, print_scale, scale_sentence


def test_a_bar_of_98_mm_means_98_per_cent() -> None:
    assert print_scale(98) == pytest.approx(0.98)
    assert print_scale(100) == 1.0


@pytest.mark.parametrize("bar_mm", [0.0, -100.0, 49.9, 200.1, 9.8, 1000.0, float("nan"), float("inf")])
def test_what_no_scale_bar_can_measure_is_refused_in_one_line(bar_mm: float) -> None:
    with pytest.raises(BadInput) as caught:
        print_scale(bar_mm)
    assert caught.value.line.startswith("--bar-mm: a scale bar of")
    assert "Measure the bar marked 100 mm" in caught.value.line


def test_a_printer_that_shrank_the_sheet_is_told_with_both_ways_out() -> None:
    assert scale_sentence(98) == (
        "the printer shrank the sheet to 98 %: print at 100 %, or give --bar-mm 98 and every size is "
        "taken as printed"
    )
    assert scale_sentence(103.5).startswith("the printer enlarged the sheet to 103.5 %")


def test_a_ruler_is_read_to_a_fifth_of_a_millimetre() -> None:
    assert is_as_printed(99.8)
    assert is_as_printed(100.2)
    assert not is_as_printed(99.7)
    assert not is_as_printed(100.3)
    assert scale_sentence(100.1) == "the scale bar measures 100.1 mm: the sheet has its true size"


def test_a_board_is_taken_as_it_came_out_of_the_printer() -> None:
    board = board_as_printed(parse_board("charuco:13x8:30:22"), 98)
    assert board.square_m == pytest.approx(0.0294)  # 30 mm * 0.98
    assert board.marker_m == pytest.approx(0.02156)  # 22 mm * 0.98
    assert (board.columns, board.rows, board.dictionary) == (13, 8, "DICT_5X5_250")
    assert board_as_printed(parse_board("checkerboard:9x6:25"), 102).marker_m is None
