"""The lane market: Openset's own set, built by code. A narrow lane of stalls in late-afternoon sun.

World metres, Z up. The lane runs along +Y; an actor stands on the paving at the origin, which is also
the studio floor's; a camera stands three to five metres behind, near (0, -4, 1.5), looking along +Y.
The sun is low on the left: it clears the lower roofs there, lights the house fronts on the right and
falls through two gaps onto the paving.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from openset.primitives.space import IDENTITY
from openset.stage.scene import textures
from openset.stage.scene.building import Builder, Frame, box, front, turned
from openset.stage.scene.houses import Feature, House, Stuff, arch, build_house
from openset.stage.scene.model import Lamp, Material, Rgb, Scene, Sun
from openset.stage.scene.sky import late_afternoon
from openset.stage.scene.stalls import (
    Goods,
    basket,
    bench,
    bunting,
    crate,
    festoon,
    foliage,
    hanging,
    ladder,
    lantern,
    palm,
    pot,
    sack,
    stall,
    tray,
)

SUN_TOWARDS = (-0.7765, 0.4316, 0.4591)
SUN_IRRADIANCE = (6.6, 5.1, 3.35)
LANTERN_GLOW = (1.9, 0.98, 0.34)
HALF_WIDTH_M = 2.6
_SEED = 20261


@dataclass(frozen=True)
class _Palette:
    """Every material number of the market."""

    stuff: Stuff
    goods: Goods
    plaster: dict[str, int]
    paint: dict[str, int]
    cloth: dict[str, int]
    paving: int
    gutter: int
    earth: int


def market_lane() -> Scene:
    """The whole set, the same on every machine: meshes, materials, sun, lanterns, sky."""
    rng = np.random.default_rng(_SEED)
    builder = Builder()
    palette = _palette(builder, rng)
    _ground(builder, palette)
    _left_side(builder, palette)
    _right_side(builder, palette)
    _far_end(builder, palette)
    _stalls(builder, palette, rng)
    _street_goods(builder, palette, rng)
    _plants(builder, palette, rng)
    lamps = _lanterns(builder, palette)
    _overhead(builder, palette)
    return Scene(
        name="market",
        meshes=builder.meshes(),
        materials=tuple(builder.materials),
        suns=(Sun(SUN_TOWARDS, SUN_IRRADIANCE),),
        lamps=lamps,
        dome=late_afternoon(rng, SUN_TOWARDS),
        world_from_stage=IDENTITY,
        exposure_ev=-0.1,
    )


def _palette(builder: Builder, rng: np.random.Generator) -> _Palette:
    lime, wood = textures.plaster(rng), textures.planks(rng)
    cane, weave = textures.basketry(rng), textures.burlap(rng)

    def plain(name: str, colour: Rgb, roughness: float = 0.8) -> int:
        return builder.material(Material(name, colour, roughness))

    def textured(
        name: str, texture: textures.Texture, colour: Rgb, tile_m: float, double: bool = False
    ) -> int:
        surface = Material(name, colour, 0.85, base_texture=texture, double_sided=double)
        return builder.material(surface, tile_m)

    def glowing(name: str, colour: Rgb, emission: Rgb) -> int:
        return builder.material(Material(name, colour, 0.6, emission=emission))

    plaster = {
        name: textured(f"plaster_{name}", lime, colour, 3.1)
        for name, colour in {
            "white": (0.80, 0.76, 0.68),
            "ochre": (0.74, 0.46, 0.18),
            "rose": (0.66, 0.33, 0.24),
            "teal": (0.28, 0.46, 0.43),
            "blue": (0.25, 0.37, 0.55),
            "sand": (0.66, 0.53, 0.37),
            "lemon": (0.76, 0.62, 0.32),
            "oxide": (0.40, 0.15, 0.09),
            "slate": (0.19, 0.25, 0.31),
            "umber": (0.30, 0.20, 0.13),
        }.items()
    }
    paint = {
        name: textured(f"paint_{name}", wood, colour, 0.8)
        for name, colour in {
            "green": (0.09, 0.24, 0.15),
            "sea": (0.09, 0.30, 0.36),
            "blue": (0.07, 0.15, 0.37),
            "brown": (0.25, 0.13, 0.06),
            "red": (0.36, 0.07, 0.04),
        }.items()
    }
    cream = (0.72, 0.64, 0.47)
    cloth = {
        "warm": textured(
            "cloth_warm",
            textures.stripes(rng, ((0.60, 0.13, 0.035), cream)),
            (1.0, 1.0, 1.0),
            1.6,
            True,
        ),
        "saffron": textured(
            "cloth_saffron",
            textures.stripes(rng, ((0.72, 0.36, 0.05), cream, (0.45, 0.07, 0.03), cream)),
            (1.0, 1.0, 1.0),
            1.8,
            True,
        ),
        "blue": textured(
            "cloth_blue", textures.stripes(rng, ((0.05, 0.13, 0.36), cream)), (1.0, 1.0, 1.0), 1.4, True
        ),
        "sea": textured(
            "cloth_sea",
            textures.stripes(rng, ((0.07, 0.30, 0.34), (0.62, 0.58, 0.46))),
            (1.0, 1.0, 1.0),
            1.7,
            True,
        ),
        "plain": textured("cloth_plain", weave, (0.62, 0.50, 0.34), 0.4, True),
        "indigo": textured("cloth_indigo", weave, (0.10, 0.13, 0.30), 0.4, True),
        "rug_red": textured(
            "rug_red", textures.rug(rng, (0.34, 0.05, 0.035)), (1.0, 1.0, 1.0), 1.0, True
        ),
        "rug_ochre": textured(
            "rug_ochre", textures.rug(rng, (0.50, 0.26, 0.07)), (1.0, 1.0, 1.0), 1.0, True
        ),
    }
    stuff = Stuff(
        wood=textured("wood", wood, (0.48, 0.33, 0.20), 0.7),
        dark_wood=textured("dark_wood", wood, (0.23, 0.14, 0.085), 0.7),
        stone=textured("stone", lime, (0.50, 0.46, 0.40), 2.3),
        iron=plain("iron", (0.05, 0.048, 0.045), 0.5),
        glass=plain("glass", (0.035, 0.04, 0.045), 0.15),
        inside=plain("inside", (0.16, 0.11, 0.075), 0.9),
        tiles=textured("tiles", textures.tiles(rng), (0.55, 0.25, 0.14), 1.0, True),
    )
    goods = Goods(
        wood=stuff.wood,
        dark_wood=stuff.dark_wood,
        rope=plain("rope", (0.06, 0.05, 0.04)),
        sack=textured("sack", weave, (0.55, 0.43, 0.28), 0.35),
        basket=textured("basket", cane, (0.60, 0.42, 0.22), 0.4),
        clay=textured("clay", lime, (0.56, 0.26, 0.14), 1.3),
        lantern=glowing("lantern", (0.85, 0.55, 0.3), LANTERN_GLOW),
        lantern_cap=plain("lantern_cap", (0.12, 0.08, 0.04), 0.4),
        bulb=glowing("bulb", (0.9, 0.8, 0.6), (3.2, 2.1, 1.0)),
        leaf=textured("leaf", textures.leaves(rng), (1.0, 1.0, 1.0), 0.5, True),
        flower=builder.material(Material("flower", (0.56, 0.06, 0.22), 0.8, double_sided=True)),
        bark=textured("bark", wood, (0.36, 0.28, 0.20), 0.6),
        fruits=(
            plain("orange", (0.80, 0.30, 0.03), 0.5),
            plain("lime", (0.30, 0.42, 0.05), 0.5),
            plain("tomato", (0.62, 0.06, 0.03), 0.4),
            plain("lemon", (0.82, 0.62, 0.09), 0.5),
            plain("aubergine", (0.09, 0.03, 0.10), 0.3),
            plain("apricot", (0.80, 0.42, 0.14), 0.6),
        ),
        spices=(
            plain("turmeric", (0.72, 0.40, 0.03), 0.95),
            plain("paprika", (0.50, 0.08, 0.02), 0.95),
            plain("lentil", (0.40, 0.20, 0.09), 0.95),
            plain("rice", (0.76, 0.70, 0.58), 0.95),
        ),
    )
    return _Palette(
        stuff,
        goods,
        plaster,
        paint,
        cloth,
        paving=textured("paving", textures.paving(rng), (0.80, 0.74, 0.66), 1.9),
        gutter=textured("gutter", textures.flagstones(rng), (0.80, 0.76, 0.70), 1.1),
        earth=plain("earth", (0.30, 0.24, 0.17), 0.95),
    )


def _ground(builder: Builder, palette: _Palette) -> None:
    """Paving from house to house, dished to a gutter, then dust to the horizon."""
    near, far, gutter = -15.0, 42.0, 0.21
    for left, right, z_left, z_right in (
        (-9.0, -gutter, 0.05, 0.0),
        (gutter, 9.0, 0.0, 0.05),
    ):
        for y in np.arange(near, far, 3.0):
            corners = [(left, y, z_left), (right, y, z_right)]
            corners += [(right, y + 3.0, z_right), (left, y + 3.0, z_left)]
            uvs = np.array([[left, y], [right, y], [right, y + 3.0], [left, y + 3.0]])
            builder.quad(palette.paving, corners, uvs)
    for x in (-gutter, gutter):
        low, high = min(x, 0.0), max(x, 0.0)
        z_low, z_high = (0.0, -0.015) if x < 0 else (-0.015, 0.0)
        corners = [(low, near, z_low), (high, near, z_high), (high, far, z_high), (low, far, z_low)]
        uvs = np.array([[low, near], [high, near], [high, far], [low, far]])
        builder.quad(palette.gutter, corners, uvs)
    wide = 160.0
    box(builder, palette.earth, Frame((0.0, 0.0, 0.0)), (-wide, -0.4, -wide), (wide, -0.05, wide))


def _left(near_y: float, set_back: float = 0.0) -> Frame:
    """A front on the left, seen from the lane: along grows away from the camera."""
    return Frame((-HALF_WIDTH_M - set_back, near_y, 0.0), (0.0, 1.0), (1.0, 0.0))


def _right(far_y: float, set_back: float = 0.0) -> Frame:
    """A front on the right, seen from the lane: along grows towards the camera."""
    return Frame((HALF_WIDTH_M + set_back, far_y, 0.0), (0.0, -1.0), (-1.0, 0.0))


def _left_side(builder: Builder, palette: _Palette) -> None:
    """Low houses, two gaps with garden walls, and a yard behind: the sun comes over them."""
    wall, stuff = palette.plaster, palette.stuff
    door, window, shutters, shop, _ = _features(palette)
    fronts = [
        (-14.0, 0.1, "ochre oxide", 7.6, 4.4, "parapet", (door(3.0, "brown"), window(5.4, "green"))),
        (-6.4, 0.0, "rose umber", 5.0, 4.9, "parapet", (shutters(1.4, "sea", 1.35), door(3.8, "blue"))),
        (-1.4, 0.15, "white blue", 3.7, 4.3, "beams", (door(2.75, "green"), window(1.1, "green"))),
        (6.7, -0.1, "blue slate", 4.7, 4.3, "eaves", (shutters(3.55, "brown", 1.35), shop(1.4, 1.9))),
        (11.4, 0.2, "ochre oxide", 4.2, 5.0, "beams", (door(1.1, "sea"), shutters(3.0, "sea", 3.0))),
        (18.8, 0.0, "white teal", 6.0, 4.5, "parapet", (door(2.0, "blue"), window(4.4, "blue"))),
        (
            24.8,
            -0.2,
            "rose umber",
            8.4,
            5.2,
            "eaves",
            (shutters(2.0, "green", 2.6), door(5.0, "brown")),
        ),
    ]
    for near_y, set_back, colours, wide, tall, roof, features in fronts:
        house = _house(palette, colours, wide, tall, roof, features)
        build_house(builder, stuff, _left(near_y, set_back), house)
    for near_y, length, tall in ((2.3, 4.4, 1.25), (15.6, 3.2, 1.0)):
        place = _left(near_y, 0.25)
        box(builder, wall["sand"], place, (0.0, 0.0, -0.3), (length, tall, 0.0))
        box(builder, stuff.stone, place, (0.0, tall, -0.34), (length, tall + 0.07, 0.04))
    yard = Frame((-12.5, 1.0, 0.0), (0.0, 1.0), (1.0, 0.0))
    build_house(builder, stuff, yard, House(9.0, 2.6, wall["sand"], wall["umber"], depth_m=3.0))


def _right_side(builder: Builder, palette: _Palette) -> None:
    """Taller houses whose fronts take the sun."""
    door, window, shutters, shop, balcony = _features(palette)
    fronts = [
        (-5.2, 0.2, "lemon oxide", 8.8, 5.6, "parapet", (door(4.0, "green"), window(6.6, "green"))),
        (
            0.6, 0.0, "teal slate", 5.8, 5.4, "beams",
            (shutters(1.5, "brown", 1.3), shutters(1.5, "brown", 3.5), door(4.0, "red")),
        ),
        (
            6.9, 0.15, "ochre oxide", 6.3, 6.3, "eaves",
            (door(1.15, "sea"), balcony(2.1, "sea", 3.35), shutters(4.75, "sea", 3.5), shop(4.6, 2.1)),
        ),
        (
            11.6, -0.1, "white blue", 4.7, 5.1, "beams",
            (door(3.5, "blue"), shutters(1.3, "blue", 1.3), window(3.5, "blue", 3.3)),
        ),
        (
            17.4, 0.1, "rose umber", 5.8, 6.9, "eaves",
            (balcony(2.9, "green", 3.4), door(4.8, "green"), shutters(1.3, "green", 1.3)),
        ),
        (22.6, -0.15, "lemon teal", 5.2, 5.2, "beams", (door(1.5, "brown"), shutters(3.7, "sea", 2.7))),
        (
            33.2, 0.05, "sand oxide", 10.6, 6.0, "parapet",
            (shutters(3.0, "blue", 3.2), shutters(6.5, "blue", 3.2), door(8.6, "blue")),
        ),
    ]  # fmt: skip
    for far_y, set_back, colours, wide, tall, roof, features in fronts:
        house = _house(palette, colours, wide, tall, roof, features)
        build_house(builder, palette.stuff, _right(far_y, set_back), house)


def _house(
    palette: _Palette, colours: str, wide: float, tall: float, roof: str, features: tuple[Feature, ...]
) -> House:
    """A house in two plasters, 'front dado', its roof 'parapet', 'eaves' or 'beams' with a parapet."""
    front_colour, dado = (palette.plaster[name] for name in colours.split())
    beams = roof == "beams"
    return House(wide, tall, front_colour, dado, features, "parapet" if beams else roof, beams)


def _features(palette: _Palette) -> tuple[Callable[..., Feature], ...]:
    """Makers of doors, windows, shutters, shops and balconies in this market's sizes and paints."""
    paint = palette.paint

    def door(at_m: float, colour: str) -> Feature:
        return Feature("door", at_m, paint[colour], 0.0, 1.1, 2.15)

    def window(at_m: float, colour: str, up_m: float = 1.2) -> Feature:
        return Feature("window", at_m, paint[colour], up_m, 0.9, 1.15)

    def shutters(at_m: float, colour: str, up_m: float) -> Feature:
        return Feature("shutters", at_m, paint[colour], up_m, 0.92, 1.25)

    def shop(at_m: float, width_m: float) -> Feature:
        return Feature("shop", at_m, paint["brown"], 0.0, width_m, 2.3)

    def balcony(at_m: float, colour: str, up_m: float) -> Feature:
        return Feature("balcony", at_m, paint[colour], up_m, 1.1, 2.0)

    return door, window, shutters, shop, balcony


def _far_end(builder: Builder, palette: _Palette) -> None:
    """An arch over the lane, houses stepping down beyond it, and what closes the lane behind."""
    wall, stuff = palette.plaster, palette.stuff
    span = Frame((-HALF_WIDTH_M + 0.2, 25.0, 0.0), (1.0, 0.0), (0.0, -1.0))
    arch(builder, wall["sand"], span, 2 * HALF_WIDTH_M - 0.4, 2.55, 5.2, 1.1)
    for x, y, wide, tall, name in (
        (-13.0, 44.0, 7.0, 3.4, "white"),
        (-8.6, 52.0, 5.0, 4.2, "ochre"),
        (5.4, 47.0, 6.0, 3.1, "white"),
        (10.5, 54.0, 7.0, 4.6, "rose"),
    ):
        place = Frame((x, y, -0.05), (1.0, 0.0), (0.0, -1.0))
        window = Feature("window", wide * 0.6, palette.paint["blue"])
        door = Feature("door", wide * 0.25, palette.paint["brown"], 0.0, 1.1, 2.1)
        build_house(builder, stuff, place, House(wide, tall, wall[name], wall["umber"], (door, window)))
    behind = Frame((6.0, -14.5, 0.0), (-1.0, 0.0), (0.0, 1.0))
    features = (
        Feature("door", 6.0, palette.paint["brown"], 0.0, 1.4, 2.4),
        Feature("shutters", 3.9, palette.paint["sea"], 3.0),
        Feature("shutters", 8.1, palette.paint["sea"], 3.0),
    )
    build_house(builder, stuff, behind, House(12.0, 6.0, wall["sand"], wall["oxide"], features))


def _stalls(builder: Builder, palette: _Palette, rng: np.random.Generator) -> None:
    goods, cloth = palette.goods, palette.cloth
    places = (
        (_left(2.55, 0.2), "warm", "plain", 2.5, (0, 3, 2)),
        (_left(8.9, -0.1), "saffron", "indigo", 2.3, (1, 2, 4)),
        (_left(12.9, 0.1), "blue", "plain", 2.2, (5, 0)),
        (_left(19.3, 0.0), "warm", "indigo", 2.6, (2, 3)),
        (_right(4.35, 0.15), "blue", "plain", 2.45, (4, 1, 5)),
        (_right(9.9, -0.05), "warm", "indigo", 2.4, (3, 0, 2)),
        (_right(16.2, 0.1), "sea", "plain", 2.4, (1, 5)),
        (_right(21.0, -0.1), "saffron", "plain", 2.4, (0, 4)),
        (_right(-2.7, 0.0), "saffron", "plain", 2.4, (0, 1)),
        (_left(-5.6, 0.0), "sea", "plain", 2.4, (3, 2)),
    )
    for place, awning, skirt, width, fruits in places:
        stall(builder, goods, place, rng, cloth[awning], cloth[skirt], width, fruits=fruits)


def _street_goods(builder: Builder, palette: _Palette, rng: np.random.Generator) -> None:
    """What stands on the paving and hangs on the walls."""
    goods, cloth = palette.goods, palette.cloth
    for x, y, spice, tall in (
        (1.42, 4.75, 0, 0.5), (1.95, 4.95, 1, 0.56), (1.5, 5.3, 3, 0.46), (2.0, 5.55, 2, 0.52),
        (-1.35, 5.45, 3, 0.5), (-1.85, 5.3, 2, 0.55), (-1.6, 8.35, 1, 0.5), (1.6, 10.3, 0, 0.5),
        (-1.5, 15.9, 0, 0.5), (1.5, 13.4, 3, 0.5), (-1.4, -1.9, 2, 0.5),
    ):  # fmt: skip
        sack(builder, goods, (x, y, 0.03), goods.spices[spice], rng, tall)
    for x, y, z, turn in (
        (-1.45, 1.55, 0.03, 0.15), (-1.40, 1.57, 0.36, -0.1), (-2.05, 1.5, 0.03, 0.0),
        (-1.95, 1.62, 0.36, 0.3), (1.25, 1.3, 0.03, 1.2), (1.75, 7.15, 0.03, 0.4),
        (1.8, 7.2, 0.36, 0.2), (-1.9, 11.5, 0.03, 0.1), (1.5, 18.0, 0.03, 0.5), (-1.7, 17.0, 0.03, 0.9),
    ):  # fmt: skip
        crate(builder, goods, turned((x, y, z), turn))
    for x, y, z, turn, fruit in ((-1.44, 1.56, 0.58, 0.0, 0), (1.78, 7.18, 0.58, 0.2, 2)):
        tray(builder, goods, turned((x, y, z), turn), (0.5, 0.34), goods.fruits[fruit], rng)
    for x, y, tall in (
        (2.2, 1.0, 0.62), (2.25, 0.45, 0.44), (1.95, 0.62, 0.3), (2.2, 11.0, 0.7), (2.0, 11.5, 0.45),
        (-2.1, 7.1, 0.6), (-2.2, 18.9, 0.6),
    ):  # fmt: skip
        pot(builder, goods.clay, (x, y, 0.03), tall)
    for x, y, radius, filling in ((-1.2, 6.3, 0.3, 1), (-1.75, 6.45, 0.27, 3), (1.3, 12.3, 0.3, 0)):
        basket(builder, goods, (x, y, 0.03), radius, goods.fruits[filling])
    hanging(builder, cloth["rug_red"], _right(6.35, 0.12).moved(0.0, 2.55), 0.95, 1.75)
    hanging(builder, cloth["rug_ochre"], _right(12.9, 0.1).moved(0.0, 3.0), 1.0, 1.9)
    side = Frame((-4.75, 6.68, 0.0), (1.0, 0.0), (0.0, -1.0))
    hanging(builder, cloth["rug_red"], side.moved(0.0, 3.45), 1.15, 1.9)
    rail = _right(6.9, 0.15).moved(1.3, 4.25, 0.72)
    hanging(builder, cloth["saffron"], rail, 0.75, 0.85)
    ladder(builder, goods, _right(8.0, -0.08), 3.4, 0.8)
    bench(builder, goods, _left(10.9, -0.3))
    bench(builder, goods, _right(14.2, -0.3))


def _plants(builder: Builder, palette: _Palette, rng: np.random.Generator) -> None:
    goods = palette.goods
    green, mixed = (goods.leaf,), (goods.leaf, goods.flower, goods.leaf, goods.flower, goods.flower)
    for x, y, z, size, count in (
        (-3.0, 5.9, 1.75, (0.5, 0.8, 0.55), 420),
        (-2.75, 6.5, 2.9, (0.3, 0.6, 0.8), 380),
        (-3.1, 4.5, 1.45, (0.35, 0.6, 0.3), 200),
    ):
        foliage(builder, mixed, (x, y, z), size, count, rng, 0.1)
    for x, y, z, wide in ((2.15, 1.0, 0.85, 0.3), (2.15, 11.0, 1.0, 0.35), (-2.1, 7.1, 0.85, 0.3)):
        foliage(builder, green, (x, y, z), (wide, wide, wide * 1.1), 130, rng, 0.12)
    for y in (3.95, 5.0, 5.75):
        pot(builder, goods.clay, (2.02, y, 3.27), 0.24, 0.55)
        foliage(builder, mixed, (2.0, y, 3.62), (0.2, 0.2, 0.2), 90, rng, 0.08)
    for y in (13.7, 15.3):
        pot(builder, goods.clay, (2.0, y, 3.32), 0.24, 0.55)
        foliage(builder, green, (2.0, y, 3.65), (0.22, 0.22, 0.25), 80, rng, 0.09)
    foliage(builder, green, (-3.3, 17.0, 1.3), (0.5, 1.2, 0.6), 260, rng, 0.15)
    palm(builder, goods, (-8.3, 8.6, 0.0), 6.0, rng)
    palm(builder, goods, (-4.6, 37.5, 0.0), 5.6, rng)
    palm(builder, goods, (3.6, 41.0, 0.0), 6.4, rng)


def _lanterns(builder: Builder, palette: _Palette) -> tuple[Lamp, ...]:
    """Paper lanterns under the awnings and along the lane, each with its small light."""
    spots = (
        (-1.75, 3.8, 2.05, 0.15), (1.75, 3.15, 2.05, 0.15), (-1.85, 9.9, 2.0, 0.15),
        (1.8, 8.7, 2.0, 0.15), (-1.85, 14.0, 2.0, 0.15), (1.8, 15.0, 2.0, 0.15),
        (-0.75, 6.4, 3.25, 0.19), (0.85, 9.6, 3.2, 0.19), (-0.5, 13.4, 3.1, 0.19),
        (0.1, 24.4, 3.0, 0.22),
    )  # fmt: skip
    lamps = []
    for x, y, z, size in spots:
        lantern(builder, palette.goods, (x, y, z), 0.5, size)
        power = (size / 0.15) ** 2 * 0.30
        red, green, blue = (channel / LANTERN_GLOW[0] * power for channel in LANTERN_GLOW)
        lamps.append(Lamp((x, y, z), (red, green, blue), size))
    return tuple(lamps)


def _overhead(builder: Builder, palette: _Palette) -> None:
    """Cables with bulbs from house to house, and one string of flags."""
    goods, cloth = palette.goods, palette.cloth
    for left_y, right_y, left_z, right_z, sag in (
        (1.6, 3.4, 3.9, 4.6, 0.55), (6.9, 6.2, 4.0, 4.4, 0.5), (7.4, 10.2, 3.9, 4.3, 0.5),
        (12.6, 12.0, 4.2, 4.2, 0.55), (13.5, 17.0, 4.3, 4.4, 0.5), (20.0, 19.5, 4.0, 4.3, 0.5),
        (-3.0, -1.0, 4.2, 4.5, 0.6),
    ):  # fmt: skip
        start, end = (-HALF_WIDTH_M, left_y, left_z), (HALF_WIDTH_M, right_y, right_z)
        festoon(builder, goods, start, end, sag)
    flags = [cloth[name] for name in ("saffron", "indigo", "warm", "sea")]
    for y, z in ((11.0, 4.15), (16.2, 4.3)):
        ends = (-HALF_WIDTH_M, y, z), (HALF_WIDTH_M, y + 0.8, z + 0.3)
        bunting(builder, goods, flags, *ends, 0.6)
    for at in (0.3, 1.7):
        washing = _right(22.0, -0.1).moved(at, 3.6)
        front(builder, cloth["plain"], washing, (0.0, -0.9, 0.7, 0.0), 0.04)
