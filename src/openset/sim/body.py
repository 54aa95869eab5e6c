"""The simulated figure as a sculpture: distance fields of a head, a clothed body and jointed arms.

Each part is sculpted once, seen straight from the front, into depth, normals and material; figure.py
paints and lights it. Lengths in metres; x right, z up, and y away from the camera. The parts' pivots
are their origins, except the body's, whose origin is the floor between the feet. Distance fields after
Quilez, "distance functions" (capsules, ellipsoids, smooth union).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit, prange

F32 = npt.NDArray[np.float32]

BODY, HEAD, UPPER_ARM, FOREARM, BACK_HAIR = 0, 1, 2, 3, 4
SKIN, TUNIC, TROUSERS, SHOE, HAIR, EYE, LIP = 1, 2, 3, 4, 5, 6, 7


@dataclass(frozen=True, eq=False)
class Sculpture:
    """One part seen from the front, rows from the top. `coverage` 0..1, `normal` (h, w, 3),
    `depth` y in metres, `material` one of this module's numbers, `open_sky` 0..1 (ambient occlusion).
    `left_m`, `top_m` place the picture's top-left corner."""

    coverage: F32
    normal: F32
    depth: F32
    open_sky: F32
    material: npt.NDArray[np.uint8]
    left_m: float
    top_m: float
    texel_m: float

    def places(self) -> tuple[F32, F32]:
        """x (1, w) and z (h, 1) of the texel centres, metres."""
        rows, columns = self.coverage.shape
        x = self.left_m + (np.arange(columns, dtype=np.float32) + 0.5) * self.texel_m
        z = self.top_m - (np.arange(rows, dtype=np.float32) + 0.5) * self.texel_m
        return x[None, :].astype(np.float32), z[:, None].astype(np.float32)


@njit(cache=True, inline="always")
def _ellipsoid(x, y, z, rx, ry, rz):  # type: ignore[no-untyped-def]
    k0 = np.sqrt((x / rx) ** 2 + (y / ry) ** 2 + (z / rz) ** 2)
    k1 = np.sqrt((x / (rx * rx)) ** 2 + (y / (ry * ry)) ** 2 + (z / (rz * rz)) ** 2)
    return k0 * (k0 - 1.0) / max(k1, 1e-6)


@njit(cache=True, inline="always")
def _limb(x, y, z, ax, ay, az, bx, by, bz, ra, rb):  # type: ignore[no-untyped-def]
    px, py, pz = x - ax, y - ay, z - az
    qx, qy, qz = bx - ax, by - ay, bz - az
    h = min(1.0, max(0.0, (px * qx + py * qy + pz * qz) / (qx * qx + qy * qy + qz * qz)))
    px, py, pz = px - h * qx, py - h * qy, pz - h * qz
    return np.sqrt(px * px + py * py + pz * pz) - (ra + h * (rb - ra))


@njit(cache=True, inline="always")
def _join(a, b, k):  # type: ignore[no-untyped-def]
    h = max(k - abs(a - b), 0.0) / k
    return min(a, b) - h * h * k * 0.25


@njit(cache=True)
def _body(x, y, z):  # type: ignore[no-untyped-def]
    x = x - 0.012 * np.sin(2.2 * z)
    chest = _ellipsoid(x, y, z - 1.275, 0.172, 0.108, 0.185)
    yoke = _limb(x, y, z, -0.150, 0.01, 1.395, 0.150, 0.01, 1.395, 0.060, 0.060)
    tunic = _join(chest, yoke, 0.07)
    skirt = _limb(x, y / 0.72, z, 0.0, 0.0, 1.17, 0.0, 0.0, 0.70, 0.118, 0.222) * 0.72
    tunic = _join(tunic, skirt, 0.16)
    hem = 0.735 + 0.010 * np.sin(x * 31.0 + 0.6) + 0.006 * np.sin(x * 67.0)
    tunic = max(tunic, hem - z)
    fold = 0.006 * np.sin(x * 62.0 + 2.0 * np.sin(z * 7.0)) * min(1.0, max(0.0, (1.12 - z) * 3.0))
    tunic = (tunic + fold) * 0.85
    legs = 1e3
    for side in (-1.0, 1.0):
        turn = 0.02 if side > 0 else -0.005
        thigh = _limb(x, y, z, side * 0.080, 0.01, 0.90, side * 0.100, -turn, 0.50, 0.086, 0.074)
        shin = _limb(x, y, z, side * 0.100, -turn, 0.50, side * 0.114, 0.03, 0.10, 0.074, 0.070)
        legs = min(legs, _join(thigh, shin, 0.04))
    legs = (max(legs, 0.075 - z) + 0.004 * np.sin(z * 55.0 + x * 20.0) * max(0.0, 0.35 - z)) * 0.9
    low = z - 0.30 * y
    shoes = 1e3
    for side in (-1.0, 1.0):
        toe = _ellipsoid(x - side * (0.118 - 0.30 * y), y + 0.06, low - 0.042, 0.046, 0.125, 0.044)
        heel = _ellipsoid(x - side * 0.116, y - 0.03, low - 0.055, 0.042, 0.060, 0.056)
        shoes = min(shoes, _join(toe, heel, 0.03))
    shoes = max(shoes, -low) * 0.85
    neck = _limb(x, y, z, 0.0, 0.02, 1.36, 0.0, 0.012, 1.55, 0.053, 0.042)
    neck = _join(neck, _ellipsoid(x, y + 0.01, z - 1.36, 0.11, 0.075, 0.07), 0.04)
    best, material = tunic, TUNIC
    if legs < best:
        best, material = legs, TROUSERS
    if shoes < best:
        best, material = shoes, SHOE
    if neck < best:
        best, material = neck, SKIN
    return best, material


@njit(cache=True, inline="always")
def _waves(x, z):  # type: ignore[no-untyped-def]
    return np.sin(x * 75.0 + 3.0 * np.sin(z * 21.0)) * np.sin(z * 43.0 + 2.0 * np.sin(x * 33.0))


@njit(cache=True)
def _head(x, y, z):  # type: ignore[no-untyped-def]
    turn, nod = 0.30, 0.05
    x, y = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
    y, z = np.cos(nod) * y - np.sin(nod) * z, np.sin(nod) * y + np.cos(nod) * z
    face = _ellipsoid(x, y - 0.012, z - 0.028, 0.073, 0.092, 0.098)
    face = _join(face, _ellipsoid(x, y + 0.020, z + 0.045, 0.054, 0.064, 0.062), 0.045)
    face = _join(face, _ellipsoid(x, y + 0.050, z + 0.083, 0.024, 0.022, 0.020), 0.030)
    mirror = abs(x)
    face = _join(face, _ellipsoid(mirror - 0.040, y + 0.055, z + 0.018, 0.026, 0.024, 0.024), 0.030)
    face = _join(
        face, _limb(mirror, y, z, 0.012, -0.076, 0.038, 0.046, -0.058, 0.037, 0.006, 0.005), 0.03
    )
    socket = _ellipsoid(mirror - 0.031, y + 0.094, z - 0.016, 0.017, 0.015, 0.012)
    face = -_join(-face, socket, 0.014)
    face = _join(face, _limb(x, y, z, 0.0, -0.082, 0.026, 0.0, -0.104, -0.018, 0.007, 0.012), 0.012)
    face = _join(face, _ellipsoid(mirror - 0.012, y + 0.092, z + 0.022, 0.008, 0.010, 0.007), 0.008)
    face = _join(face, _ellipsoid(mirror - 0.074, y - 0.012, z - 0.002, 0.008, 0.019, 0.027), 0.008)
    eye = _ellipsoid(mirror - 0.031, y + 0.0700, z - 0.016, 0.0125, 0.0125, 0.0115)
    lid = max(_ellipsoid(mirror - 0.031, y + 0.0700, z - 0.016, 0.0145, 0.0143, 0.0130), 0.0195 - z)
    lid = min(
        lid, max(_ellipsoid(mirror - 0.031, y + 0.0700, z - 0.016, 0.0140, 0.0135, 0.0125), z - 0.0095)
    )
    face = _join(face, lid, 0.004)
    upper = _ellipsoid(x, y + 0.081, z + 0.0480, 0.022, 0.014, 0.0052)
    lower = _ellipsoid(x, y + 0.079, z + 0.0575, 0.018, 0.014, 0.0065)
    lips = _join(upper, lower, 0.005)
    cap = _ellipsoid(x, y - 0.020, z - 0.038, 0.084, 0.098, 0.102)
    line = 0.036 - 1.75 * (z - 0.028) - 1.1 * max(0.0, mirror - 0.052)
    line += 0.010 * np.sin(x * 190.0 + 1.3) * np.sin(x * 71.0) + 0.006 * np.sin(x * 420.0 + z * 200.0)
    cap = max(cap, (line - y) * 0.42)
    hair = (cap + 0.0045 * _waves(x, z)) * 0.8
    best, material = face * 0.9, SKIN
    if eye < best:
        best, material = eye, EYE
    if lips * 0.9 < best:
        best, material = lips * 0.9, LIP
    if hair < best:
        best, material = hair, HAIR
    return best, material


@njit(cache=True)
def _back_hair(x, y, z):  # type: ignore[no-untyped-def]
    mass = _ellipsoid(x, y, z + 0.045, 0.112, 0.065, 0.155)
    ends = -0.165 + 0.020 * np.sin(x * 47.0) + 0.012 * np.sin(x * 113.0 + 1.0)
    return (max(mass, ends - z) + 0.006 * _waves(x, z)) * 0.75, HAIR


@njit(cache=True)
def _upper_arm(x, y, z):  # type: ignore[no-untyped-def]
    skin = _limb(x, y, z, 0.0, 0.0, -0.02, 0.0, 0.0, -0.285, 0.050, 0.041)
    ripple = 0.004 * np.sin(x * 60.0 + z * 25.0)
    sleeve = _limb(x, y, z, 0.0, 0.0, -0.01, 0.0, 0.0, -0.23, 0.058, 0.070) + ripple
    sleeve = max(sleeve, -0.222 + 0.008 * np.sin(x * 45.0) - z) * 0.85
    if sleeve < skin:
        return sleeve, TUNIC
    return skin, SKIN


@njit(cache=True)
def _forearm(x, y, z):  # type: ignore[no-untyped-def]
    arm = _limb(x, y, z, 0.0, 0.0, 0.0, 0.0, 0.0, -0.10, 0.041, 0.041)
    arm = _join(arm, _limb(x, y, z, 0.0, 0.0, -0.10, 0.0, 0.0, -0.245, 0.040, 0.026), 0.03)
    palm = _ellipsoid(x, y, z + 0.296, 0.037, 0.018, 0.050)
    arm = _join(arm, palm, 0.025)
    for finger in range(4):
        at = (finger - 1.5) * 0.0175
        length = 0.075 - 0.010 * abs(finger - 1.3)
        root, tip = -0.330, -0.335 - length
        one = _limb(x, y, z, at, -0.004, root, at * 1.55, -0.016, tip, 0.0092, 0.0070)
        arm = _join(arm, one, 0.006)
    thumb = _limb(x, y, z, -0.024, -0.008, -0.275, -0.058, -0.024, -0.332, 0.0125, 0.0085)
    return _join(arm, thumb, 0.012), SKIN


@njit(cache=True)
def _nearest(part, x, y, z):  # type: ignore[no-untyped-def]
    if part == BODY:
        return _body(x, y, z)
    if part == HEAD:
        return _head(x, y, z)
    if part == UPPER_ARM:
        return _upper_arm(x, y, z)
    if part == BACK_HAIR:
        return _back_hair(x, y, z)
    return _forearm(x, y, z)


@njit(cache=True, parallel=True)
def _carve(part, left, top, texel, coverage, normal, depth, sky, material):  # type: ignore[no-untyped-def]
    rows, columns = coverage.shape
    for row in prange(rows):
        z = top - (row + 0.5) * texel
        for column in range(columns):
            x = left + (column + 0.5) * texel
            y, closest, at = -0.45, 1e3, 0.0
            for _ in range(90):
                distance, _kind = _nearest(part, x, y, z)
                if distance < closest:
                    closest, at = distance, y
                if distance < 0.0003 or y > 0.45:
                    break
                y += max(distance, 0.0006)
            cover = min(1.0, max(0.0, 1.0 - (closest - 0.0003) / texel))
            coverage[row, column] = cover
            if cover <= 0.0:
                continue
            _distance, kind = _nearest(part, x, at, z)
            e = 0.0008
            nx = _nearest(part, x + e, at, z)[0] - _nearest(part, x - e, at, z)[0]
            ny = _nearest(part, x, at + e, z)[0] - _nearest(part, x, at - e, z)[0]
            nz = _nearest(part, x, at, z + e)[0] - _nearest(part, x, at, z - e)[0]
            size = max(np.sqrt(nx * nx + ny * ny + nz * nz), 1e-9)
            nx, ny, nz = nx / size, ny / size, nz / size
            shut = 0.0
            for step in range(1, 5):
                reach = 0.012 * step * step
                away = _nearest(part, x + nx * reach, at + ny * reach, z + nz * reach)[0]
                shut += max(0.0, reach - away) / reach * (0.5**step)
            normal[row, column, 0] = nx
            normal[row, column, 1] = ny
            normal[row, column, 2] = nz
            depth[row, column] = at
            sky[row, column] = max(0.0, 1.0 - shut)
            material[row, column] = kind


def sculpt(part: int, box_m: tuple[float, float, float, float], texel_m: float) -> Sculpture:
    """One part over the box (left, bottom, right, top) in metres from its pivot."""
    left, bottom, right, top = box_m
    shape = (round((top - bottom) / texel_m), round((right - left) / texel_m))
    out = Sculpture(
        coverage=np.zeros(shape, np.float32),
        normal=np.zeros((*shape, 3), np.float32),
        depth=np.zeros(shape, np.float32),
        open_sky=np.ones(shape, np.float32),
        material=np.zeros(shape, np.uint8),
        left_m=left,
        top_m=top,
        texel_m=texel_m,
    )
    _carve(part, left, top, texel_m, out.coverage, out.normal, out.depth, out.open_sky, out.material)
    return out
