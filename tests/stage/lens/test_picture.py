"""A lens for the picture that is shot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openset.primitives.errors import BadInput
from openset.stage.lens.model import Lens, pinhole
from openset.stage.lens.picture import measured_lens_for, plain_lens_for, same_shape

LENS = Lens(1920, 1080, 1450.0, 1452.0, 975.0, 528.0, -0.21)


def test_a_measured_lens_fits_a_smaller_picture_of_its_shape() -> None:
    fitted = measured_lens_for(LENS, 960, 540, "lens.json")
    assert (fitted.fx_px, fitted.fy_px, fitted.cx_px, fitted.k1) == (725.0, 726.0, 487.5, -0.21)


def test_a_measured_lens_is_refused_for_a_picture_of_another_shape() -> None:
    assert not same_shape((1920, 1080), (1440, 1080))
    with pytest.raises(BadInput, match=r"lens\.json: .*1920 x 1080.*1440 x 1080, another shape"):
        measured_lens_for(LENS, 1440, 1080, "lens.json")


def test_a_fisheye_is_drawn_to_a_hundred_degrees_and_refused_beyond() -> None:
    # Equidistant: half the diagonal, 1101.5 px, is 1101.5 / 1400 rad = 45.1 degrees from the axis.
    narrow = Lens(1920, 1080, 1400.0, 1400.0, 960.0, 540.0, fisheye=(0.0, 0.0, 0.0, 0.0))
    assert measured_lens_for(narrow, 1920, 1080, "lens.json") == narrow
    wide = replace(narrow, fx_px=1000.0, fy_px=1000.0)
    with pytest.raises(BadInput, match=r"lens\.json: a fisheye lens of 126 degrees.*as a witness"):
        measured_lens_for(wide, 1920, 1080, "lens.json")


def test_a_plain_lens_keeps_square_pixels_whatever_the_picture_s_shape() -> None:
    # 35 mm on 36 mm of sensor: 35 / 36 of the picture's width, both ways.
    fitted = plain_lens_for(pinhole(1920, 1080, 35.0, 36.0), 1440, 1080)
    assert (fitted.fx_px, fitted.fy_px) == pytest.approx((1400.0, 1400.0))
    assert (fitted.cx_px, fitted.cy_px) == (720.0, 540.0)
