"""House fronts: what is asked for stands in the wall, in front of it or behind it."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.scene.building import Builder, Frame
from openset.stage.scene.houses import Feature, House, Stuff, arch, build_house
from openset.stage.scene.model import Material

STREET = Frame((0.0, 0.0, 0.0), (1.0, 0.0), (0.0, -1.0))


def materials() -> tuple[Builder, Stuff]:
    builder = Builder()
    names = ("plaster", "dado", "wood", "dark", "stone", "iron", "glass", "inside", "tiles", "paint")
    numbers = [builder.material(Material(name)) for name in names]
    return builder, Stuff(*numbers[2:9])


@pytest.mark.parametrize("kind", ["door", "window", "shutters", "balcony", "shop"])
def test_every_feature_can_be_built_and_stays_near_its_house(kind: str) -> None:
    builder, stuff = materials()
    build_house(builder, stuff, STREET, House(5.0, 5.0, 0, 1, (Feature(kind, 2.5, 9),)))
    points = np.concatenate([mesh.points for mesh in builder.meshes()])
    assert points[:, 0].min() > -0.2
    assert points[:, 0].max() < 5.2
    assert points[:, 2].min() > -0.01
    assert points[:, 1].min() > -1.0  # nothing stands further out into the street


@pytest.mark.parametrize("roof", ["parapet", "eaves"])
def test_a_roof_covers_the_house(roof: str) -> None:
    builder, stuff = materials()
    build_house(builder, stuff, STREET, House(4.0, 3.0, 0, 1, roof=roof, beams=True))
    points = np.concatenate([mesh.points for mesh in builder.meshes()])
    assert points[:, 2].max() > 3.3


def test_an_arch_leaves_room_to_walk_through() -> None:
    builder, _ = materials()
    arch(builder, 0, STREET, 5.0, 2.5, 5.0, 1.0)
    (mesh,) = builder.meshes()
    middle = mesh.points[np.abs(mesh.points[:, 0] - 2.5) < 0.05]
    assert middle[:, 2].min() == pytest.approx(2.5 + 5.0 - 2.5 - 0.7, abs=0.01)
    assert mesh.points[:, 1].max() == pytest.approx(1.05, abs=0.01)
