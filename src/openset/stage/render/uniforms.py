"""The blocks of numbers the shaders read, laid out as frame.wgsl and warp.wgsl declare them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from openset.primitives.space import F64, Pose
from openset.stage.lens.model import Lens
from openset.stage.render.matrices import StraightView, clip_from_camera, corner_rays, is_bent
from openset.stage.render.probes import LightGrid
from openset.stage.scene.model import Lamp, Sun

F32 = npt.NDArray[np.float32]

MOST_SUNS = 4
BOXES_PER_SUN = 3
FRAME_FLOATS = 360
WARP_FLOATS = 8
NODE_STEP_PX = 8
NEAR_M = 0.05

_EYE, _CORNER, _TERMS, _SUNS, _BOXES, _COUNTS, _GRIDS = 16, 20, 32, 68, 100, 340, 344


def brightest(suns: Sequence[Sun]) -> tuple[Sun, ...]:
    """The suns that are lit with, at most MOST_SUNS, the brightest first."""
    return tuple(sorted(suns, key=lambda sun: -sum(sun.irradiance))[:MOST_SUNS])


def light_block(suns: Sequence[Sun], lamp_count: int, gloss_levels: int, terms: F64) -> F32:
    """A frame block (FRAME_FLOATS,) with all that stays while the camera moves; `terms` (9, 3) is the
    dome's irradiance."""
    block = np.zeros(FRAME_FLOATS, np.float32)
    block[_TERMS:_SUNS].reshape(9, 4)[:, :3] = terms / np.pi
    for row, sun in zip(block[_SUNS:_BOXES].reshape(MOST_SUNS, 8), suns, strict=False):
        row[:3] = np.array(sun.towards) / np.linalg.norm(sun.towards)
        row[4:7] = sun.irradiance
    counts = block[_COUNTS:_GRIDS].view(np.uint32)
    counts[:] = len(suns), lamp_count, BOXES_PER_SUN, gloss_levels
    return block


def put_camera(block: F32, view: StraightView, world_from_camera: Pose) -> None:
    """Write the camera into a frame block."""
    turn = np.eye(4)
    turn[:3, :3] = world_from_camera.matrix[:3, :3].T
    block[:_EYE] = column_major(clip_from_camera(view, NEAR_M) @ turn)
    block[_EYE : _EYE + 3] = world_from_camera.position_m
    block[_CORNER:_TERMS].reshape(3, 4)[:, :3] = corner_rays(view, world_from_camera)


def put_box(block: F32, index: int, clip_from_world: F64, texel_m: float, depth_m: float) -> None:
    """Write one shadow box, `index` counting all boxes of all suns."""
    row = block[_BOXES:_COUNTS].reshape(-1, 20)[index]
    row[:16] = column_major(clip_from_world)
    row[16:18] = texel_m, depth_m


def put_grid(block: F32, index: int, grid: LightGrid) -> None:
    """Write where a grid of indirect light lies: 0 the fine one, 1 the coarse one."""
    row = block[_GRIDS:].reshape(2, 8)[index]
    row[:3], row[3], row[4:7] = grid.low_m, grid.spacing_m, grid.counts


def grid_texels(grid: LightGrid) -> npt.NDArray[np.float16]:
    """A grid's light as a 3D texture (6 z, y, x, 4): one side's slab on the other's."""
    return np.ascontiguousarray(grid.light.reshape(-1, *grid.light.shape[2:]), np.float16)


def lamp_table(lamps: Sequence[Lamp]) -> F32:
    """Lamps (n, 8), at least one row: position, radius, intensity, spare."""
    table = np.zeros((max(1, len(lamps)), 8), np.float32)
    for row, lamp in zip(table, lamps, strict=False):
        row[:3], row[3], row[4:7] = lamp.position_m, lamp.radius_m, lamp.intensity
    return table


def warp_block(lens: Lens, view: StraightView, gain: float) -> F32:
    """The warp's block (WARP_FLOATS,); `gain` is 2**exposure_ev."""
    block = np.zeros(WARP_FLOATS, np.float32)
    block.view(np.uint32)[:4] = (
        lens.width_px, lens.height_px, -(-lens.width_px // 4), is_bent(lens),
    )  # fmt: skip
    block[4:] = NODE_STEP_PX, gain, view.width_px, view.height_px
    return block


def column_major(matrix: F64) -> F32:
    """(4, 4) as the 16 floats a shader's mat4x4f holds."""
    return np.ascontiguousarray(matrix.T, np.float32).reshape(16)
