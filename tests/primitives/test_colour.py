from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.colour import (
    LUMA_709,
    rgb_from_yuv420,
    srgb_decode,
    srgb_encode,
    yuv420_from_rgb,
)
from openset.primitives.image import Yuv420


def flat(red: int, green: int, blue: int) -> np.ndarray:
    return np.broadcast_to(np.array([red, green, blue], np.uint8)[:, None, None], (3, 4, 6)).copy()


@given(st.floats(0, 1))
def test_srgb_decodes_what_it_encodes(linear: float) -> None:
    assert float(srgb_decode(srgb_encode(np.array([linear])))[0]) == pytest.approx(linear, abs=1e-6)


def test_srgb_is_the_published_curve() -> None:
    # IEC 61966-2-1: 18 % grey is code 0.4613, and the two parts meet at 0.0031308.
    assert float(srgb_encode(np.array([0.18]))[0]) == pytest.approx(0.46135, abs=1e-4)
    below, above = srgb_encode(np.array([0.0031308, 0.0031309]))
    assert abs(above - below) < 1e-5


def test_srgb_clips_what_a_display_cannot_show() -> None:
    assert srgb_encode(np.array([-1.0, 2.0])).tolist() == [0.0, pytest.approx(1.0)]


@given(st.integers(0, 255))
def test_grey_has_no_chroma_and_keeps_its_level(level: int) -> None:
    picture = yuv420_from_rgb(flat(level, level, level))
    assert int(picture.u[0, 0]) == 128
    assert int(picture.v[0, 0]) == 128
    assert abs(int(rgb_from_yuv420(picture)[1, 0, 0]) - level) <= 1


def test_black_and_white_are_16_and_235() -> None:
    assert int(yuv420_from_rgb(flat(0, 0, 0)).y[0, 0]) == 16
    assert int(yuv420_from_rgb(flat(255, 255, 255)).y[0, 0]) == 235


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [((255, 0, 0), (63, 102, 240)), ((0, 255, 0), (173, 42, 26)), ((0, 0, 255), (32, 240, 118))],
)
def test_primaries_land_on_their_709_codes(
    rgb: tuple[int, int, int], yuv: tuple[int, int, int]
) -> None:
    picture = yuv420_from_rgb(flat(*rgb))
    found = [int(plane[0, 0]) for plane in (picture.y, picture.u, picture.v)]
    assert np.abs(np.array(found) - yuv).max() <= 1


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_a_flat_colour_survives_yuv_within_two_codes(rgb: tuple[int, int, int]) -> None:
    again = rgb_from_yuv420(yuv420_from_rgb(flat(*rgb)))
    assert np.abs(again[:, 0, 0].astype(int) - rgb).max() <= 2


def test_codes_outside_the_legal_range_are_clipped_not_wrapped() -> None:
    ones = np.ones((2, 2), np.uint8)
    picture = Yuv420(y=ones * 255, u=ones[:1, :1] * 255, v=ones[:1, :1] * 255)
    red, _, blue = rgb_from_yuv420(picture)[:, 0, 0].tolist()
    assert (red, blue) == (255, 255)


def test_luma_weights_add_to_one() -> None:
    assert sum(LUMA_709) == pytest.approx(1.0)
