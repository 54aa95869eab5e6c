from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.stage.tracking.field_of_view import fov_of_lens, lens_of_fov
from openset.stage.tracking.samples import LensReport


def test_a_right_angle_is_half_the_sensors_height() -> None:
    lens = lens_of_fov(math.pi / 2)  # tan 45 = 1: f = 20.25 / 2
    assert lens.focal_length_mm == pytest.approx(10.125)
    assert (lens.sensor_width_mm, lens.sensor_height_mm) == (36.0, 20.25)


@given(st.floats(0.01, 3.0))
def test_an_angle_comes_back(fov_rad: float) -> None:
    assert fov_of_lens(lens_of_fov(fov_rad)) == pytest.approx(fov_rad)


def test_a_sensor_that_is_known_is_used() -> None:
    full = LensReport(focal_length_mm=12.0, sensor_width_mm=36.0, sensor_height_mm=24.0)
    assert fov_of_lens(full) == pytest.approx(math.pi / 2)
    wide = LensReport(focal_length_mm=9.0, sensor_width_mm=32.0)  # 16:9: 18 mm high
    assert fov_of_lens(wide) == pytest.approx(math.pi / 2)
    assert fov_of_lens(LensReport(focal_length_mm=10.125)) == pytest.approx(math.pi / 2)


@pytest.mark.parametrize("focal_mm", [None, 0.0, -3.0, math.nan, math.inf])
def test_no_focal_length_is_no_angle(focal_mm: float | None) -> None:
    assert fov_of_lens(LensReport(focal_length_mm=focal_mm)) is None
    assert fov_of_lens(None) is None
