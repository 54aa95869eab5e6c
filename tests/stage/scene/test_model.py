"""A set as plain values: what a scene says of itself, and that it cannot change under a renderer."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.space import IDENTITY
from openset.stage.scene.model import Lamp, Material, Mesh, Scene, Sun


def mesh(triangles: int, material: int = 0) -> Mesh:
    """A fan of so many triangles around the origin, on the floor."""
    angles = np.linspace(0.0, np.pi, triangles + 1)
    rim = np.stack([np.cos(angles), np.sin(angles), np.zeros_like(angles)], -1)
    points = np.vstack([np.zeros((1, 3)), rim]).astype(np.float32)
    fan = [(0, k + 1, k + 2) for k in range(triangles)]
    return Mesh(
        "fan",
        points,
        np.tile(np.array([0, 0, 1], np.float32), (len(points), 1)),
        np.zeros((len(points), 2), np.float32),
        np.array(fan, np.int32).reshape(-1, 3),
        material,
    )


@given(st.lists(st.integers(0, 40), max_size=6))
def test_a_scene_counts_the_triangles_of_all_its_meshes(counts: list[int]) -> None:
    assert Scene("set", tuple(mesh(count) for count in counts)).triangle_count == sum(counts)


def test_an_empty_set_is_a_set_that_stands_where_the_studio_does() -> None:
    scene = Scene("void")
    assert (scene.triangle_count, scene.meshes, scene.suns, scene.lamps) == (0, (), (), ())
    assert scene.dome is None
    assert scene.world_from_stage is IDENTITY
    assert 2.0**scene.exposure_ev == 1.0


def test_a_plain_material_reflects_most_light_and_sends_out_none() -> None:
    plain = Material("plaster")
    assert all(0 < part < 1 for part in plain.base_colour)
    assert plain.emission == (0.0, 0.0, 0.0)
    assert (plain.metallic, plain.base_texture, plain.double_sided) == (0.0, None, False)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (Scene("set"), "exposure_ev"),
        (Material("cloth"), "roughness"),
        (mesh(1), "points"),
        (Sun((0.0, 0.0, 1.0), (1.0, 1.0, 1.0)), "irradiance"),
        (Lamp((0.0, 0.0, 2.0), (1.0, 0.9, 0.7)), "radius_m"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_nothing_of_a_set_changes_once_it_is_made(value: Any, field: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, field, getattr(value, field))


def test_two_scenes_are_told_apart_by_being_two_and_can_be_kept_in_a_set() -> None:
    dome = np.ones((2, 4, 3), np.float32)
    first, second = Scene("set", (mesh(2),), dome=dome), Scene("set", (mesh(2),), dome=dome)
    assert first != second
    assert len({first, second, first}) == 2
    assert Sun((0.0, 0.0, 1.0), (1.0, 1.0, 1.0)) == Sun((0.0, 0.0, 1.0), (1.0, 1.0, 1.0))


def test_a_brighter_scene_shares_what_it_did_not_change() -> None:
    scene = Scene("set", (mesh(3),), notes=("a note",))
    brighter = replace(scene, exposure_ev=1.0)
    assert brighter.meshes[0] is scene.meshes[0]
    assert (brighter.triangle_count, brighter.notes) == (3, ("a note",))
