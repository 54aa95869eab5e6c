"""A set reaches the gpu whole: every triangle once, under its own material."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.errors import SetBroken
from openset.stage.render.batches import lay_out_batches
from openset.stage.scene.model import Material, Mesh, Scene


def mesh(name: str, material: int, x: float) -> Mesh:
    points = np.array([[x, 0, 0], [x + 1, 0, 0], [x, 1, 2]], np.float32)
    normals = np.tile(np.float32([0, 0, 1]), (3, 1))
    return Mesh(
        name, points, normals, np.zeros((3, 2), np.float32), np.array([[0, 1, 2]], np.int32), material
    )


SCENE = Scene(
    "three",
    (mesh("a", 1, 0.0), mesh("b", 0, 10.0), mesh("c", 1, 20.0)),
    (Material("plain", (0.1, 0.2, 0.3), 0.4, 0.5, (6, 7, 8)), Material("other")),
)


def test_meshes_of_one_material_are_drawn_together() -> None:
    laid_out = lay_out_batches(SCENE)
    assert [(batch.material, batch.count) for batch in laid_out.batches] == [(0, 3), (1, 6)]
    second = laid_out.batches[1]
    drawn = laid_out.vertices[laid_out.indices[second.first : second.first + second.count], 0]
    assert drawn.tolist() == [0, 1, 0, 20, 21, 20]


def test_the_table_holds_each_material_in_the_shaders_order() -> None:
    row = lay_out_batches(SCENE).materials[0]
    np.testing.assert_allclose(row, [0.1, 0.2, 0.3, 0.4, 6, 7, 8, 0.5], rtol=1e-6)


def test_the_bounds_hold_every_point() -> None:
    laid_out = lay_out_batches(SCENE)
    assert laid_out.low_m.tolist() == [0, 0, 0]
    assert laid_out.high_m.tolist() == [21, 1, 2]


def test_a_set_of_sky_alone_has_nothing_to_draw() -> None:
    laid_out = lay_out_batches(Scene("sky"))
    assert laid_out.batches == ()
    assert len(laid_out.materials) == 1


def test_a_mesh_without_its_material_is_refused_by_name() -> None:
    with pytest.raises(SetBroken, match="mesh c names material 7"):
        lay_out_batches(replace(SCENE, meshes=(mesh("c", 7, 0.0),)))


def test_a_triangle_on_a_missing_corner_is_refused_by_name() -> None:
    broken = replace(mesh("d", 0, 0.0), triangles=np.array([[0, 1, 3]], np.int32))
    with pytest.raises(SetBroken, match="mesh d has a triangle"):
        lay_out_batches(replace(SCENE, meshes=(broken,)))
