"""Paper by name."""

from __future__ import annotations

import itertools

import pytest

from openset.primitives.errors import BadInput
from openset.stage.prints.paper import PAPERS, parse_paper


def test_the_a_sizes_are_halves_of_each_other() -> None:
    names = ["A4", "A3", "A2", "A1", "A0"]
    for small, large in itertools.pairwise(names):
        # ISO 216 rounds halves down to whole millimetres.
        assert parse_paper(small).height_mm == parse_paper(large).width_mm
        assert abs(parse_paper(large).height_mm / 2 - parse_paper(small).width_mm) <= 0.5


def test_a_sheet_stands_or_lies() -> None:
    sheet = parse_paper(" a3 ")
    assert (sheet.upright.width_mm, sheet.upright.height_mm) == (297, 420)
    assert (sheet.lying.width_mm, sheet.lying.height_mm) == (420, 297)
    assert sheet.lying.upright == sheet


def test_letter_is_eight_and_a_half_by_eleven_inches() -> None:
    assert parse_paper("Letter").width_mm == pytest.approx(8.5 * 25.4)
    assert parse_paper("tabloid").height_mm == pytest.approx(17 * 25.4)


@pytest.mark.parametrize("name", ["A9", "", "A4 lying", "x" * 500])
def test_other_paper_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(BadInput, match="Choose one of A4, A3, A2") as caught:
        parse_paper(name)
    assert len(caught.value.line) < 160
    assert len(PAPERS) == 7
