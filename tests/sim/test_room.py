"""The simulated studio."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.sim.picture import Studio
from openset.sim.plan import DayPlan, wide
from openset.sim.room import CURVE_M, FRONT_Y_M, TEXEL_M, bake_room, lamp_stand, meet_room

WALL_Y = 2.8


@settings(deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.3))
def test_every_ray_meets_the_sheet_on_floor_curve_or_wall(right: float, up: float) -> None:
    eye, ray = np.float32([0.1, -4.0, 1.5]), np.float32([right, 1.0, up])
    x, y, z, s = meet_room(*eye, *ray, np.float32(WALL_Y), np.float32(CURVE_M))
    assert np.isclose((x - eye[0]) * ray[1], (y - eye[1]) * ray[0], atol=1e-3)
    bend_y = WALL_Y - CURVE_M
    if z >= CURVE_M:
        assert y == pytest.approx(WALL_Y)
        assert s == pytest.approx(bend_y + CURVE_M * np.pi / 2 + z - CURVE_M, abs=1e-4)
    elif y <= bend_y:
        assert z == 0.0
        assert s == pytest.approx(y)
    else:
        assert np.hypot(y - bend_y, z - CURVE_M) == pytest.approx(CURVE_M, abs=1e-4)


def test_the_cloth_is_green_and_uneven_like_a_cheap_one(small_studio: Studio) -> None:
    texels = small_studio.room.radiance
    cloth = texels[texels[..., 3] > 0.99][:, :3]
    assert (cloth[:, 1] > 2.5 * cloth[:, [0, 2]].max(axis=1)).all()
    low, high = np.percentile(cloth[:, 1], [2, 98])
    assert 1.3 < high / low < 2.6
    assert cloth[:, 1].mean() == pytest.approx(0.27, abs=0.08)


def test_where_the_cloth_ends_the_wall_is_grey(small_plan: DayPlan) -> None:
    texels = bake_room(replace(small_plan, cloth_ends=True)).radiance
    wall = texels[texels[..., 3] == 0.0][:, :3]
    assert len(wall) > 0.15 * texels.shape[0] * texels.shape[1]
    assert (wall.max(axis=1) < 1.1 * wall.min(axis=1)).all()


def test_marks_are_brighter_crosses_on_the_same_cloth() -> None:
    plain = bake_room(wide(seed=4)).radiance
    marked = bake_room(replace(wide(seed=4), marks=True)).radiance
    changed = np.any(plain != marked, axis=-1)
    assert 0.0005 < changed.mean() < 0.01
    assert (marked[changed][:, 1] > plain[changed][:, 1]).all()


def test_the_sheet_begins_at_its_front_edge() -> None:
    assert pytest.approx(-2.0) == FRONT_Y_M
    assert pytest.approx(0.005) == TEXEL_M


def test_the_lamp_stand_stands_on_the_floor() -> None:
    texels, (left, top) = lamp_stand(0.01)
    assert left == -texels.shape[1] * 0.01 / 2
    assert top == pytest.approx(texels.shape[0] * 0.01)
    assert texels[-1, :, 3].max() > 0.9
