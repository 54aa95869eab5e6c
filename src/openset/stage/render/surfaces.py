"""A set laid out for ray casting: triangles, materials, textures with their mip levels, lights, dome.

The numba functions below say what a point of the set looks like; the bake decides where to look.
Shading (shared with the gpu): diffuse = base / pi * (sum of suns' irradiance * max(0, n.l) * visible
+ lamps' intensity / d^2 * max(0, n.l) + dome irradiance(n)), plus emission.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from openset.primitives.colour import srgb_decode, srgb_encode
from openset.stage.render.bvh import FAR, I32, Tree, blocked, build_tree, nearest
from openset.stage.scene.dome import irradiance_terms
from openset.stage.scene.model import Material, Scene

F32 = npt.NDArray[np.float32]

CLEAR_M = np.float32(2e-3)
"""Rays start this far off the surface they leave."""
_OPENNESS = np.float32(0.3)  # how much of the sky a surface seen by a gathering ray is taken to see
_LEVELS = 16
_ONE = np.float32(1.0)
_ZERO = np.float32(0.0)


class Surfaces(NamedTuple):
    """What a kernel reads, per triangle in the tree's leaf order, per material, and for the lights.

    The tree's own arrays come first: numba's parallel loops take no record within a record.
    """

    boxes: F32
    child: I32
    held: I32
    corners: F32
    normals: F32  # (m, 9) three corner normals
    uvs: F32  # (m, 6)
    texel: F32  # (m,) log2 of texels per metre
    material: I32  # (m,)
    base: F32  # (k, 3)
    emission: F32  # (k, 3)
    mean: F32  # (k, 3) base colour times the texture's mean
    level_start: npt.NDArray[np.int64]  # (k, _LEVELS) first texel of each mip level
    level_size: I32  # (k, 3) height, width of level 0, number of levels (0: no texture)
    texels: npt.NDArray[np.uint8]  # (n, 3)
    decode: F32  # (256,) sRGB code to linear
    suns: F32  # (s, 6) direction towards, irradiance
    lamps: F32  # (l, 7) position, intensity, radius
    terms: F32  # (9, 3) dome irradiance over pi
    dome: F32  # (h, 2h, 3)


def lay_out(scene: Scene) -> Surfaces:
    """Everything of a scene that the bake reads, its tree included."""
    counts = [len(mesh.points) for mesh in scene.meshes]
    starts = np.cumsum([0, *counts])[:-1]
    points = _joined([mesh.points for mesh in scene.meshes], 3)
    normals = _joined([mesh.normals for mesh in scene.meshes], 3)
    uvs = _joined([mesh.uvs for mesh in scene.meshes], 2)
    pieces = [mesh.triangles + start for mesh, start in zip(scene.meshes, starts, strict=True)]
    triangles = np.concatenate(pieces).astype(np.int32) if pieces else np.zeros((0, 3), np.int32)
    tree = build_tree(points, triangles)
    triangles = triangles[tree.order]
    owner = [np.full(len(mesh.triangles), mesh.material, np.int32) for mesh in scene.meshes]
    material = np.concatenate(owner)[tree.order] if owner else np.zeros(0, np.int32)
    starts_of, sizes, texels, means = _textures(scene.materials)
    corner_uvs = uvs[triangles].reshape(-1, 6)
    dome = np.zeros((2, 4, 3), np.float32) if scene.dome is None else scene.dome
    return Surfaces(
        boxes=tree.boxes,
        child=tree.child,
        held=tree.held,
        corners=tree.corners,
        normals=normals[triangles].reshape(-1, 9),
        uvs=corner_uvs,
        texel=_texel_density(tree, corner_uvs, material, sizes),
        material=material,
        base=_colours([m.base_colour for m in scene.materials]),
        emission=_colours([m.emission for m in scene.materials]),
        mean=means,
        level_start=starts_of,
        level_size=sizes,
        texels=texels,
        decode=srgb_decode(np.arange(256) / 255.0).astype(np.float32),
        suns=_rows([(*sun.towards, *sun.irradiance) for sun in scene.suns], 6),
        lamps=_rows([(*lamp.position_m, *lamp.intensity, lamp.radius_m) for lamp in scene.lamps], 7),
        terms=(irradiance_terms(dome) / np.pi).astype(np.float32),
        dome=np.ascontiguousarray(dome, np.float32),
    )


def _joined(arrays: list[F32], columns: int) -> F32:
    if not arrays:
        return np.zeros((0, columns), np.float32)
    return np.concatenate(arrays).astype(np.float32)


def _rows(rows: list[tuple[float, ...]], columns: int) -> F32:
    return np.array(rows, np.float32).reshape(len(rows), columns)


def _colours(colours: list[tuple[float, float, float]]) -> F32:
    return _rows([tuple(colour) for colour in colours] or [(0.8, 0.8, 0.8)], 3)


def _textures(
    materials: tuple[Material, ...],
) -> tuple[npt.NDArray[np.int64], I32, npt.NDArray[np.uint8], F32]:
    """Mip levels of every texture end to end, first texel and size of each, and mean colours."""
    number = max(1, len(materials))
    starts = np.zeros((number, _LEVELS), np.int64)
    sizes = np.zeros((number, 3), np.int32)
    means = _colours([m.base_colour for m in materials])
    shared: dict[int, tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], F32]] = {}
    pieces: list[npt.NDArray[np.uint8]] = [np.zeros((1, 3), np.uint8)]
    used = 1
    for k, material in enumerate(materials):
        if material.base_texture is None:
            continue
        key = id(material.base_texture)
        if key not in shared:
            levels = _mips(material.base_texture)
            offsets = np.zeros(_LEVELS, np.int64)
            for level, picture in enumerate(levels):
                offsets[level] = used
                used += picture.shape[0] * picture.shape[1]
                pieces.append(picture.reshape(-1, 3))
            size = np.array([*levels[0].shape[:2], len(levels)], np.int32)
            mean = srgb_decode(levels[-1].reshape(-1, 3).mean(axis=0) / 255.0).astype(np.float32)
            shared[key] = offsets, size, mean
        starts[k], sizes[k], mean = shared[key]
        means[k] *= mean
    return starts, sizes, np.concatenate(pieces), means


def _mips(texture: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.uint8]]:
    """The texture, then each level at half size, averaged in linear light, down to one texel a side."""
    levels = [np.ascontiguousarray(texture)]
    linear = srgb_decode(texture.astype(np.float32) / np.float32(255.0)).astype(np.float32)
    while min(linear.shape[:2]) > 1 and len(levels) < _LEVELS:
        height, width = linear.shape[0] // 2 * 2, linear.shape[1] // 2 * 2
        halves = linear[:height, :width].reshape(height // 2, 2, width // 2, 2, 3)
        linear = halves.mean(axis=(1, 3))
        levels.append((srgb_encode(linear) * 255.0 + 0.5).astype(np.uint8))
    return levels


def _texel_density(tree: Tree, uvs: F32, material: I32, sizes: I32) -> F32:
    """log2 of texels per metre on each triangle: how far the mip level must climb with distance."""
    edges = tree.corners[:, 3:]
    area = np.linalg.norm(np.cross(edges[:, :3], edges[:, 3:]), axis=1)
    first, second = uvs[:, 2:4] - uvs[:, :2], uvs[:, 4:6] - uvs[:, :2]
    uv_area = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    texels = uv_area * sizes[material, 0] * sizes[material, 1]
    density = 0.5 * np.log2(np.maximum(texels, 1e-12) / np.maximum(area, 1e-12))
    return np.asarray(density, np.float32)


@numba.njit(cache=True, nogil=True, fastmath=True)
def texture_at(s, material, level, u, v):  # type: ignore[no-untyped-def]
    """Linear colour of a material's texture at (u, v), v upwards, bilinear within a mip level."""
    height, width, levels = s.level_size[material]
    if levels == 0:
        return _ONE, _ONE, _ONE
    k = min(max(int(level + np.float32(0.5)), 0), levels - 1)
    height, width = max(1, height >> k), max(1, width >> k)
    x = (u - math.floor(u)) * width - np.float32(0.5)
    y = (_ONE - (v - math.floor(v))) * height - np.float32(0.5)
    x0, y0 = np.int64(math.floor(x)), np.int64(math.floor(y))
    fx, fy = np.float32(x - x0), np.float32(y - y0)
    r, g, b = _ZERO, _ZERO, _ZERO
    for j in range(2):
        row = (y0 + j) % height
        for i in range(2):
            at = s.level_start[material, k] + row * width + (x0 + i) % width
            weight = (fx if i else _ONE - fx) * (fy if j else _ONE - fy)
            r += weight * s.decode[s.texels[at, 0]]
            g += weight * s.decode[s.texels[at, 1]]
            b += weight * s.decode[s.texels[at, 2]]
    return r, g, b


@numba.njit(cache=True, nogil=True, fastmath=True)
def normal_at(s, row, u, v, dx, dy, dz):  # type: ignore[no-untyped-def]
    """The smooth unit normal at a hit, turned to the side the ray came from."""
    n = s.normals[row]
    w = _ONE - u - v
    x = w * n[0] + u * n[3] + v * n[6]
    y = w * n[1] + u * n[4] + v * n[7]
    z = w * n[2] + u * n[5] + v * n[8]
    t = s.corners[row]
    gx, gy, gz = t[4] * t[8] - t[5] * t[7], t[5] * t[6] - t[3] * t[8], t[3] * t[7] - t[4] * t[6]
    if gx * x + gy * y + gz * z < _ZERO:
        gx, gy, gz = -gx, -gy, -gz
    turn = -_ONE if gx * dx + gy * dy + gz * dz > _ZERO else _ONE
    length = turn / np.float32(math.sqrt(max(x * x + y * y + z * z, np.float32(1e-12))))
    return x * length, y * length, z * length


@numba.njit(cache=True, nogil=True, fastmath=True)
def base_at(s, row, u, v, distance, spread, facing):  # type: ignore[no-untyped-def]
    """Base colour at a hit; the mip level follows from the ray's spread (rad) and the slope."""
    material = s.material[row]
    texel = s.uvs[row]
    w = _ONE - u - v
    footprint = distance * spread / np.float32(math.sqrt(max(facing, np.float32(0.05))))
    level = s.texel[row] + np.float32(math.log2(max(footprint, np.float32(1e-7))))
    r, g, b = texture_at(
        s,
        material,
        level,
        w * texel[0] + u * texel[2] + v * texel[4],
        w * texel[1] + u * texel[3] + v * texel[5],
    )
    base = s.base[material]
    return r * base[0], g * base[1], b * base[2]


@numba.njit(cache=True, nogil=True, fastmath=True)
def direct_at(s, px, py, pz, nx, ny, nz):  # type: ignore[no-untyped-def]
    """Light straight from suns (with shadows) and lamps (without), over pi: times base = radiance."""
    r, g, b = _ZERO, _ZERO, _ZERO
    over_pi = np.float32(1.0 / math.pi)
    for k in range(len(s.suns)):
        sun = s.suns[k]
        facing = nx * sun[0] + ny * sun[1] + nz * sun[2]
        if facing <= _ZERO or blocked(s, px, py, pz, sun[0], sun[1], sun[2], FAR):
            continue
        facing *= over_pi
        r, g, b = r + facing * sun[3], g + facing * sun[4], b + facing * sun[5]
    for k in range(len(s.lamps)):
        lamp = s.lamps[k]
        x, y, z = lamp[0] - px, lamp[1] - py, lamp[2] - pz
        squared = max(x * x + y * y + z * z, lamp[6] * lamp[6])
        facing = nx * x + ny * y + nz * z
        if facing <= _ZERO:
            continue
        facing *= over_pi / (squared * np.float32(math.sqrt(squared)))
        r, g, b = r + facing * lamp[3], g + facing * lamp[4], b + facing * lamp[5]
    return r, g, b


@numba.njit(cache=True, nogil=True, fastmath=True)
def sky_on(s, x, y, z):  # type: ignore[no-untyped-def]
    """The whole dome's irradiance over pi on a surface of normal (x, y, z), nothing in its way."""
    h = (
        np.float32(0.28209479177387814),
        np.float32(0.4886025119029199) * y,
        np.float32(0.4886025119029199) * z,
        np.float32(0.4886025119029199) * x,
        np.float32(1.0925484305920792) * x * y,
        np.float32(1.0925484305920792) * y * z,
        np.float32(0.31539156525252005) * (np.float32(3.0) * z * z - _ONE),
        np.float32(1.0925484305920792) * x * z,
        np.float32(0.5462742152960396) * (x * x - y * y),
    )
    r, g, b = _ZERO, _ZERO, _ZERO
    for k in range(9):
        r += h[k] * s.terms[k, 0]
        g += h[k] * s.terms[k, 1]
        b += h[k] * s.terms[k, 2]
    return max(r, _ZERO), max(g, _ZERO), max(b, _ZERO)


@numba.njit(cache=True, nogil=True, fastmath=True)
def dome_at(s, x, y, z):  # type: ignore[no-untyped-def]
    """The dome's radiance in a direction, bilinear, wrapping sideways."""
    height, width = s.dome.shape[0], s.dome.shape[1]
    azimuth, polar = math.atan2(x, y), math.atan2(math.sqrt(x * x + y * y), z)
    column = np.float32((azimuth / (2.0 * math.pi) + 0.5) * width - 0.5)
    line = np.float32(polar / math.pi * height - 0.5)
    x0, y0 = np.int64(math.floor(column)), np.int64(math.floor(line))
    fx, fy = column - np.float32(x0), line - np.float32(y0)
    r, g, b = _ZERO, _ZERO, _ZERO
    for j in range(2):
        row = min(max(y0 + j, 0), height - 1)
        for i in range(2):
            texel = s.dome[row, (x0 + i) % width]
            weight = (fx if i else _ONE - fx) * (fy if j else _ONE - fy)
            r, g, b = r + weight * texel[0], g + weight * texel[1], b + weight * texel[2]
    return r, g, b


@numba.njit(cache=True, nogil=True, fastmath=True)
def arriving(s, px, py, pz, dx, dy, dz):  # type: ignore[no-untyped-def]
    """(r, g, b, row): radiance along one gathering ray, from the dome (row -1) or from the lit surface
    it meets, without its texture.

    Lamps' own glow is left out of it: their light is already counted as lamps.
    """
    row, t, u, v = nearest(s, px, py, pz, dx, dy, dz, FAR)
    if row < 0:
        r, g, b = dome_at(s, dx, dy, dz)
        return r, g, b, row
    nx, ny, nz = normal_at(s, row, u, v, dx, dy, dz)
    t -= CLEAR_M
    r, g, b = direct_at(s, px + t * dx, py + t * dy, pz + t * dz, nx, ny, nz)
    sr, sg, sb = sky_on(s, nx, ny, nz)
    base = s.mean[s.material[row]]
    red, green, blue = r + _OPENNESS * sr, g + _OPENNESS * sg, b + _OPENNESS * sb
    return base[0] * red, base[1] * green, base[2] * blue, row
