"""The tone curve is one meaning: straight, smooth at the shoulder, never above white."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.errors import BadInput
from openset.stage.lens.model import pinhole
from openset.stage.render.view import (
    SHOULDER,
    display_codes,
    display_planes,
    picture_for,
    tone,
)

radiances = st.floats(min_value=-10.0, max_value=1e6, width=32)


def test_mid_grey_keeps_its_value_at_zero_exposure() -> None:
    assert display_codes(np.array([0.18]), 0.0)[0] == 118  # sRGB code of 18 % grey
    assert display_codes(np.array([0.09]), 1.0)[0] == 118


def test_black_is_zero_and_negative_light_is_black() -> None:
    assert display_codes(np.array([0.0, -4.0]), 2.0).tolist() == [0, 0]


def test_the_shoulder_meets_the_straight_part_with_the_same_slope() -> None:
    step = 1e-5
    below = tone(np.array([SHOULDER - step, SHOULDER]))
    above = tone(np.array([SHOULDER, SHOULDER + step]))
    assert np.diff(below)[0] == pytest.approx(step, rel=1e-6)
    assert np.diff(above)[0] == pytest.approx(step, rel=1e-3)


def test_a_lamp_goes_white_without_wrapping() -> None:
    assert display_codes(np.array([50.0, 1e6]), 0.0).tolist() == [255, 255]


@given(radiances, radiances)
def test_more_light_is_never_darker(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert tone(np.array([low]))[0] <= tone(np.array([high]))[0] <= 1.0


def test_planes_are_the_codes_of_each_colour() -> None:
    rng = np.random.default_rng(4)
    radiance = rng.uniform(0, 2, (300, 7, 3)).astype(np.float32)
    planes = display_planes(radiance, -0.5)
    assert planes.shape == (3, 300, 7)
    np.testing.assert_array_equal(planes.transpose(1, 2, 0), display_codes(radiance, -0.5))


def test_a_picture_of_another_size_is_refused() -> None:
    lens = pinhole(64, 36, 35.0, 36.0)
    given_picture = np.empty((3, 36, 64), np.uint8)
    assert picture_for(lens, given_picture) is given_picture
    assert picture_for(lens, None).shape == (3, 36, 64)
    with pytest.raises(BadInput, match="the lens needs uint8"):
        picture_for(lens, np.empty((3, 64, 36), np.uint8))
