"""The projections of the gpu back end: tracked intrinsics to clip space, lens warp, suns' shadow boxes.

Clip space is WebGPU's: x and y from -1 to 1 with y up, depth 0 to 1. Cameras use reverse-Z with the far
plane at infinity: depth is near / distance, 1 at the near plane and 0 in the sky.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openset.primitives.space import F64, Pose
from openset.stage.lens.model import Lens, undistort

F32 = npt.NDArray[np.float32]

_BORDER_PX = 2.0
"""Room around the straight picture for the warp's filter."""
_EDGE_POINTS = 65


@dataclass(frozen=True)
class StraightView:
    """A picture without distortion that holds all a lens sees: pinhole intrinsics in pixels.

    It is no larger than need be, so its axis is seldom in its middle.
    """

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float


def straight_view(lens: Lens, limit_px: tuple[int, int]) -> StraightView:
    """The straight picture to render for a lens, at the lens's own pixels per radian.

    A lens that bends so much that this would pass `limit_px` (width, height) is rendered smaller, which
    costs sharpness and no framing. Without distortion it is the picture itself.
    """
    if not is_bent(lens):
        return StraightView(
            lens.width_px, lens.height_px, lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px
        )
    inside = undistort(lens, _normalised(lens, _edge(lens.width_px, lens.height_px)))
    low, high = inside.min(axis=0), inside.max(axis=0)
    room = 2.0 * _BORDER_PX + 1.0  # the filter's border, and rounding up to whole pixels
    fit_x = (limit_px[0] - room) / max((high[0] - low[0]) * lens.fx_px, 1e-9)
    fit_y = (limit_px[1] - room) / max((high[1] - low[1]) * lens.fy_px, 1e-9)
    fx, fy = lens.fx_px * min(1.0, fit_x), lens.fy_px * min(1.0, fit_y)
    return StraightView(
        width_px=math.ceil((high[0] - low[0]) * fx + 2.0 * _BORDER_PX),
        height_px=math.ceil((high[1] - low[1]) * fy + 2.0 * _BORDER_PX),
        fx_px=fx,
        fy_px=fy,
        cx_px=_BORDER_PX - float(low[0]) * fx,
        cy_px=_BORDER_PX - float(low[1]) * fy,
    )


def is_bent(lens: Lens) -> bool:
    """True when the lens has any distortion at all."""
    return lens.is_bent


def warp_nodes(lens: Lens, view: StraightView, step_px: int) -> F32:
    """Where every `step_px`-th point of the camera's picture lies in the straight one.

    float32 (rows, columns, 2) of straight pixels at picture positions (column, row) * step_px from the
    corner, the last ones at or past the far edges: between nodes the map is read bilinearly, which is
    off by the lens's curvature times step_px squared over 8.
    """
    columns = -(-lens.width_px // step_px) + 1
    rows = -(-lens.height_px // step_px) + 1
    x, y = np.meshgrid(np.arange(columns) * float(step_px), np.arange(rows) * float(step_px))
    ideal = undistort(lens, _normalised(lens, np.stack([x, y], axis=-1)))
    out = ideal * [view.fx_px, view.fy_px] + [view.cx_px, view.cy_px]
    return np.ascontiguousarray(out, np.float32)


def clip_from_camera(view: StraightView, near_m: float) -> F64:
    """(4, 4): camera coordinates to clip space, off-axis, reverse-Z, infinite far.

    From the picture's equations x_px = cx + fx X / -Z, y_px = cy - fy Y / -Z.
    """
    w, h = view.width_px, view.height_px
    return np.array(
        [
            [2.0 * view.fx_px / w, 0.0, 1.0 - 2.0 * view.cx_px / w, 0.0],
            [0.0, 2.0 * view.fy_px / h, 2.0 * view.cy_px / h - 1.0, 0.0],
            [0.0, 0.0, 0.0, near_m],
            [0.0, 0.0, -1.0, 0.0],
        ]
    )


def corner_rays(view: StraightView, world_from_camera: Pose) -> F64:
    """(3, 3) rows: the ray (Z = -1) through the picture's top-left corner, and its step over the whole
    width and the whole height, in world axes."""
    corner = [-view.cx_px / view.fx_px, view.cy_px / view.fy_px, -1.0]
    across, down = [view.width_px / view.fx_px, 0.0, 0.0], [0.0, -view.height_px / view.fy_px, 0.0]
    return np.asarray(np.array([corner, across, down]) @ world_from_camera.matrix[:3, :3].T)


@dataclass(frozen=True)
class ShadowBox:
    """A square seen by a sun: `half_m` from its middle to each side, square to the light."""

    towards: tuple[float, float, float]
    middle_m: tuple[float, float, float]
    half_m: float

    def holds(self, point_m: F64, share: float) -> bool:
        """True when the point lies within `share` of the half side around the middle."""
        offset = sun_axes(self.towards) @ (np.asarray(point_m) - np.array(self.middle_m))
        return bool(np.max(np.abs(offset[:2])) <= share * self.half_m)


def sun_axes(towards: tuple[float, float, float]) -> F64:
    """(3, 3) rows right, up, towards: the axes of a picture taken from a sun."""
    light = np.array(towards, np.float64)
    light /= np.linalg.norm(light)
    helper = np.array([0.0, 0.0, 1.0]) if abs(light[2]) < 0.99 else np.array([0.0, 1.0, 0.0])
    right = np.cross(helper, light)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(light, right), light])


def clip_from_world_of(box: ShadowBox, low_m: F64, high_m: F64) -> tuple[F64, float]:
    """A shadow map's (4, 4) and the depth in metres that its 0..1 spans.

    Depth 1 is nearest to the sun; it spans everything between the set's bounds `low_m` and `high_m`
    (3,), so that nothing that throws a shadow is cut away.
    """
    axes = sun_axes(box.towards)
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    depths = (np.asarray(low_m) + corners * (np.asarray(high_m) - np.asarray(low_m))) @ axes[2]
    far, near = float(depths.min()) - 0.1, float(depths.max()) + 0.1
    out = np.eye(4)
    out[:2, :3] = axes[:2] / box.half_m
    out[:2, 3] = -(axes[:2] @ np.array(box.middle_m)) / box.half_m
    out[2, :3] = axes[2] / (near - far)
    out[2, 3] = -far / (near - far)
    return out, near - far


def shadow_middle(eye_m: F64, ahead: F64, half_m: float, texels: int) -> tuple[float, float, float]:
    """Where to put a shadow box for a camera: ahead of it, on whole texels' worth of metres."""
    snap = 16.0 * half_m / texels
    x, y, z = (np.round((eye_m + ahead * half_m * 0.6) / snap) * snap).tolist()
    return x, y, z


def _normalised(lens: Lens, pixels: F64) -> F64:
    return np.asarray((pixels - [lens.cx_px, lens.cy_px]) / [lens.fx_px, lens.fy_px])


def _edge(width: int, height: int) -> F64:
    """Points (n, 2) along the edge of the picture and along its two middle lines."""
    x, y = np.linspace(0, width, _EDGE_POINTS), np.linspace(0, height, _EDGE_POINTS)
    lines = [(x, 0 * x + at) for at in (0, height / 2, height)]
    lines += [(0 * y + at, y) for at in (0, width / 2, width)]
    return np.concatenate([np.stack(line, axis=-1) for line in lines])
