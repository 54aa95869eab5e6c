"""What the views cover, and what to shoot next."""

from __future__ import annotations

import numpy as np

from openset.primitives.rotation import matrix_from_vector
from openset.stage.calibrate.coverage import coverage, outline, tilt_directions
from openset.stage.calibrate.sighting import SeenBoard, View


def view(*places: tuple[float, float]) -> View:
    return View("a", SeenBoard(np.arange(len(places)), np.array(places, float)))


def tilted(x: float, y: float) -> np.ndarray:
    out = np.eye(4)
    out[:3, :3] = matrix_from_vector(np.array([x, y, 0.0]))
    out[2, 3] = -1.0
    return out


def test_cells_and_corners_are_counted() -> None:
    found = coverage([view((10, 10), (1900, 1070), (960, 540))], None, 1920, 1080)
    assert found.corners == (True, False, False, True)
    assert found.cells[0][0] == 1
    assert found.part == 3 / 48
    assert [each.code for each in found.shortfalls][:3] == ["views", "top-right", "bottom-left"]


def test_a_full_set_wants_nothing() -> None:
    x, y = np.meshgrid(np.linspace(5, 1915, 12), np.linspace(5, 1075, 9))
    everywhere = view(*zip(x.ravel().tolist(), y.ravel().tolist(), strict=True))
    poses = np.array([tilted(0.5, 0.5), tilted(-0.5, -0.5)] * 8)
    assert coverage([everywhere] * 16, poses, 1920, 1080).shortfalls == ()


def test_tilts_are_named_by_the_nearer_edge() -> None:
    # Turned about the vertical so that the board's right half comes nearer: its left goes back.
    assert tilt_directions(tilted(0.0, -0.5)) == [1]
    assert tilt_directions(tilted(0.0, 0.5)) == [0]
    assert tilt_directions(tilted(0.5, 0.0)) == [2]
    assert tilt_directions(tilted(-0.5, 0.0)) == [3]
    assert tilt_directions(tilted(0.1, 0.1)) == []


def test_an_outline_goes_around_the_corners() -> None:
    found = outline(view((0, 0), (10, 0), (10, 10), (0, 10), (5, 5)).seen)
    assert len(found) == 4
