"""The scale bar, measured in the PDF itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from openset.stage.prints.bars import lying_bar, standing_bar
from openset.stage.prints.typeset import Page, pdf


@pytest.mark.parametrize(("draw", "axis"), [(lying_bar, 0), (standing_bar, 1)])
def test_a_bar_is_100_mm_from_outer_end_to_outer_end(
    draw: Callable[[float, float], list[str]], axis: int, sheets: Callable[[bytes], list[Any]]
) -> None:
    [sheet] = sheets(pdf([Page(150, 150, tuple(draw(20, 30)))], "bar", "en"))
    boxes = np.array([each.box for each in sheet.shapes])
    lengths = boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)
    assert lengths[axis] == pytest.approx(100.0, abs=1e-3)
    assert boxes[:, :2].min(axis=0) == pytest.approx([20, 30], abs=1e-3)


def test_a_tick_stands_every_ten_millimetres(sheets: Callable[[bytes], list[Any]]) -> None:
    [sheet] = sheets(pdf([Page(150, 150, tuple(lying_bar(20, 30)))], "bar", "en"))
    boxes = [each.box for each in sheet.shapes[3:]]
    middles = [(left + right) / 2 - 20 for left, _, right, _ in boxes]
    assert middles == pytest.approx([10, 20, 30, 40, 50, 60, 70, 80, 90], abs=1e-3)
