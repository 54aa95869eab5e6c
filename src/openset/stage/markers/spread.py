"""How sure each tag's place is, once the map is solved."""

from __future__ import annotations

import numpy as np

from openset.primitives.rotation import skew
from openset.primitives.space import F64
from openset.stage.markers.adjust import Adjusted
from openset.stage.markers.network import I64, Problem
from openset.stage.prints.patterns import TAG_MODULES

NARROW_PX = 2.3
NARROW_TIMES = 5.0


def narrow_times(corners_px: F64, tag: I64, tags: int) -> F64:
    """By how much less sure `tags` tags (t,) are than their sightings say: corners at `corners_px`
    (m, 4, 2), each of the tag `tag` (m,). Where most of a tag's sightings are so small or slanted that
    its border is mixed with the cells inside it, its edges are off alike in all of them, and their
    number tells nothing."""
    along = np.linalg.norm(np.roll(corners_px, -1, axis=1) - corners_px, axis=2).max(axis=1)
    across, down = corners_px[:, 2] - corners_px[:, 0], corners_px[:, 3] - corners_px[:, 1]
    area = np.abs(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]) / 2
    border = area / np.maximum(along, 1e-9) / TAG_MODULES
    usual = [np.median(border[tag == each]) if (tag == each).any() else np.inf for each in range(tags)]
    return np.where(np.array(usual) < NARROW_PX, NARROW_TIMES, 1.0)


def tag_covariances(
    adjusted: Adjusted,
    problem: Problem,
    scale_sd: float,
    stage_from_map: F64,
    factor: float = 1.0,
) -> tuple[F64, F64 | None]:
    """The covariance (6t, 6t) of all tags' poses on the stage, and of the lens (9, 9) where it was
    solved. It is scaled by how the corners really fit; rigid motions of the whole map are taken out
    (where the stage's frame lies is a definition, no error), the scale's uncertainty is put in."""
    held = problem.held
    free = np.flatnonzero(~held)
    state = adjusted.state
    tags = len(state.tag_m)
    variance = float(np.sum(8.0 * adjusted.misfit**2)) / adjusted.degrees
    solved = adjusted.covariance * variance
    inside = 6 * len(free)
    whole = np.zeros((6 * tags, 6 * tags))
    rows = (6 * free[:, None] + np.arange(6)).ravel()
    whole[np.ix_(rows, rows)] = solved[:inside, :inside]
    times = np.repeat(narrow_times(problem.corners_px, problem.tag, tags), 6)
    whole *= np.outer(times, times)
    lens = solved[inside + 1 :, inside + 1 :] if len(solved) > inside + 1 else None
    turn = stage_from_map[:3, :3]
    stage_m = factor * state.tag_m @ turn.T
    move = np.zeros_like(whole)
    for each in range(tags):
        place = slice(6 * each, 6 * each + 3)
        move[place, place] = factor * turn
        spin = slice(6 * each + 3, 6 * each + 6)
        move[spin, spin] = np.eye(3)
    whole = move @ whole @ move.T
    if held.sum() == 1 and scale_sd > 0.0:
        whole = _without_motion(whole, stage_m, turn @ state.tag_rotation)
    middle = stage_m - stage_m.mean(axis=0)
    stretch = np.zeros(6 * tags)
    for each in range(tags):
        stretch[6 * each : 6 * each + 3] = middle[each] * scale_sd
    whole = whole + np.outer(stretch, stretch)
    return (whole + whole.T) / 2, lens


def _without_motion(whole: F64, stage_m: F64, rotations: F64) -> F64:
    """The covariance within the map: the rigid motion that fits all middles best is projected out."""
    tags = len(stage_m)
    motion = np.zeros((6 * tags, 6))
    middle = stage_m.mean(axis=0)
    for each in range(tags):
        motion[6 * each : 6 * each + 3, :3] = np.eye(3)
        motion[6 * each : 6 * each + 3, 3:] = -skew(stage_m[each] - middle)
        motion[6 * each + 3 : 6 * each + 6, 3:] = rotations[each].T
    weight = np.zeros(6 * tags)
    for axis in range(3):
        weight[axis::6] = 1.0
    fitted = np.linalg.pinv(motion.T @ (weight[:, None] * motion)) @ (motion.T * weight)
    rest = np.eye(6 * tags) - motion @ fitted
    return np.asarray(rest @ whole @ rest.T)
