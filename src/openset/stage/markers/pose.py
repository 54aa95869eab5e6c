"""Where a camera, or a rig of several, was when it saw mapped tags.

From the last pose, or from a closed form where there is none, the pose is moved until the corners fit;
corners that do not belong are dropped once and the rest solved again. One flat tag can look the same
from two places: without a last pose it is then refused rather than guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from openset.primitives.space import F64, Pose, quaternion_from_matrix
from openset.stage.markers.equations import SeenCorners, seen_corners
from openset.stage.markers.model import CameraView, PoseEstimate, TagMap
from openset.stage.markers.refine import STILL, Fit, Motion, information, refine
from openset.stage.markers.starts import Place, is_flat, starts_from_all, starts_from_single_tags

GATE_PX = 1.0
GATE_SPREADS = 4 * 1.4826
LEAST_CORNERS = 8
"""Fewer are not thrown away: two tags hold a pose, one may mislead it."""
POOR_PX = 3.0
"""A fit this bad is of another map, another lens, or a false start."""
TELLING = 4.0
"""Two poses are told apart where one fits this much worse, in squares."""
BELIEF = 8.0
"""How many corner coordinates the expected corner error weighs against those that are seen."""


@dataclass(frozen=True, eq=False)
class Solution:
    """What came of one moment: the pose or, without one, what was in its way: `no tags`, `ambiguous` or
    `no fit`. `off_px` is how far each seen tag lies from the map (rms), `dropped` whose did not
    belong."""

    estimate: PoseEstimate | None
    trouble: str = ""
    off_px: Mapping[int, float] = field(default_factory=dict)
    dropped: frozenset[int] = frozenset()


def solve_pose(
    views: Sequence[CameraView],
    tags: TagMap,
    start: Pose | None = None,
    *,
    twist: F64 | None = None,
    corner_sd_px: float = 0.1,
) -> PoseEstimate | None:
    """The rig's pose from what its cameras saw at one moment; None where it cannot be told.

    `twist` (6,) is its velocity, for rolling shutters; `corner_sd_px` the error to expect of a corner.
    """
    motion = STILL if twist is None else Motion(twist)
    seen_ids = {tag.id for view in views for tag in view.tags}
    known = {number: tags.tags[number].corners_m for number in seen_ids if number in tags.tags}
    return solve(seen_corners(views, known), start, motion, corner_sd_px=corner_sd_px).estimate


def solve(
    seen: Sequence[SeenCorners],
    start: Pose | None,
    motion: Motion = STILL,
    *,
    corner_sd_px: float = 0.1,
) -> Solution:
    """The same from corners made ready, with what was in the way."""
    if not seen:
        return Solution(None, "no tags")
    fit = None
    if start is not None:
        matrix = start.matrix
        fit = _settled(seen, (matrix[:3, 3], matrix[:3, :3]), motion, corner_sd_px)
    if fit is None or _is_poor(fit):
        found = _afresh(seen, Motion(motion.twist), corner_sd_px)
        if found is None:
            return Solution(None, "ambiguous")
        fit = min([one for one in (fit, *found) if one], key=_median, default=None)
    if fit is None:
        return Solution(None, "no fit")
    return _gated(seen, fit, motion, corner_sd_px)


def _median(fit: Fit) -> float:
    return float(np.median(fit.distances_px))


def _is_poor(fit: Fit) -> bool:
    return _median(fit) > GATE_PX


def _settled(seen: Sequence[SeenCorners], start: Place, motion: Motion, sd_px: float) -> Fit | None:
    """The fit near a start; solved again without trust in far corners where some are far."""
    fit = refine(seen, start, motion, corner_sd_px=sd_px)
    if fit is None or float(fit.distances_px.max()) <= GATE_PX:
        return fit
    return refine(seen, fit.place, motion, corner_sd_px=sd_px, robust=True)


def _afresh(seen: Sequence[SeenCorners], motion: Motion, sd_px: float) -> list[Fit] | None:
    """Fits without a last pose, best first; None where two fit alike and are not the same."""
    fits = [_settled(seen, start, motion, sd_px) for start in starts_from_all(seen)]
    found = sorted([fit for fit in fits if fit is not None], key=lambda fit: fit.cost)
    if len(found) > 1 and _alike(found[0], found[1]) and _all_flat(seen):
        return None
    if found and not _is_poor(found[0]):
        return found[:1]
    for start in starts_from_single_tags(seen):
        fit = refine(seen, start, motion, corner_sd_px=sd_px, robust=True)
        if fit is not None:
            found.append(fit)
    return sorted(found, key=_median)[:1]


def _all_flat(seen: Sequence[SeenCorners]) -> bool:
    return len(seen) == 1 and is_flat(seen[0].points_m)


def _alike(best: Fit, second: Fit) -> bool:
    """True where the second pose is another place and fits nearly as well."""
    apart = float(np.abs(best.rotation - second.rotation).max())
    return apart > 1e-3 and second.cost + BELIEF < TELLING * (best.cost + BELIEF)


def _gated(seen: Sequence[SeenCorners], fit: Fit, motion: Motion, sd_px: float) -> Solution:
    """The fit without the corners that do not belong, as an estimate with its covariance."""
    if motion.sd is not None:
        fit = refine(seen, fit.place, motion, corner_sd_px=sd_px, robust=_is_poor(fit)) or fit
    distances = fit.distances_px
    ids = np.concatenate([one.ids for one in seen])
    off_px = {
        int(number): float(np.sqrt(np.mean(distances[ids == number] ** 2))) for number in np.unique(ids)
    }
    gate = max(GATE_PX, GATE_SPREADS * _median(fit))
    keep = distances <= gate
    dropped = frozenset(ids[~keep].tolist()) - frozenset(ids[keep].tolist())
    if not keep.all() and int(keep.sum()) >= LEAST_CORNERS:
        ends = np.cumsum([len(one.ids) for one in seen])[:-1]
        parts = zip(seen, np.split(keep, ends), strict=True)
        seen = [one.kept(part) for one, part in parts if part.any()]
        again = refine(seen, fit.place, motion, corner_sd_px=sd_px)
        if again is None:
            return Solution(None, "no fit", off_px, dropped)
        fit, ids = again, ids[keep]
    else:
        dropped = frozenset()
    residual = float(np.sqrt(np.mean(fit.distances_px**2)))
    if residual > POOR_PX:
        return Solution(None, "no fit", off_px, dropped)
    covariance = _covariance(fit, motion, sd_px)
    if covariance is None:
        return Solution(None, "no fit", off_px, dropped)
    used = len(np.unique(ids))
    estimate = PoseEstimate(
        _pose(fit), covariance, residual, used, len(dropped), _told_twist(seen, fit, motion)
    )
    return Solution(estimate, "", off_px, dropped)


def _covariance(fit: Fit, motion: Motion, sd_px: float) -> F64 | None:
    """(6, 6), with the corners' error as it is seen, held by what was expected where few are seen."""
    count = len(fit.equations.residuals)
    squares = float((fit.equations.residuals**2).sum())
    seen_sd = np.sqrt((squares + BELIEF * sd_px**2) / (max(0, count - 6) + BELIEF))
    try:
        return np.asarray(np.linalg.inv(information(fit, motion, float(seen_sd)))[:6, :6])
    except np.linalg.LinAlgError:
        return None


def _told_twist(seen: Sequence[SeenCorners], fit: Fit, motion: Motion) -> F64 | None:
    told = motion is not STILL and any(one.rolling for one in seen)
    return fit.twist if told else None


def _pose(fit: Fit) -> Pose:
    w, x, y, z = quaternion_from_matrix(fit.rotation).tolist()
    px, py, pz = fit.position_m.tolist()
    return Pose((px, py, pz), (w, x, y, z))
