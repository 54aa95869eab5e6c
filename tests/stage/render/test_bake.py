"""The bake against light that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.primitives.space import look_at
from openset.stage.lens.model import pinhole, project
from openset.stage.render.bake import Sharp, bake_panorama, bake_view
from openset.stage.scene.model import Lamp, Material, Mesh, Scene, Sun

GREY = Material("grey", (0.5, 0.5, 0.5))


def quad(corners: list[tuple[float, float, float]], material: int = 0) -> Mesh:
    points = np.array(corners, np.float32)
    normal = np.cross(points[1] - points[0], points[2] - points[0])
    normals = np.tile(normal / np.linalg.norm(normal), (4, 1)).astype(np.float32)
    uvs = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    return Mesh("quad", points, normals, uvs, np.array([[0, 1, 2], [0, 2, 3]], np.int32), material)


def floor(size: float = 50.0, z: float = 0.0) -> Mesh:
    return quad([(-size, -size, z), (size, -size, z), (size, size, z), (-size, size, z)])


def wall(y: float, size: float = 1.0, material: int = 0) -> Mesh:
    return quad([(-size, y, -size), (size, y, -size), (size, y, size), (-size, y, size)], material)


LOOKING_DOWN = look_at((0.0, 0.0, 2.0), (0.0, 0.01, 0.0))
LENS = pinhole(32, 32, 36.0, 36.0)


def test_a_sunlit_floor_has_base_over_pi_times_what_falls_on_it() -> None:
    slant = Sun((0.6, 0.0, 0.8), (3.0, 2.0, 1.0))
    scene = Scene("s", (floor(),), (GREY,), suns=(slant,))
    seen = bake_view(scene, LOOKING_DOWN, LENS, occlusion_rays=0)
    np.testing.assert_allclose(seen[16, 16], np.array([3.0, 2.0, 1.0]) * 0.8 * 0.5 / np.pi, rtol=1e-4)


def test_what_stands_in_the_sun_throws_a_shadow() -> None:
    roof = floor(1.5, 3.0)
    scene = Scene("s", (floor(), roof), (GREY,), suns=(Sun((0.0, 0.0, 1.0), (3.0, 3.0, 3.0)),))
    low = look_at((0.0, -4.0, 1.0), (0.0, 0.0, 0.0))
    lens = pinhole(64, 64, 30.0, 36.0)
    seen = bake_view(scene, low, lens, occlusion_rays=0)

    def at(point: tuple[float, float, float]) -> float:
        x, y = project(lens, low.inverse().matrix[:3] @ np.array([*point, 1.0]))
        return float(seen[int(y), int(x), 0])

    assert at((0.0, 0.0, 0.0)) == 0.0
    assert at((0.0, -2.2, 0.0)) == pytest.approx(3.0 * 0.5 / np.pi, rel=1e-3)


def test_a_lamp_falls_off_with_the_square_of_its_distance() -> None:
    for height in (1.0, 2.0):
        lamp = Lamp((0.0, 0.0, height), (2.0, 2.0, 2.0), 0.01)
        scene = Scene("s", (floor(),), (GREY,), lamps=(lamp,))
        eye = look_at((0.0, -3.0, 0.5), (0.0, 0.0, 0.0))
        seen = bake_view(scene, eye, pinhole(101, 101, 200.0, 36.0), occlusion_rays=0)
        assert seen[50, 50, 0] == pytest.approx(2.0 / height**2 * 0.5 / np.pi, rel=0.02)


@pytest.mark.parametrize("rays", [0, 16])
def test_under_an_even_sky_an_open_floor_shows_its_own_base_colour(rays: int) -> None:
    scene = Scene("s", (floor(200.0),), (GREY,), dome=np.full((16, 32, 3), 2.0, np.float32))
    seen = bake_view(scene, LOOKING_DOWN, LENS, occlusion_rays=rays)
    np.testing.assert_allclose(seen, 1.0, rtol=5e-3)


def test_a_corner_is_darker_than_the_open_only_with_occlusion() -> None:
    scene = Scene("s", (floor(), wall(1.0, 1.5)), (GREY,), dome=np.ones((16, 32, 3), np.float32))
    eye = look_at((0.0, -6.0, 2.0), (0.0, 0.5, 0.0))
    lens = pinhole(48, 48, 24.0, 36.0)
    plain = bake_view(scene, eye, lens, occlusion_rays=0)
    closed = bake_view(scene, eye, lens, occlusion_rays=64)
    x, y = project(lens, eye.inverse().matrix[:3] @ np.array([0.0, 0.8, 0.0, 1.0]))
    assert closed[int(y), int(x), 0] < 0.8 * plain[int(y), int(x), 0]
    assert closed[47, 24, 0] == pytest.approx(plain[47, 24, 0], rel=0.15)


def test_sunlight_on_a_red_wall_reddens_the_floor_beside_it() -> None:
    red = Material("red", (0.8, 0.05, 0.05))
    sun = Sun((0.0, -0.96, 0.28), (6.0, 6.0, 6.0))
    scene = Scene("s", (floor(), wall(1.0, 20.0, 1)), (GREY, red), suns=(sun,))
    eye = look_at((0.0, -3.0, 1.5), (0.0, 0.5, 0.0))
    seen = bake_view(scene, eye, pinhole(48, 48, 30.0, 36.0), occlusion_rays=32)
    r, _, b = seen[30, 24]
    assert r > 1.1 * b


def test_emission_and_textures_are_seen_as_they_are() -> None:
    texture = np.zeros((2, 2, 3), np.uint8)
    texture[0, 0] = 255  # top left, at u < 0.5 and v > 0.5
    painted = Material("painted", (1.0, 0.5, 0.25), base_texture=texture, emission=(0.0, 0.0, 3.0))
    scene = Scene("s", (wall(3.0),), (painted,), suns=(Sun((0.0, -1.0, 0.0), (np.pi, np.pi, np.pi)),))
    eye = look_at((0.0, 0.0, 0.0), (0.0, 3.0, 0.0))
    lens = pinhole(200, 200, 54.0, 36.0)
    seen = bake_view(scene, eye, lens, occlusion_rays=0)
    np.testing.assert_allclose(seen[50, 50], [1.0, 0.5, 3.25], rtol=0.02)
    np.testing.assert_allclose(seen[150, 150], [0.0, 0.0, 3.0], atol=0.02)


def test_a_panorama_puts_things_where_the_conventions_say() -> None:
    glow = Material("glow", (0.0, 0.0, 0.0), emission=(4.0, 4.0, 4.0))
    plate = quad([(5.0, -0.5, 0.5), (5.0, -0.5, 1.5), (5.0, 0.5, 1.5), (5.0, 0.5, 0.5)])
    scene = Scene("s", (plate,), (glow,))
    seen = bake_panorama(scene, (0.0, 0.0, 1.0), 256)
    rows, columns = np.nonzero(seen[..., 0] > 2.0)
    assert columns.mean() + 0.5 == pytest.approx(192, abs=0.6)  # +X: a quarter right of the middle
    assert rows.mean() + 0.5 == pytest.approx(64, abs=0.6)  # level with the eye


def test_the_sharp_part_is_the_full_bake_and_the_rest_a_softer_one() -> None:
    rng = np.random.default_rng(2)
    texture = rng.integers(0, 255, (64, 64, 3)).astype(np.uint8)
    painted = Material("painted", (1.0, 1.0, 1.0), base_texture=texture)
    scene = Scene("s", (wall(2.0, 3.0),), (painted,), dome=np.ones((8, 16, 3), np.float32))
    full = bake_panorama(scene, (0.0, 0.0, 0.0), 256, occlusion_rays=0)
    part = bake_panorama(
        scene, (0.0, 0.0, 0.0), 256, occlusion_rays=0, sharp=Sharp((0.0, 1.0, 0.0), 0.4)
    )
    assert part.shape == full.shape
    np.testing.assert_allclose(part[56:72, 116:140], full[56:72, 116:140], atol=2e-3)
    assert np.abs(np.diff(part[64, 70:90, 0])).mean() < np.abs(np.diff(full[64, 70:90, 0])).mean()


@pytest.mark.parametrize("towards", [(0.0, -1.0, 0.1), (0.0, 0.0, 1.0), (-0.01, -1.0, 0.0)])
def test_the_sharp_part_may_lie_across_the_seam_or_a_pole(towards: tuple[float, float, float]) -> None:
    dome = np.random.default_rng(1).uniform(0, 1, (128, 256, 3)).astype(np.float32)
    scene = Scene("s", dome=dome)
    full = bake_panorama(scene, (0.0, 0.0, 0.0), 256)
    part = bake_panorama(scene, (0.0, 0.0, 0.0), 256, sharp=Sharp(towards, 0.3))
    same = np.abs(part - full).max(axis=2) < 1e-4
    assert 0.02 < same.mean() < 0.6


def test_progress_runs_to_one_and_may_end_the_bake() -> None:
    scene = Scene("s", (wall(2.0),), (GREY,))
    told: list[float] = []
    bake_panorama(scene, (0.0, 0.0, 0.0), 128, told.append, sharp=Sharp((0.0, 1.0, 0.0)))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)

    def stop(done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bake_panorama(scene, (0.0, 0.0, 0.0), 128, stop)


def test_an_odd_width_is_refused() -> None:
    with pytest.raises(BadInput, match="127 pixels wide"):
        bake_panorama(Scene("s"), (0.0, 0.0, 0.0), 127)
