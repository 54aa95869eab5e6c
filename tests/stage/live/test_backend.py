"""A set that the cpu draws is baked once, and anew when it changes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import orjson
import pytest

from openset.stage.live.backend import baked_panorama
from openset.stage.render.vantage import Vantage
from openset.stage.scene.files import write_set
from openset.stage.scene.model import Material, Mesh, Scene, Sun
from openset.store.production import Production, create_production


@pytest.fixture
def production(tmp_path: Path) -> Production:
    return create_production(tmp_path / "film", title="Film", rate=Fraction(25))


def test_a_set_with_meshes_is_baked_once_for_an_eye_and_again_when_it_changes(
    production: Production,
) -> None:
    wall = Mesh(
        "wall",
        np.array([[-2, 3, 0], [2, 3, 0], [2, 3, 3], [-2, 3, 3]], np.float32),
        np.tile(np.array([0, -1, 0], np.float32), (4, 1)),
        np.zeros((4, 2), np.float32),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        0,
    )
    sun = Sun((0.0, -0.8, 0.6), (3.0, 3.0, 3.0))
    scene = Scene("wall", (wall,), (Material("plaster"),), (sun,))
    write_set(scene, production.root / "sets" / "wall")
    said: list[str] = []
    eye = Vantage((0.0, -4.0, 1.5), (0.0, 1.0, 0.0), 0.5)
    nearly = Vantage((0.004, -4.0, 1.5), (0.0, 1.0, 0.0), 0.5)
    first = baked_panorama(production, scene, "wall", eye, 64, said.append)
    again = baked_panorama(production, scene, "wall", nearly, 64, said.append)
    assert sum("baking the set" in line for line in said) == 1
    assert np.array_equal(first.astype(np.float16), again.astype(np.float16))
    (production.root / "sets" / "wall" / "note.txt").write_bytes(orjson.dumps("dressed"))
    baked_panorama(production, scene, "wall", eye, 64, said.append)
    assert sum("baking the set" in line for line in said) == 2
