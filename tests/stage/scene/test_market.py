"""The lane market as a set: whole, repeatable, open where actors and cameras stand."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.scene.market import market_lane
from openset.stage.scene.model import Scene


@pytest.fixture(scope="module")
def lane() -> Scene:
    return market_lane()


def test_the_market_holds_whole_triangles_of_known_materials(lane: Scene) -> None:
    assert 20_000 < lane.triangle_count < 80_000
    for mesh in lane.meshes:
        assert mesh.triangles.min() >= 0
        assert mesh.triangles.max() < len(mesh.points)
        assert 0 <= mesh.material < len(lane.materials)
        assert np.isfinite(mesh.points).all()
        lengths = np.linalg.norm(mesh.normals, axis=1)
        assert np.abs(lengths - 1.0).max() < 1e-3, mesh.name


def test_the_market_is_the_same_every_time(lane: Scene) -> None:
    again = market_lane()
    for first, second in zip(lane.meshes, again.meshes, strict=True):
        np.testing.assert_array_equal(first.points, second.points)
    assert lane.dome is not None
    assert again.dome is not None
    np.testing.assert_array_equal(lane.dome, again.dome)


def test_an_actor_and_a_camera_have_room(lane: Scene) -> None:
    everything = np.concatenate([mesh.points for mesh in lane.meshes])
    x, y, z = everything.T
    lane_ahead = (np.abs(x) < 0.7) & (y > -5.5) & (y < 4.0) & (z > 0.1) & (z < 2.4)
    assert not lane_ahead.any()


def test_the_floor_is_where_the_studio_floor_is(lane: Scene) -> None:
    paving = next(mesh for mesh in lane.meshes if mesh.name == "paving")
    assert np.abs(paving.points[:, 2]).max() <= 0.051
    assert lane.world_from_stage.position_m == (0.0, 0.0, 0.0)


def test_the_sun_is_low_on_the_left_and_lanterns_glow(lane: Scene) -> None:
    towards = np.array(lane.suns[0].towards)
    assert np.linalg.norm(towards) == pytest.approx(1.0, abs=1e-3)
    assert towards[0] < 0 < towards[2] < 0.6
    assert len(lane.lamps) >= 6
    assert any(max(material.emission) > 1.0 for material in lane.materials)
