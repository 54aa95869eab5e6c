"""House fronts for a street set: plastered walls with doors, shutters, balconies, steps, roof beams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openset.stage.scene.building import Builder, Frame, Opening, box, front, reveal, tube, wall

DADO_M = 0.95


@dataclass(frozen=True)
class Stuff:
    """The material numbers that every house shares."""

    wood: int
    dark_wood: int
    stone: int
    iron: int
    glass: int
    inside: int
    tiles: int


@dataclass(frozen=True)
class Feature:
    """Something in a front: `kind` is door, window, shutters, balcony, shop or niche; `at_m` is its
    middle along the front, `up_m` its sill above the street; `paint` a material number."""

    kind: str
    at_m: float
    paint: int
    up_m: float = 1.15
    width_m: float = 0.95
    height_m: float = 1.25


@dataclass(frozen=True)
class House:
    """One house: its front's length and height, plaster and dado materials, features, roof."""

    width_m: float
    height_m: float
    plaster: int
    dado: int
    features: tuple[Feature, ...] = ()
    roof: str = "parapet"
    beams: bool = False
    depth_m: float = 4.5


def build_house(builder: Builder, stuff: Stuff, frame: Frame, house: House) -> None:
    """The house with its front's bottom left corner at the frame's origin, facing w."""
    holes = [_hole(feature) for feature in house.features]
    wall(builder, house.dado, frame.moved(0, 0, 0.012), house.width_m, 0.0, DADO_M + 0.015, holes)
    wall(builder, house.plaster, frame, house.width_m, DADO_M, house.height_m, holes)
    for feature, hole in zip(house.features, holes, strict=True):
        reveal(builder, house.plaster, frame, hole)
        _fill(builder, stuff, frame, feature, hole)
    _body(builder, frame, house)
    _roof(builder, stuff, frame, house)
    if house.beams:
        _beams(builder, stuff, frame, house)


def _hole(feature: Feature) -> Opening:
    left, right = feature.at_m - feature.width_m / 2, feature.at_m + feature.width_m / 2
    if feature.kind in ("door", "shop"):
        return Opening(left, 0.12, right, 0.12 + feature.height_m, 0.28)
    return Opening(left, feature.up_m, right, feature.up_m + feature.height_m, 0.2)


def _fill(builder: Builder, stuff: Stuff, frame: Frame, feature: Feature, hole: Opening) -> None:
    if feature.kind == "door":
        _door(builder, stuff, frame, feature, hole)
    elif feature.kind == "shop":
        _shop(builder, stuff, frame, hole)
    else:
        _window(builder, stuff, frame, feature, hole)
    if feature.kind == "shutters":
        _shutters(builder, frame, feature, hole)
    if feature.kind == "balcony":
        _shutters(builder, frame, feature, hole)
        _balcony(builder, stuff, frame, feature)


def _door(builder: Builder, stuff: Stuff, frame: Frame, feature: Feature, hole: Opening) -> None:
    back, middle = -hole.depth, feature.at_m
    low, high = hole.bottom, hole.top
    front(builder, feature.paint, frame, (hole.left, low, hole.right, high), back)
    for left, right in ((hole.left, middle - 0.012), (middle + 0.012, hole.right)):
        rails = ((low, low + 0.16), (low + 0.95, low + 1.1), (high - 0.14, high))
        for bottom, top in rails:
            box(builder, feature.paint, frame, (left, bottom, back), (right, top, back + 0.035))
        for edge in (left, right - 0.09):
            box(builder, feature.paint, frame, (edge, low, back), (edge + 0.09, high, back + 0.035))
    box(
        builder,
        stuff.iron,
        frame,
        (middle + 0.05, low + 1.0, back),
        (middle + 0.08, low + 1.14, back + 0.09),
    )
    lintel = (hole.left - 0.14, high - 0.012, -0.02), (hole.right + 0.14, high + 0.17, 0.05)
    box(builder, stuff.dark_wood, frame, *lintel)
    box(builder, stuff.stone, frame, (hole.left - 0.18, 0.0, -0.3), (hole.right + 0.18, 0.125, 0.34))


def _shop(builder: Builder, stuff: Stuff, frame: Frame, hole: Opening) -> None:
    """A dark shop mouth with shelves inside and a timber frame."""
    deep = -1.4
    left, right, low, high = hole.left, hole.right, 0.02, hole.top
    front(builder, stuff.inside, frame, (left, low, right, high), deep)
    room = Opening(left, low, right, high, -deep)
    reveal(builder, stuff.inside, frame, room)
    for shelf in np.arange(0.5, high - 0.2, 0.5):
        box(builder, stuff.wood, frame, (left, shelf, deep), (right, shelf + 0.04, deep + 0.35))
        for at in np.arange(left + 0.12, right - 0.2, 0.21):
            tall = 0.16 + 0.13 * abs(np.sin(at * 37 + shelf * 11))
            inside = (stuff.tiles, stuff.wood, stuff.dark_wood, stuff.stone)[
                int(at * 17 + shelf * 5) % 4
            ]
            box(
                builder,
                inside,
                frame,
                (at, shelf + 0.04, deep + 0.08),
                (at + 0.15, shelf + tall, deep + 0.26),
            )
    for edge, inward in ((left, 0.012), (right - 0.12, -0.012)):
        box(
            builder,
            stuff.dark_wood,
            frame,
            (edge + inward, 0.0, -0.22),
            (edge + inward + 0.12, high, 0.03),
        )
    box(
        builder,
        stuff.dark_wood,
        frame,
        (left - 0.15, high - 0.015, -0.2),
        (right + 0.15, high + 0.2, 0.06),
    )


def _window(builder: Builder, stuff: Stuff, frame: Frame, feature: Feature, hole: Opening) -> None:
    back = -hole.depth
    front(builder, stuff.glass, frame, (hole.left, hole.bottom, hole.right, hole.top), back)
    middle, across = feature.at_m, (hole.bottom + hole.top) / 2 + 0.12
    bars = [
        (hole.left, hole.bottom, hole.left + 0.06, hole.top),
        (hole.right - 0.06, hole.bottom, hole.right, hole.top),
        (middle - 0.03, hole.bottom, middle + 0.03, hole.top),
        (hole.left, hole.bottom, hole.right, hole.bottom + 0.06),
        (hole.left, hole.top - 0.06, hole.right, hole.top),
        (hole.left, across, hole.right, across + 0.04),
    ]
    for left, low, right, high in bars:
        box(builder, feature.paint, frame, (left, low, back), (right, high, back + 0.05))
    sill = (hole.left - 0.1, hole.bottom - 0.08, -0.1), (hole.right + 0.1, hole.bottom, 0.09)
    box(builder, stuff.stone, frame, *sill)
    if feature.kind == "window":
        for at in np.linspace(hole.left + 0.08, hole.right - 0.08, 6):
            bar = np.array([frame.at(at, hole.bottom, -0.05), frame.at(at, hole.top, -0.05)])
            tube(builder, stuff.iron, bar, 0.009, 4)


def _shutters(builder: Builder, frame: Frame, feature: Feature, hole: Opening) -> None:
    """Two leaves folded back against the wall, each a frame with slats."""
    leaf = feature.width_m / 2
    for left in (hole.left - leaf - 0.02, hole.right + 0.02):
        right, low, high = left + leaf, hole.bottom, hole.top
        box(builder, feature.paint, frame, (left, low, 0.02), (right, high, 0.045))
        for edge in (left, right - 0.06):
            box(builder, feature.paint, frame, (edge, low, 0.045), (edge + 0.06, high, 0.07))
        for slat in np.arange(low + 0.05, high - 0.05, 0.1):
            foot = frame.at(left + 0.06, slat, 0.064), frame.at(right - 0.06, slat, 0.064)
            head = frame.at(right - 0.06, slat + 0.08, 0.046), frame.at(left + 0.06, slat + 0.08, 0.046)
            mirrored = frame.u[0] * frame.w[1] - frame.u[1] * frame.w[0] > 0
            corners = [*foot, *head]
            builder.quad(feature.paint, corners[::-1] if mirrored else corners)


def _balcony(builder: Builder, stuff: Stuff, frame: Frame, feature: Feature) -> None:
    out, half = 0.72, feature.width_m / 2 + 0.55
    left, right, floor = feature.at_m - half, feature.at_m + half, feature.up_m - 0.1
    box(builder, stuff.stone, frame, (left, floor - 0.12, 0.0), (right, floor, out))
    for at in (left + 0.2, right - 0.3):
        box(
            builder,
            stuff.dark_wood,
            frame,
            (at, floor - 0.3, 0.0),
            (at + 0.1, floor - 0.12, out - 0.15),
        )
        box(builder, stuff.dark_wood, frame, (at, floor - 0.5, 0.0), (at + 0.1, floor - 0.3, out * 0.4))
    edge = [(left, 0.0), (left, out - 0.04), (right, out - 0.04), (right, 0.0)]
    for height, radius in ((0.95, 0.022), (0.12, 0.014)):
        path = np.array([frame.at(a, floor + height, o) for a, o in edge])
        for start in range(3):
            tube(builder, stuff.iron, path[start : start + 2], radius, 5)
    stakes = [(a, out - 0.04) for a in np.arange(left, right + 0.01, 0.13)]
    stakes += [(a, o) for a in (left, right) for o in np.arange(0.1, out - 0.05, 0.14)]
    for a, o in stakes:
        tube(
            builder,
            stuff.iron,
            np.array([frame.at(a, floor, o), frame.at(a, floor + 0.95, o)]),
            0.008,
            4,
        )


def _body(builder: Builder, frame: Frame, house: House) -> None:
    """Sides, back and top, so that the house stands in the sun and throws its shadow."""
    wide, tall, deep = house.width_m, house.height_m, house.depth_m
    back = -deep
    near = [frame.at(0, 0, back), frame.at(0, 0, 0), frame.at(0, tall, 0), frame.at(0, tall, back)]
    far = [
        frame.at(wide, 0, 0),
        frame.at(wide, 0, back),
        frame.at(wide, tall, back),
        frame.at(wide, tall, 0),
    ]
    rear = [
        frame.at(wide, 0, back),
        frame.at(0, 0, back),
        frame.at(0, tall, back),
        frame.at(wide, tall, back),
    ]
    top = [
        frame.at(0, tall, 0),
        frame.at(wide, tall, 0),
        frame.at(wide, tall, back),
        frame.at(0, tall, back),
    ]
    for corners in (near, far, rear, top):
        builder.quad(house.plaster, corners)


def _roof(builder: Builder, stuff: Stuff, frame: Frame, house: House) -> None:
    wide, tall, deep = house.width_m, house.height_m, house.depth_m
    if house.roof == "eaves":
        eave = [frame.at(-0.05, tall - 0.06, 0.5), frame.at(wide + 0.05, tall - 0.06, 0.5)]
        ridge = [frame.at(wide + 0.05, tall + 0.85, -deep / 2), frame.at(-0.05, tall + 0.85, -deep / 2)]
        builder.quad(stuff.tiles, [*eave, *ridge])
        builder.quad(
            stuff.dark_wood,
            [eave[1], eave[0], frame.at(0, tall + 0.02, 0), frame.at(wide, tall + 0.02, 0)],
        )
        box(builder, stuff.dark_wood, frame, (0.0, tall - 0.14, 0.42), (wide, tall - 0.05, 0.48))
        for at in np.arange(0.15, wide, 0.5):
            box(builder, stuff.dark_wood, frame, (at, tall - 0.13, 0.0), (at + 0.08, tall - 0.03, 0.45))
        return
    box(builder, house.plaster, frame, (0.0, tall, -0.25), (wide, tall + 0.35, 0.0))
    box(builder, stuff.stone, frame, (-0.03, tall + 0.35, -0.3), (wide + 0.03, tall + 0.43, 0.06))
    box(builder, stuff.stone, frame, (-0.02, tall - 0.06, 0.0), (wide + 0.02, tall + 0.03, 0.07))


def _beams(builder: Builder, stuff: Stuff, frame: Frame, house: House) -> None:
    """Roof beams whose ends stand out of the wall."""
    for at in np.arange(0.4, house.width_m - 0.2, 0.62):
        up = house.height_m - 0.42 + 0.02 * np.sin(at * 9.1)
        out = 0.3 + 0.07 * np.sin(at * 5.7)
        ends = np.array([frame.at(at, up, 0.0), frame.at(at, up, out)])
        tube(builder, stuff.dark_wood, ends, 0.065, 7)
        front(builder, stuff.wood, frame, (at - 0.045, up - 0.045, at + 0.045, up + 0.045), out)


def arch(
    builder: Builder,
    plaster: int,
    frame: Frame,
    span_m: float,
    spring_m: float,
    top_m: float,
    thick_m: float,
) -> None:
    """A round arch across a lane: two spandrel faces, the soffit and the top, between the walls.

    The frame stands at the left pier seen from the front; the arch springs at `spring_m`.
    """
    turn = np.linspace(0.0, np.pi, 25)
    along = span_m / 2 * (1.0 - np.cos(turn))
    up = spring_m + np.sin(turn) * (top_m - spring_m - 0.7)
    for out, flip in ((0.0, False), (-thick_m, True)):
        for k in range(24):
            corners = [frame.at(along[k], up[k], out), frame.at(along[k + 1], up[k + 1], out)]
            corners += [frame.at(along[k + 1], top_m, out), frame.at(along[k], top_m, out)]
            uvs = np.array(
                [[along[k], up[k]], [along[k + 1], up[k + 1]], [along[k + 1], top_m], [along[k], top_m]]
            )
            builder.quad(plaster, corners[::-1] if flip else corners, uvs[::-1] if flip else uvs)
    rows = [[frame.at(a, u, out) for a, u in zip(along, up, strict=True)] for out in (0.0, -thick_m)]
    grid = np.array(rows)
    arc = np.linspace(0.0, span_m * 1.4, 25)
    uvs = np.stack(np.broadcast_arrays(arc[None, :], np.array([[0.0], [thick_m]])), axis=-1)
    builder.surface(plaster, grid[:, ::-1], uvs[:, ::-1])
    box(builder, plaster, frame, (0.0, top_m, -thick_m - 0.05), (span_m, top_m + 0.12, 0.05))
