"""Edges of tags found again in light: where half of the light is white paper's and half black ink's.

A lens mixes light, and a camera writes what is mixed by a curve that is steep in the dark (Rec. ITU-R
BT.709-6, clause 1.2): the middle of an edge is written nearly as bright as its bright side, and a
detector that looks for the steepest change of codes finds every black square a pixel too small, at
any distance. Codes are what tags are *found* in, since they hold for dark corners of a room too; their
edges are then looked at again in light, every few pixels along, and lines fitted to what is found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numba import njit

from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.stage.markers.model import SeenTag
from openset.stage.prints.patterns import TAG_MODULES

CURVE = 2.2
"""The power that makes light of codes, about, for nearly every camera."""
_LIGHT = (np.arange(256) / 255.0) ** CURVE
MOST_PASSES = 4
SETTLED_PX = 0.03
ENDS = 1 / 17
"""Of an edge at either end: a blurred corner is round."""
LEAST_PX = 4.0
NEAR_PX, FAR_PX = 6.0, 9.0
"""From an edge: farther off other lamps shine."""
AT_BORDER_PX = 2.0
"""From an edge beside the picture's border, beyond which nothing is seen."""
ENOUGH = 2
LOOKS = 8
BLOCK = 4
"""Places along the edge, a pixel apart, whose light is averaged."""
DEEP = 4
"""Places across the edge, over a whole pixel."""
LEAST_BLOCKS, MOST_BLOCKS = 6, 64
LEAST_CONTRAST = 0.02
"""Of full light between ink and paper."""
ROBUST_TURNS = 6
FAR_OFF = 0.5
"""Of a module: an edge that is found farther off is another's."""


def relit(tags: Sequence[SeenTag], luma: U8Plane) -> tuple[SeenTag, ...]:
    """The tags with their corners where their edges cross in light. One whose edges cannot be told, for
    a thumb lies on them, is left out where two others hold a pose without it, and else keeps its
    corners. `luma` (h, w) is what they were found in."""
    if not tags:
        return ()
    corners = np.stack([tag.corners_px for tag in tags])
    found = _relit(np.require(luma, np.uint8, ["C", "W"]), corners, _LIGHT)
    told = np.asarray(np.isfinite(found).all(axis=(1, 2)))
    enough = int(told.sum()) >= ENOUGH
    return tuple(
        replace(tag, corners_px=found[index]) if told[index] else tag
        for index, tag in enumerate(tags)
        if told[index] or not enough
    )


def warm_up() -> None:
    """Compile what `relit` runs, ten seconds once after an install, so that no picture waits for it."""
    _relit(np.zeros((2, 2), np.uint8), np.zeros((1, 4, 2)), _LIGHT)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _relit(luma: U8Plane, corners: F64, light: F64) -> F64:
    """Corners (n, 4, 2) in light; nan where an edge is not found."""
    out = corners.copy()
    for tag in range(len(out)):
        for _ in range(MOST_PASSES):
            before = out[tag].copy()
            out[tag] = _once(luma, before, light)
            if not np.abs(out[tag] - before).max() > SETTLED_PX:
                break
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _once(luma: U8Plane, corners: F64, light: F64) -> F64:
    """Four corners (4, 2) from the lines of four edges."""
    across, down = corners[2] - corners[0], corners[3] - corners[1]
    twice = across[0] * down[1] - across[1] * down[0]
    turn = 1.0 if twice > 0 else -1.0
    ends, alongs, normals = np.empty((4, 2, 2)), np.empty((4, 2)), np.empty((4, 2))
    lengths, modules = np.empty(4), np.empty(4)
    for edge in range(4):
        alongs[edge] = along = corners[(edge + 1) % 4] - corners[edge]
        lengths[edge] = length = math.hypot(along[0], along[1])
        if not length > LEAST_PX:
            return np.full((4, 2), np.nan)
        modules[edge] = abs(twice) / 2.0 / length / TAG_MODULES
        normals[edge] = np.array([along[1], -along[0]]) * (turn / length)
    ink = _ink(luma, corners, alongs, normals, modules, light)
    for edge in range(4):
        start, end, normal = corners[edge], corners[(edge + 1) % 4], normals[edge]
        mean, slope = _line(luma, start, alongs[edge], normal, lengths[edge], modules[edge], ink, light)
        ends[edge, 0] = start + (mean - 0.5 * slope) * normal
        ends[edge, 1] = end + (mean + 0.5 * slope) * normal
    out = np.empty((4, 2))
    for edge in range(4):
        before = (edge + 3) % 4
        one, two = ends[edge, 1] - ends[edge, 0], ends[before, 1] - ends[before, 0]
        gap = ends[before, 0] - ends[edge, 0]
        cross = one[0] * two[1] - one[1] * two[0]
        part = (gap[0] * two[1] - gap[1] * two[0]) / cross if cross != 0.0 else np.nan
        out[edge] = ends[edge, 0] + part * one
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ink(luma: U8Plane, corners: F64, alongs: F64, normals: F64, modules: F64, light: F64) -> float:
    """The light of a tag's ink: what is darkest along the middle of its border. In a blurred picture
    the border's light is mixed with that of the cells inside, but not on all four sides."""
    seen = np.empty(4 * LOOKS)
    for edge in range(4):
        for look in range(LOOKS):
            at = corners[edge] + (look + 0.5) / LOOKS * alongs[edge]
            reach = alongs[edge] / LOOKS
            seen[LOOKS * edge + look] = _mean(
                luma, at, reach, normals[edge], -0.5 * modules[edge], light
            )
    return float(np.sort(seen)[:LOOKS].mean())


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _paper_off(luma: U8Plane, start: F64, along: F64, normal: F64, module: float, light: F64) -> float:
    """How far outside of an edge paper is seen at its brightest: half a module, or nearly a whole one
    where a blurred picture mixes its light with that of the ink; nearer where the picture ends."""
    best, brightest = np.nan, 0.0
    for part, most in ((0.5, NEAR_PX), (0.8, FAR_PX), (0.5, AT_BORDER_PX)):
        off = min(part * module, most)
        if most == AT_BORDER_PX and not math.isnan(best):
            break
        total = 0.0
        for look in range(LOOKS):
            at = start + (look + 0.5) / LOOKS * along
            total += _mean(luma, at, along / LOOKS, normal, off, light)
        if total > brightest:
            best, brightest = off, total
    return best


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _line(
    luma: U8Plane,
    start: F64,
    along: F64,
    normal: F64,
    length: float,
    module: float,
    ink: float,
    light: F64,
) -> tuple[float, float]:
    """How far outwards of its chord an edge lies at its middle, and how much more at its end than at
    its start, pixels; nan where it is not found."""
    paper_off = _paper_off(luma, start, along, normal, module, light)
    inner = length * (1.0 - 2.0 * ENDS)
    blocks = min(MOST_BLOCKS, max(LEAST_BLOCKS, int(inner / BLOCK)))
    reach = along * (min(BLOCK, inner / blocks) / length)
    places, offs = np.empty(blocks), np.empty(blocks)
    count = 0
    for block in range(blocks):
        place = ENDS + (1.0 - 2.0 * ENDS) * (block + 0.5) / blocks
        at = start + place * along
        paper = _mean(luma, at, reach, normal, paper_off, light)
        if not paper - ink > LEAST_CONTRAST:
            continue
        off = _crossing(luma, at, reach, normal, module, 0.5 * (ink + paper), light)
        if not math.isnan(off):
            places[count], offs[count] = place - 0.5, off
            count += 1
    if count < max(4, blocks // 2):
        return np.nan, np.nan
    return _fitted(places[:count], offs[:count])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fitted(places: F64, offs: F64) -> tuple[float, float]:
    """The line's value at 0 and its slope; what lies far beside it, a thumb, a shadow's end, weighs
    little (Cauchy)."""
    weights = np.ones(len(places))
    mean = slope = 0.0
    for turn in range(ROBUST_TURNS):
        total = weights.sum()
        middle = (weights * places).sum() / total
        from_middle = places - middle
        slope = (weights * from_middle * offs).sum() / (weights * from_middle * from_middle).sum()
        mean = (weights * offs).sum() / total - slope * middle
        left = np.abs(offs - mean - slope * places)
        usual = max(0.03, np.median(left)) * (3.0 if turn > 1 else 1.0)
        weights = 1.0 / (1.0 + (left / usual) ** 2) ** 2
    return mean, slope


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _crossing(
    luma: U8Plane, at: F64, reach: F64, normal: F64, module: float, half: float, light: F64
) -> float:
    """How far outwards of a place there is half the light of the paper; nan where there is not."""
    far = max(1.0, min(FAR_OFF * module, NEAR_PX))
    steps = math.ceil(far / 0.25)
    step = far / steps
    here = _mean(luma, at, reach, normal, 0.0, light)
    sign = 1.0 if here < half else -1.0
    for index in range(1, steps + 1):
        then = _mean(luma, at, reach, normal, sign * index * step, light)
        if math.isnan(then):
            return np.nan
        if (then >= half) == (sign > 0.0):
            part = (half - here) / (then - here)
            return sign * (index - 1 + part) * step
        here = then
    return np.nan


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _mean(luma: U8Plane, at: F64, reach: F64, normal: F64, off: float, light: F64) -> float:
    """The mean light of a small field, so far outwards; nan outside the picture. It is a pixel deep:
    what straight lines between pixels do to an edge, up to 0.05 px, comes back every pixel and is
    nought over a whole one."""
    total = 0.0
    for index in range(BLOCK * DEEP):
        share = (index // DEEP + 0.5) / BLOCK - 0.5
        away = off + (index % DEEP + 0.5) / DEEP - 0.5
        x = at[0] + share * reach[0] + away * normal[0] - 0.5
        y = at[1] + share * reach[1] + away * normal[1] - 0.5
        column, row = math.floor(x), math.floor(y)
        if column < 0 or row < 0 or column + 1 >= luma.shape[1] or row + 1 >= luma.shape[0]:
            return np.nan
        right, below = x - column, y - row
        top = light[luma[row, column]] * (1.0 - right) + light[luma[row, column + 1]] * right
        low = light[luma[row + 1, column]] * (1.0 - right) + light[luma[row + 1, column + 1]] * right
        total += top * (1.0 - below) + low * below
    return total / (BLOCK * DEEP)
