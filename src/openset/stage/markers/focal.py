"""A focal length from tags alone, for a camera whose lens nobody has measured.

Some views of mapped tags from different places hold one focal length and a pose each. All are moved
together until the corners fit (Gauss-Newton, the poses eliminated by Schur's complement); distortion
stays as it is. What comes out says its own doubt, which is larger than a calibration's by design: an
unmodelled distortion is put in as a pixel of error at the picture's edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from openset.primitives.rotation import matrix_from_vector
from openset.primitives.space import F64, Pose
from openset.stage.lens.derivatives import pose_derivatives, project_with_derivatives
from openset.stage.lens.model import Lens
from openset.stage.markers.model import SeenTag, TagMap

LEAST_VIEWS = 6
LEAST_TAGS = 2
CORNER_PX = 1.0
"""What a corner is off by where the lens's distortion is not known."""
STEPS = 12


@dataclass(frozen=True)
class Focal:
    """The lens with its focal length found, the doubt of it as a share (sd), and the fit's residual."""

    lens: Lens
    doubt: float
    residual_px: float
    views: int


@dataclass(frozen=True, eq=False)
class TagView:
    """One view for it: the tags seen and the pose solved with the lens as it was."""

    tags: tuple[SeenTag, ...]
    stage_from_camera: Pose


def find_focal(views: Sequence[TagView], tags: TagMap, lens: Lens) -> Focal | None:
    """The focal length that fits all views; None with fewer than LEAST_VIEWS of LEAST_TAGS mapped
    tags each, or where they do not hold it."""
    ready = [each for view in views if (each := _Ready.of(view, tags)) is not None]
    if len(ready) < LEAST_VIEWS:
        return None
    hold = squares = 0.0
    count = 0
    for _ in range(STEPS):
        step, hold, squares, count = _pass(ready, lens)
        if not np.isfinite(step) or abs(step) > 1.0:
            return None
        step = float(np.clip(step, -0.2, 0.2))
        lens = replace(lens, fx_px=lens.fx_px * (1 + step), fy_px=lens.fy_px * (1 + step))
        if abs(step) < 1e-7:
            break
    residual = float(np.sqrt(squares / max(1, count) * 2))
    if hold <= 0 or not 0.2 < lens.fx_px / max(lens.width_px, lens.height_px) < 6.0:
        return None
    doubt = max(CORNER_PX, residual) / float(np.sqrt(hold))
    return Focal(lens, doubt, residual, len(ready))


def pose_by_lens(view: TagView, tags: TagMap, lens: Lens) -> F64 | None:
    """How a pose that was solved from the view moves (6, 9) with the lens's numbers, both as
    stage/lens/derivatives.py counts them; None where the view does not hold a pose."""
    ready = _Ready.of(view, tags, least=1)
    slopes = _slopes(ready, lens) if ready else None
    if slopes is None:
        return None
    by_pose, by_lens, _ = slopes
    block = by_pose.T @ by_pose
    return np.asarray(-np.linalg.solve(block + 1e-9 * np.eye(6), by_pose.T @ by_lens))


@dataclass(eq=False)
class _Ready:
    """A view's corners: seen (n, 2), on the stage (n, 3), and the pose that is being moved."""

    seen: F64
    points: F64
    position: F64
    rotation: F64

    @classmethod
    def of(cls, view: TagView, tags: TagMap, least: int = LEAST_TAGS) -> _Ready | None:
        known = [tag for tag in view.tags if tag.id in tags.tags]
        if len(known) < least:
            return None
        matrix = view.stage_from_camera.matrix
        return cls(
            np.concatenate([tag.corners_px for tag in known]),
            np.concatenate([tags.tags[tag.id].corners_m for tag in known]),
            matrix[:3, 3],
            matrix[:3, :3],
        )


def _slopes(view: _Ready, lens: Lens) -> tuple[F64, F64, F64] | None:
    """Derivatives of the view's pixels by pose (2n, 6) and lens (2n, 9), and what is missed (2n,); None
    where a corner would lie behind the camera."""
    points = (view.points - view.position) @ view.rotation
    if np.any(points[:, 2] > -1e-3):
        return None
    pixels, by_point, by_lens = project_with_derivatives(lens, points)
    turned: F64 = np.eye(4)
    turned[:3, :3] = view.rotation
    by_pose = (by_point @ pose_derivatives(points, turned)).reshape(-1, 6)
    return by_pose, by_lens.reshape(-1, by_lens.shape[-1]), (view.seen - pixels).reshape(-1)


def _pass(views: Sequence[_Ready], lens: Lens) -> tuple[float, float, float, int]:
    """One step of all: the focal length's share to add, how firmly the views hold it (per squared
    pixel), the squares left, and the number of residuals. Moves the views' poses."""
    hold = pull = squares = 0.0
    count = 0
    kept = []
    for view in views:
        slopes = _slopes(view, lens)
        if slopes is None:
            continue
        by_pose, by_lens, missed = slopes
        by_focal = by_lens[:, 0] * lens.fx_px + by_lens[:, 1] * lens.fy_px
        block = by_pose.T @ by_pose
        cross, right = by_pose.T @ by_focal, by_pose.T @ missed
        solved = np.linalg.solve(block + 1e-9 * np.eye(6), np.stack([cross, right], axis=-1))
        hold += float(by_focal @ by_focal - cross @ solved[:, 0])
        pull += float(by_focal @ missed - cross @ solved[:, 1])
        squares += float(missed @ missed)
        count += len(missed)
        kept.append((view, solved))
    if hold <= 0:
        return float("nan"), 0.0, squares, count
    step = pull / hold
    for view, solved in kept:
        move = solved[:, 1] - solved[:, 0] * float(np.clip(step, -0.2, 0.2))
        view.position = view.position + move[:3]
        view.rotation = view.rotation @ matrix_from_vector(move[3:])
    return step, hold, squares, count
