"""A new map laid over an old one: which tags still hang where they hung, and which have moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from openset.primitives.space import F64
from openset.stage.markers.finding import Finding, listed
from openset.stage.markers.grow import corners_on_stage

_MOVED_M = 0.004
_MOVED_RAD = 0.02
_SURE = 3.0
"""How many spreads a tag must be off, where its place in the new map is less sure than that."""
_MOST_PAIRS = 400
_TURNED_RAD = 0.05
"""Less than this is not worth a word: three degrees."""


@dataclass(frozen=True, eq=False)
class Overlay:
    """`old_from_new` (4, 4), the tags that agree, and how far the others moved: metres and radians.
    `undecided` where two groups disagree and neither is larger."""

    old_from_new: F64
    agreeing: tuple[int, ...]
    moved: Mapping[int, tuple[float, float]]
    undecided: bool = False

    def findings(self) -> tuple[Finding, ...]:
        """What to say of it."""
        if not self.undecided:
            return tuple(_moved(number, *how) for number, how in sorted(self.moved.items()))
        tags = tuple(sorted((*self.agreeing, *self.moved)))
        far = max((each[0] for each in self.moved.values()), default=0.0)
        return (
            Finding(
                "moved",
                tags,
                f"tags {listed(tags)} have moved against each other by {far * 100:.1f} cm, and which "
                "of them did cannot be told",
                "Film more of the tags that are on the map already",
                grave=True,
                value=far * 1000,
            ),
        )


def overlay(
    old: Mapping[int, F64],
    new: Mapping[int, F64],
    sizes_m: Mapping[int, float],
    spreads: Mapping[int, tuple[float, float]],
) -> Overlay | None:
    """Lay the new map, tags' poses (4, 4) by id, over the old. None where they share no tag.

    `spreads` are how sure the new places and turns are, metres and radians: a tag seen once at the
    picture's edge has not moved because it is seen badly.
    The rigid motion that most tags agree on is taken from pairs of tags, then fitted to all that agree.
    """
    shared = sorted(set(old) & set(new))
    if not shared:
        return None
    corners = {
        each: (corners_on_stage(old[each], sizes_m[each]), corners_on_stage(new[each], sizes_m[each]))
        for each in shared
    }
    limits = {
        each: (max(_MOVED_M, _SURE * far_m), max(_MOVED_RAD, _SURE * turned_rad))
        for each, (far_m, turned_rad) in spreads.items()
    }
    pairs = list(combinations(shared, 2))
    step = max(1, len(pairs) // _MOST_PAIRS)
    tried = [*pairs[::step], *((each, each) for each in shared)]
    votes = [_agreeing(rigid(corners, pair), old, new, shared, limits) for pair in tried]
    best = max(votes, key=len)
    undecided = any(len(each) == len(best) and not set(each) & set(best) for each in votes)
    for _ in range(3):
        again = _agreeing(rigid(corners, best), old, new, shared, limits)
        if len(again) <= len(best):
            break
        best = again
    motion = rigid(corners, best)
    moved = {each: _apart(motion @ new[each], old[each]) for each in shared if each not in best}
    return Overlay(motion, best, moved, undecided)


def rigid(corners: Mapping[int, tuple[F64, F64]], tags: Sequence[int]) -> F64:
    """The rigid motion (4, 4) that carries the new corners of these tags to the old (Kabsch 1976)."""
    to = np.concatenate([corners[each][0] for each in tags])
    start = np.concatenate([corners[each][1] for each in tags])
    to_middle, start_middle = to.mean(axis=0), start.mean(axis=0)
    left, _, right = np.linalg.svd((start - start_middle).T @ (to - to_middle))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    out = np.eye(4)
    out[:3, :3] = (left @ flip @ right).T
    out[:3, 3] = to_middle - out[:3, :3] @ start_middle
    return out


def _agreeing(
    motion: F64,
    old: Mapping[int, F64],
    new: Mapping[int, F64],
    shared: Sequence[int],
    limits: Mapping[int, tuple[float, float]],
) -> tuple[int, ...]:
    agreeing = []
    for each in shared:
        far_m, turned_rad = _apart(motion @ new[each], old[each])
        if far_m < limits[each][0] and turned_rad < limits[each][1]:
            agreeing.append(each)
    return tuple(agreeing)


def _apart(one: F64, other: F64) -> tuple[float, float]:
    turn = one[:3, :3].T @ other[:3, :3]
    angle = float(np.arccos(np.clip((np.trace(turn) - 1.0) / 2.0, -1.0, 1.0)))
    return float(np.linalg.norm(one[:3, 3] - other[:3, 3])), angle


def _moved(number: int, far_m: float, turned_rad: float) -> Finding:
    turned = f" and turned by {np.degrees(turned_rad):.0f} degrees" if turned_rad > _TURNED_RAD else ""
    return Finding(
        "moved",
        (number,),
        f"tag {number} has moved by {far_m * 100:.1f} cm{turned} since the old map",
        f"The new map has its new place; if it hangs loose, fix tag {number} and film again",
        value=far_m * 1000,
    )
