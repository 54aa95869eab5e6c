"""Where a set is baked from."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.space import look_at, pose_from_pan_tilt_roll
from openset.stage.lens.model import pinhole, rays
from openset.stage.render.vantage import MARGIN_RAD, vantage_of

LENS = pinhole(1280, 720, 24.0, 36.0)


def test_a_locked_camera_is_its_own_vantage() -> None:
    vantage = vantage_of([look_at((1.0, -4.0, 1.5), (1.0, 0.0, 1.5))], LENS)
    assert vantage.eye_m == pytest.approx((1.0, -4.0, 1.5))
    assert vantage.towards == pytest.approx((0.0, 1.0, 0.0), abs=1e-9)
    half_diagonal = math.atan(math.hypot(640, 360) / LENS.fx_px)
    assert vantage.within_rad == pytest.approx(half_diagonal + MARGIN_RAD)


def test_the_eye_is_the_middle_of_the_move_not_of_the_time_spent() -> None:
    stays = [look_at((0.0, -4.0, 1.5), (0.0, 0.0, 1.5))] * 90
    vantage = vantage_of([*stays, look_at((1.0, -4.0, 1.5), (1.0, 0.0, 1.5))], LENS)
    assert vantage.eye_m[0] == pytest.approx(0.5)


def test_a_camera_that_looks_all_around_needs_everything() -> None:
    around = [pose_from_pan_tilt_roll((0, 0, 1.5), math.radians(a), 0, 0) for a in range(0, 360, 10)]
    assert vantage_of(around, LENS).within_rad == math.pi


@given(
    st.lists(st.tuples(st.floats(-0.6, 0.6), st.floats(-0.4, 0.4)), min_size=1, max_size=6),
    st.floats(-0.15, 0.1),
)
def test_every_pixel_of_the_move_lies_within_the_vantage(
    turns: list[tuple[float, float]], k1: float
) -> None:
    lens = replace(LENS, k1=k1)
    poses = [pose_from_pan_tilt_roll((0.0, 0.0, 1.5), pan, tilt, 0.0) for pan, tilt in turns]
    vantage = vantage_of(poses, lens)
    edge = np.array([[x, y] for x in (0, 640, 1280) for y in (0, 360, 720)], float)
    looks = rays(lens, edge)
    looks /= np.linalg.norm(looks, axis=-1, keepdims=True)
    for pose in poses:
        seen = looks @ pose.matrix[:3, :3].T
        assert np.arccos(np.clip(seen @ np.array(vantage.towards), -1, 1)).max() <= vantage.within_rad
