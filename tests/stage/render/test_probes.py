"""Light finds its way through a set: under a roof it is dark, beside a sunlit wall it is warm."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.render.probes import COARSE_M, FINE_M, LightGrid, light_grids
from openset.stage.scene.dome import irradiance, irradiance_terms, pixel_directions
from openset.stage.scene.model import Material, Mesh, Scene, Sun

PLUS_X, MINUS_X, PLUS_Y, MINUS_Y, UP, DOWN = range(6)


def quad(corners: list[tuple[float, float, float]], material: int = 0) -> Mesh:
    points = np.array(corners, np.float32)
    normal = np.cross(points[1] - points[0], points[2] - points[0])
    normals = np.tile(normal / np.linalg.norm(normal), (4, 1)).astype(np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return Mesh("quad", points, normals, np.zeros((4, 2), np.float32), triangles, material)


def level(z: float, half: float, up: bool = True) -> Mesh:
    corners = [(-half, 6 - half, z), (half, 6 - half, z), (half, 6 + half, z), (-half, 6 + half, z)]
    return quad(corners if up else corners[::-1])


def at(grid: LightGrid, x: float, y: float, z: float) -> np.ndarray:
    """The six sides at the grid point nearest to a place."""
    i, j, k = np.rint((np.array([x, y, z]) - grid.low_m) / grid.spacing_m).astype(int)
    return grid.light[:, k, j, i]


DOME = np.full((32, 64, 3), 0.5, np.float32)
POLE = quad([(0.0, 6.0, 0.0), (0.01, 6.0, 0.0), (0.01, 6.0, 3.0), (0.0, 6.0, 3.0)])


def test_in_the_open_each_side_has_the_light_of_its_half_of_the_dome() -> None:
    dome = (0.4 + 0.3 * pixel_directions(64, 32)).astype(np.float32)
    fine, coarse = light_grids(Scene("open", (POLE,), (Material("m"),), dome=dome))
    assert (fine.spacing_m, coarse.spacing_m) == (FINE_M, COARSE_M)
    sides = np.repeat(np.eye(3), 2, axis=0) * np.tile([1.0, -1.0], 3)[:, None]
    wanted = irradiance(irradiance_terms(dome), sides) / np.pi
    for grid in (fine, coarse):
        found = at(grid, 8.0, 0.0, 1.5)
        np.testing.assert_allclose(found[:, :3], wanted, atol=0.02)
        np.testing.assert_allclose(found[:, 3], 1.0, atol=0.05)


def test_under_a_roof_the_sky_is_hidden_and_beside_it_is_not() -> None:
    roof, floor = level(2.0, 3.0), level(0.0, 11.0)
    fine, _ = light_grids(Scene("roof", (floor, roof), (Material("m", (0.1, 0.1, 0.1)),), dome=DOME))
    under, beside = at(fine, 0.0, 6.0, 1.0), at(fine, 9.0, 6.0, 1.0)
    assert under[UP, 3] < 0.15 * beside[UP, 3]
    assert under[UP, 0] < 0.3 * beside[UP, 0]


def test_a_sunlit_wall_colours_what_faces_it() -> None:
    wall = quad([(3.0, 1.0, 0.0), (3.0, 1.0, 4.0), (3.0, 11.0, 4.0), (3.0, 11.0, 0.0)], 0)
    red = Material("red", (0.8, 0.1, 0.1))
    scene = Scene("wall", (wall,), (red,), (Sun((-1.0, 0.0, 0.0), (6.0, 6.0, 6.0)),), dome=0.1 * DOME)
    found = at(light_grids(scene)[0], 1.5, 6.0, 2.0)
    assert found[PLUS_X, 0] > 4.0 * found[PLUS_X, 1]
    assert found[PLUS_X, 0] > 5.0 * found[MINUS_X, 0]


def test_the_inside_of_a_solid_takes_the_light_from_around_it() -> None:
    low, high = (-2.0, 4.0, 0.0), (2.0, 8.0, 3.0)
    x0, y0, z0, x1, y1, z1 = *low, *high
    box = [
        quad([(x0, y0, z0), (x0, y1, z0), (x1, y1, z0), (x1, y0, z0)]),
        quad([(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)]),
        quad([(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)]),
        quad([(x0, y1, z0), (x0, y1, z1), (x1, y1, z1), (x1, y1, z0)]),
        quad([(x0, y0, z0), (x0, y0, z1), (x0, y1, z1), (x0, y1, z0)]),
        quad([(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)]),
    ]
    fine, _ = light_grids(Scene("box", tuple(box), (Material("m"),), dome=DOME))
    assert at(fine, 1.8, 6.0, 1.5)[PLUS_X, 3] > 0.5


def test_work_that_is_called_off_stops() -> None:
    def enough(done: float) -> None:
        raise InterruptedError(f"{done:.2f}")

    with pytest.raises(InterruptedError):
        light_grids(Scene("open", (POLE,), (Material("m"),), dome=DOME), enough)


def test_an_empty_set_has_a_grid_too() -> None:
    fine, coarse = light_grids(Scene("empty", dome=DOME))
    np.testing.assert_allclose(fine.light[UP, ..., 0], 0.5, atol=0.02)
    assert fine.counts[2] == coarse.counts[2] == 2
