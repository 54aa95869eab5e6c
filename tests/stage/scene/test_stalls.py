"""Market goods: each piece stands where it is put and on what it stands on."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.scene.building import Builder, Frame
from openset.stage.scene.model import Material, Mesh
from openset.stage.scene.stalls import (
    Goods,
    basket,
    bunting,
    crate,
    festoon,
    foliage,
    hanging,
    lantern,
    palm,
    pot,
    sack,
    stall,
    tray,
)

RIGHT = Frame((2.6, 4.0, 0.0), (0.0, -1.0), (-1.0, 0.0))
LEFT = Frame((-2.6, 4.0, 0.0), (0.0, 1.0), (1.0, 0.0))


def market() -> tuple[Builder, Goods]:
    builder = Builder()
    number = [builder.material(Material(f"m{k}")) for k in range(15)]
    return builder, Goods(*number[:12], fruits=(number[12], number[13]), spices=(number[14],))


def points(builder: Builder) -> np.ndarray:
    return np.concatenate([mesh.points for mesh in builder.meshes()])


def named(builder: Builder, material: int) -> Mesh:
    return next(mesh for mesh in builder.meshes() if mesh.material == material)


@pytest.mark.parametrize("frame", [LEFT, RIGHT])
def test_a_stall_leans_on_its_wall_and_its_awning_faces_the_sky(frame: Frame) -> None:
    builder, goods = market()
    cloth = builder.material(Material("cloth"))
    stall(builder, goods, frame, np.random.default_rng(1), cloth, goods.sack, fruits=(0, 1))
    out = (points(builder)[:, 0] - frame.origin[0]) * frame.w[0]
    assert out.min() > -0.05
    assert out.max() < 1.6
    awning = named(builder, cloth)
    slope = awning.normals[awning.points[:, 2] > 2.3]
    assert np.all(slope[:, 2] > 0.5)


def test_fruit_lies_within_its_tray() -> None:
    builder, goods = market()
    tray(builder, goods, LEFT, (0.8, 0.6), goods.fruits[0], np.random.default_rng(2))
    fruit = named(builder, goods.fruits[0]).points - np.array(LEFT.origin)
    assert fruit[:, 1].min() > -0.1
    assert fruit[:, 1].max() < 0.9
    assert fruit[:, 2].min() > 0.0


def test_sacks_pots_baskets_and_crates_stand_on_the_floor() -> None:
    builder, goods = market()
    sack(builder, goods, (0.0, 0.0, 0.0), goods.spices[0], np.random.default_rng(3))
    pot(builder, goods.clay, (1.0, 0.0, 0.0))
    basket(builder, goods, (2.0, 0.0, 0.0), 0.3, goods.fruits[0])
    crate(builder, goods, Frame((3.0, 0.0, 0.0)))
    assert points(builder)[:, 2].min() == pytest.approx(0.0, abs=1e-6)


def test_a_lantern_hangs_from_its_cord() -> None:
    builder, goods = market()
    lantern(builder, goods, (0.0, 0.0, 2.0), 0.5, 0.16)
    assert points(builder)[:, 2].max() == pytest.approx(2.66, abs=0.01)
    assert named(builder, goods.lantern).points[:, 2].min() > 1.8


def test_bulbs_and_flags_hang_below_their_cable() -> None:
    builder, goods = market()
    festoon(builder, goods, (-2.0, 0, 4.0), (2.0, 0, 4.0), 0.4)
    assert named(builder, goods.bulb).points[:, 2].max() < 4.0
    flag = builder.material(Material("flag"))
    bunting(builder, goods, [flag], (-2.0, 1, 4.0), (2.0, 1, 4.0), 0.4)
    assert named(builder, flag).points[:, 2].min() > 3.2


@pytest.mark.parametrize("frame", [LEFT, RIGHT])
def test_a_hanging_cloth_faces_the_lane(frame: Frame) -> None:
    builder, goods = market()
    hanging(builder, goods.sack, frame.moved(0.0, 2.0), 1.0, 1.5)
    normals = named(builder, goods.sack).normals
    assert np.all(normals[:, :2] @ np.array(frame.w) > 0.7)


def test_plants_grow_where_they_are_planted() -> None:
    builder, goods = market()
    foliage(builder, (goods.leaf,), (1.0, 2.0, 3.0), (0.5, 0.5, 0.5), 60, np.random.default_rng(4))
    spread = points(builder) - np.array([1.0, 2.0, 3.0])
    assert np.linalg.norm(spread, axis=1).max() < 0.9
    palm(builder, goods, (0.0, 0.0, 0.0), 5.0, np.random.default_rng(5))
    assert 4.5 < points(builder)[:, 2].max() < 7.5
