"""What every seen corner says of a body's pose: how far it lies from where it should, and how that
changes with the pose and with its velocity.

Corners are where lines through a tag's edges cross: a line's middle is surer than its ends, so that the
middle of a tag is known better than four corners, each for itself, would make it (corner_noise.py).

Pictures of a rolling shutter are taken a row after the other: the row v of h is exposed (v / h - 0.5)
times the read-out after the middle one, and the body has moved on by its velocity times that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import block_diag

from openset.primitives.rotation import matrix_from_vector, skew
from openset.primitives.space import F64
from openset.stage.lens.derivatives import project_with_derivatives
from openset.stage.lens.model import Lens
from openset.stage.markers.corner_noise import POINT_SD_PX, whitening_of
from openset.stage.markers.detect import twice_seen
from openset.stage.markers.edge import outward
from openset.stage.markers.model import CameraView

NEAREST_M = 0.02
"""A corner nearer than this, or behind the camera, cannot have been seen."""
FLOOR_SD_PX = 0.015
"""What no length of an edge improves."""
TILT = 1.3
"""How many times less sure an edge's tilt is than its middle, at its ends: less than the square root of
3 of evenly noisy points, for what a blur does to an edge moves the whole of it (measured)."""
Ids = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False)
class SeenCorners:
    """What one camera of the rig saw of the map, made ready: pixels (n, 2), four corners a tag, their
    places on the stage (n, 3), each corner's tag (n,), the seconds from the middle row's exposure to
    its own (n,), and what makes the eight numbers of each tag equally sure (n / 4, 8, 8)."""

    lens: Lens
    camera_from_body: F64
    """(4, 4)"""
    pixels: F64
    points_m: F64
    ids: Ids
    late_s: F64
    rolling: bool
    whitening: F64
    outward: F64
    """(2n,), how the corners move when edges are seen a pixel farther out; see edge.py."""
    edge_px: float
    edge_sd_px: float
    view: int = 0
    """Which of the views it is."""

    def kept(self, keep: Flags) -> SeenCorners:
        """Only the tags of which `keep` (n,) is true."""
        return replace(
            self,
            pixels=self.pixels[keep],
            points_m=self.points_m[keep],
            ids=self.ids[keep],
            late_s=self.late_s[keep],
            whitening=self.whitening[keep[::4]],
            outward=self.outward[np.repeat(keep, 2)],
        )


@dataclass(frozen=True, eq=False)
class Equations:
    """All corners together: `residuals` (2n,) in pixels, seen less expected, and their derivatives by
    pose, velocity and acceleration (2n, 18), the last twelve 0 for a global shutter; by the corner's
    place (2n, 3), by its lens (2n, 9), and by how far each camera of c sees edges outside (2n, c).
    `whitening` (n / 4, 8, 8) is the corners'."""

    residuals: F64
    by_motion: F64
    by_point: F64
    by_lens: F64
    by_edges: F64
    whitening: F64

    @property
    def sure_residuals(self) -> F64:
        """The residuals (n / 4, 8), each a tag's, as multiples of what is expected of each."""
        return np.asarray((self.whitening @ self.residuals.reshape(-1, 8, 1))[..., 0])

    def sure(self, slopes: F64) -> F64:
        """Derivatives (2n, m) of the residuals as those of the sure ones (n / 4, 8, m)."""
        return np.asarray(self.whitening @ slopes.reshape(-1, 8, slopes.shape[1]))


def seen_corners(
    views: Sequence[CameraView], corners_m: Mapping[int, F64], late_s: Sequence[float] = ()
) -> tuple[SeenCorners, ...]:
    """The mapped tags in the views, by each tag's corners (4, 3) on the stage; an id that a picture
    shows twice is left out. A view without any mapped tag is left out too. `late_s` is how much later
    than the pose's moment each view was taken; all at once unless given."""
    out = []
    for number, (view, late) in enumerate(zip(views, late_s or [0.0] * len(views), strict=True)):
        doubled = twice_seen(view.tags)
        tags = [tag for tag in view.tags if tag.id in corners_m and tag.id not in doubled]
        if not tags:
            continue
        corners_px = np.stack([tag.corners_px for tag in tags])
        pixels = corners_px.reshape(-1, 2)
        rows_s = (pixels[:, 1] / view.lens.height_px - 0.5) * view.readout_s
        out.append(
            SeenCorners(
                view.lens,
                view.body_from_camera.inverse().matrix,
                pixels,
                np.concatenate([corners_m[tag.id] for tag in tags]),
                np.repeat(np.array([tag.id for tag in tags]), 4),
                rows_s + late,
                view.readout_s != 0.0 or late != 0.0,
                _sureness(corners_px),
                outward(corners_px).reshape(-1),
                view.edge_px,
                view.edge_sd_px,
                number,
            )
        )
    return tuple(out)


def _sureness(corners_px: F64) -> F64:
    """What makes a tag's eight numbers equally sure, (n, 8, 8), an edge's tilt always as much less sure
    than its middle: no floor evens that out within one picture."""
    out = whitening_of(corners_px, POINT_SD_PX, FLOOR_SD_PX)
    middle, tilt = (np.linalg.norm(out[:, first::2], axis=2, keepdims=True) for first in (0, 1))
    out[:, 1::2] *= middle / tilt / TILT
    return out


def equations(
    seen: Sequence[SeenCorners],
    position_m: F64,
    rotation: F64,
    motion: F64,
    edges_px: Sequence[float] | F64 | None = None,
) -> Equations | None:
    """The equations at a pose: position (3,), stage_from_body (3, 3), velocity and acceleration (12,),
    and how far each camera sees edges outside, as far as it says itself unless given. None where a
    corner would lie behind its camera."""
    edges = [one.edge_px for one in seen] if edges_px is None else edges_px
    each = [
        _of_one_camera(one, position_m, rotation, motion, float(edge))
        for one, edge in zip(seen, edges, strict=True)
    ]
    rows = [one for one in each if one is not None]
    if len(rows) < len(each) or not rows:
        return None
    if len(rows) == 1:
        return rows[0]
    return Equations(
        np.concatenate([one.residuals for one in rows]),
        np.concatenate([one.by_motion for one in rows]),
        np.concatenate([one.by_point for one in rows]),
        np.concatenate([one.by_lens for one in rows]),
        block_diag(*[one.by_edges for one in rows]),
        np.concatenate([one.whitening for one in rows]),
    )


def _of_one_camera(
    seen: SeenCorners, position_m: F64, rotation: F64, motion: F64, edge_px: float
) -> Equations | None:
    from_body = seen.camera_from_body[:3, :3]
    late, later = seen.late_s[:, None], 0.5 * seen.late_s[:, None] ** 2
    if seen.rolling:
        gone = late * motion[:3] + later * motion[6:9]
        at_middle = (seen.points_m - position_m - gone) @ rotation
        turned = matrix_from_vector(-late * motion[3:6] - later * motion[9:])
        in_body = np.einsum("nij,nj->ni", turned, at_middle)
        to_camera = from_body @ turned
    else:
        at_middle = in_body = (seen.points_m - position_m) @ rotation
        to_camera = np.broadcast_to(from_body, (len(in_body), 3, 3))
    in_camera = in_body @ from_body.T + seen.camera_from_body[:3, 3]
    if float(in_camera[:, 2].max()) > -NEAREST_M:
        return None
    pixels, by_camera, by_lens = project_with_derivatives(seen.lens, in_camera)
    by_body = by_camera @ to_camera
    by_point = by_body @ rotation.T
    by_motion = np.zeros((len(pixels), 2, 18))
    by_motion[:, :, :3] = -by_point
    by_motion[:, :, 3:6] = by_body @ skew(at_middle)
    if seen.rolling:
        by_turn = by_camera @ from_body @ skew(in_body)
        for first, weight in ((6, late[:, None]), (12, later[:, None])):
            by_motion[:, :, first : first + 3] = -by_point * weight
            by_motion[:, :, first + 3 : first + 6] = by_turn * weight
    count = 2 * len(pixels)
    return Equations(
        (seen.pixels - pixels).reshape(count) - edge_px * seen.outward,
        by_motion.reshape(count, 18),
        by_point.reshape(count, 3),
        by_lens.reshape(count, 9),
        seen.outward[:, None],
        seen.whitening,
    )
