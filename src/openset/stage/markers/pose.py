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

EXPECTED_SD_PX = 0.1
"""What is expected of a corner, about: see corner_noise.py for what it hangs on."""
GATE_PX = 1.0
GATE_SPREADS = 4 * 1.4826
LEAST_TAGS = 2
"""With fewer left none is thrown away: two tags hold a pose, one may mislead it."""
POOR_PX = 3.0
"""A fit this bad is of another map, another lens, or a false start."""
TELLING = 4.0
"""Two poses are told apart where one fits this much worse, in squares."""
DOUBT = 40.0
"""The squares that both are worse by where the picture is poor: its corners are off by three times what
is expected, and one tag alone cannot tell that."""
BELIEF = 4.0
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
    fit, spread = None, corner_sd_px / EXPECTED_SD_PX
    if start is not None:
        matrix = start.matrix
        fit = _settled(seen, (matrix[:3, 3], matrix[:3, :3]), motion, spread)
    if fit is None or _is_poor(fit):
        found = _afresh(seen, Motion(motion.twist), spread)
        if found is None:
            return Solution(None, "ambiguous")
        fit = min([one for one in (fit, *found) if one], key=_median, default=None)
    if fit is None:
        return Solution(None, "no fit")
    return _gated(seen, fit, motion, spread)


def _median(fit: Fit) -> float:
    return float(np.median(fit.distances_px))


def _is_poor(fit: Fit) -> bool:
    return _median(fit) > GATE_PX


def _settled(seen: Sequence[SeenCorners], start: Place, motion: Motion, spread: float) -> Fit | None:
    """The fit near a start; solved again without trust in far corners where some are far."""
    fit = refine(seen, start, motion, spread=spread)
    if fit is None or float(fit.distances_px.max()) <= GATE_PX:
        return fit
    return refine(seen, fit.place, motion, spread=spread, robust=True)


def _afresh(seen: Sequence[SeenCorners], motion: Motion, spread: float) -> list[Fit] | None:
    """Fits without a last pose, best first; None where two fit alike and are not the same."""
    fits = [_settled(seen, start, motion, spread) for start in starts_from_all(seen)]
    found = sorted([fit for fit in fits if fit is not None], key=lambda fit: fit.cost)
    if len(found) > 1 and _alike(found[0], found[1]) and _all_flat(seen):
        return None
    if found and not _is_poor(found[0]):
        return found[:1]
    for start in starts_from_single_tags(seen):
        fit = refine(seen, start, motion, spread=spread, robust=True)
        if fit is not None:
            found.append(fit)
    return sorted(found, key=_median)[:1]


def _all_flat(seen: Sequence[SeenCorners]) -> bool:
    return len(seen) == 1 and is_flat(seen[0].points_m)


def _alike(best: Fit, second: Fit) -> bool:
    """True where the second pose is another place and fits nearly as well."""
    apart = float(np.abs(best.rotation - second.rotation).max())
    return apart > 1e-3 and second.cost + DOUBT < TELLING * (best.cost + DOUBT)


def _gated(seen: Sequence[SeenCorners], fit: Fit, motion: Motion, spread: float) -> Solution:
    """The fit without the tags that do not belong, as an estimate with its covariance."""
    if motion.sd is not None:
        fit = refine(seen, fit.place, motion, spread=spread, robust=_is_poor(fit)) or fit
    off = np.sqrt(np.mean(fit.distances_px.reshape(-1, 4) ** 2, axis=1))
    ids = np.concatenate([one.ids[::4] for one in seen])
    off_px = {int(number): float(each) for number, each in zip(ids, off, strict=True)}
    keep = off <= max(GATE_PX, GATE_SPREADS * float(np.median(off)))
    dropped = frozenset(ids[~keep].tolist())
    if not keep.all() and int(keep.sum()) >= LEAST_TAGS:
        ends = np.cumsum([len(one.ids) for one in seen])[:-1]
        parts = zip(seen, np.split(np.repeat(keep, 4), ends), strict=True)
        seen = [one.kept(part) for one, part in parts if part.any()]
        again = refine(seen, fit.place, motion, spread=spread)
        if again is None:
            return Solution(None, "no fit", off_px, dropped)
        fit, ids = again, ids[keep]
    else:
        dropped = frozenset()
    residual = float(np.sqrt(np.mean(fit.distances_px**2)))
    covariance = _covariance(seen, fit, motion, spread) if residual <= POOR_PX else None
    if covariance is None:
        return Solution(None, "no fit", off_px, dropped)
    sd_px = np.sqrt(np.diag(covariance)[-len(seen) :])
    estimate = PoseEstimate(
        _pose(fit),
        covariance[:6, :6],
        residual,
        len(np.unique(ids)),
        len(dropped),
        _told_twist(seen, fit, motion),
        {
            one.view: (float(px), float(sd))
            for one, px, sd in zip(seen, fit.edges_px, sd_px, strict=True)
        },
    )
    return Solution(estimate, "", off_px, dropped)


def _covariance(views: Sequence[SeenCorners], fit: Fit, motion: Motion, spread: float) -> F64 | None:
    """Of the pose, and of the edges last, with the corners' error as it is seen, held by what was
    expected where few are seen."""
    residuals = fit.equations.sure_residuals
    squares = float((residuals**2).sum()) + BELIEF * spread**2
    seen = float(np.sqrt(squares / (max(0, residuals.size - 6) + BELIEF)))
    try:
        return np.asarray(np.linalg.inv(information(views, fit, motion, seen)))
    except np.linalg.LinAlgError:
        return None


def _told_twist(seen: Sequence[SeenCorners], fit: Fit, motion: Motion) -> F64 | None:
    told = motion is not STILL and any(one.rolling for one in seen)
    return fit.motion[:6] if told else None


def _pose(fit: Fit) -> Pose:
    w, x, y, z = quaternion_from_matrix(fit.rotation).tolist()
    px, py, pz = fit.position_m.tolist()
    return Pose((px, py, pz), (w, x, y, z))
