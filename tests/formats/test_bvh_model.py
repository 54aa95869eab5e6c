"""What a frame time and a height mean."""

from __future__ import annotations

from fractions import Fraction

import pytest

from openset.formats.bvh_model import Joint, guessed_unit_m, rate_of


@pytest.mark.parametrize(
    ("seconds", "rate"),
    [
        (0.04, Fraction(25)),
        (0.0333333, Fraction(30)),
        (0.008333, Fraction(120)),
        (0.0333667, Fraction(30000, 1001)),
        (0.0417083, Fraction(24000, 1001)),
        (0.0333, Fraction(30)),
        (0.04171, Fraction(24000, 1001)),
        (2.0, Fraction(1, 2)),
    ],
)
def test_a_frame_time_means_a_rate(seconds: float, rate: Fraction) -> None:
    assert rate_of(seconds) == rate


@pytest.mark.parametrize(
    ("height", "unit"), [(1.7, 1.0), (170, 0.01), (66, 0.0254), (1700, 0.001), (0, 0.01)]
)
def test_the_unit_is_the_one_in_which_a_person_is_as_tall_as_people_are(
    height: float, unit: float
) -> None:
    assert guessed_unit_m([Joint("a", -1, (0.0, 0.0, 0.0), (), ((0.0, height, 0.0),))]) == unit
