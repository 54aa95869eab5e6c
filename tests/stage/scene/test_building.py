"""Building tools: closed shapes face outwards, openings stay open, cables hang."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.scene.building import (
    Builder,
    Frame,
    Opening,
    ball,
    box,
    lathe,
    reveal,
    sagging,
    tube,
    turned,
    wall,
)
from openset.stage.scene.model import Material, Mesh

FRAMES = [
    Frame((1.0, 2.0, 3.0)),
    Frame((0.0, 0.0, 0.0), (0.0, 1.0), (1.0, 0.0)),
    Frame((0.0, 0.0, 0.0), (0.0, -1.0), (-1.0, 0.0)),
    turned((4.0, 0.0, 1.0), 0.7),
]


def builder() -> Builder:
    made = Builder()
    made.material(Material("one"))
    return made


def volume(mesh: Mesh) -> float:
    """Signed volume by the divergence theorem: positive when every face looks outwards."""
    a, b, c = (mesh.points[mesh.triangles[:, k]].astype(float) for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6.0)


def area(mesh: Mesh) -> float:
    a, b, c = (mesh.points[mesh.triangles[:, k]].astype(float) for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2.0)


@pytest.mark.parametrize("frame", FRAMES)
def test_a_box_is_closed_and_faces_outwards_in_every_frame(frame: Frame) -> None:
    made = builder()
    box(made, 0, frame, (0.0, 0.0, 0.0), (2.0, 3.0, 0.5))
    (mesh,) = made.meshes()
    assert volume(mesh) == pytest.approx(3.0, rel=1e-5)


def test_a_ball_and_a_jar_face_outwards_and_their_normals_agree() -> None:
    made = builder()
    ball(made, 0, (1.0, 1.0, 1.0), 0.5, sides=24)
    (mesh,) = made.meshes()
    assert volume(mesh) == pytest.approx(4 / 3 * np.pi * 0.125, rel=0.1)
    outward = mesh.points - np.array([1.0, 1.0, 1.0])
    assert ((outward * mesh.normals).sum(axis=1) > 0).mean() > 0.95
    lathe(made, 0, (0.0, 0.0, 0.0), [(0.3, 0.0), (0.3, 1.0)], 16)
    assert len(made.meshes()) == 1


def test_a_tube_has_the_skin_of_a_cylinder_and_faces_outwards() -> None:
    made = builder()
    tube(made, 0, np.array([[0, 0, 0], [0, 0, 1], [0, 0, 2.0]]), 0.1, sides=32)
    (mesh,) = made.meshes()
    assert area(mesh) == pytest.approx(2 * np.pi * 0.1 * 2, rel=0.02)
    outward = mesh.points * [1, 1, 0]
    assert np.all((outward * mesh.normals).sum(axis=1) > 0)


@pytest.mark.parametrize("frame", FRAMES)
def test_a_wall_keeps_its_openings_open_and_faces_out(frame: Frame) -> None:
    made = builder()
    holes = (Opening(1.0, 0.0, 2.0, 2.0), Opening(3.0, 1.0, 3.5, 2.0))
    wall(made, 0, frame, 5.0, 0.0, 3.0, holes)
    (mesh,) = made.meshes()
    assert area(mesh) == pytest.approx(15.0 - 2.0 - 0.5, rel=1e-5)
    np.testing.assert_allclose(
        mesh.normals, np.tile([*frame.w, 0.0], (len(mesh.normals), 1)), atol=1e-6
    )


@pytest.mark.parametrize("frame", FRAMES)
def test_an_opening_s_reveal_faces_into_the_opening(frame: Frame) -> None:
    made = builder()
    hole = Opening(1.0, 0.5, 2.0, 2.0, depth=0.3)
    reveal(made, 0, frame, hole)
    (mesh,) = made.meshes()
    middle = frame.at(1.5, 1.25, -0.15)
    towards = middle - mesh.points[mesh.triangles[:, 0]]
    assert np.all((towards * mesh.normals[mesh.triangles[:, 0]]).sum(axis=1) > 0)


def test_a_cable_hangs_below_its_ends() -> None:
    path = sagging((0, 0, 4.0), (4.0, 0, 4.0), 0.5)
    assert path[len(path) // 2, 2] == pytest.approx(3.5)
    np.testing.assert_allclose(path[[0, -1], 2], 4.0)


def test_texture_coordinates_are_metres_over_the_tile() -> None:
    made = Builder()
    material = made.material(Material("stone"), tile_m=2.0)
    made.quad(material, [(0, 0, 0), (4, 0, 0), (4, 0, 1), (0, 0, 1)])
    np.testing.assert_allclose(made.meshes()[0].uvs.max(axis=0), [2.0, 0.5])
