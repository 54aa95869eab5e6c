"""Which marks stay in the equations to the end, and which are taken out at once.

A mark that is taken out ties all frames it was seen in, so its run must fit a block of frames. Corners
of tags are seen all through a take, and hold it together: they stay. So do the natural marks seen
longest; the other long ones are cut into runs, each a mark of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from openset.stage.solve.model import I64, Marks, Sightings

BLOCK = 40
"""Frames to a block."""
MOST_TAG_CORNERS = 400
MOST_LONG = 80
FEWEST_FRAMES = 4
"""A mark seen in fewer frames says next to nothing."""


@dataclass(frozen=True, eq=False)
class Arranged:
    """The sightings that are solved with, passing marks first, frames rising.

    `passing` marks are numbered from 0 and begin at `starts` (passing + 1,); `lasting` ones follow,
    each with its three columns; `fixed` ones come last and do not move. `source` (p,) is each one's
    number among the problem's marks.
    """

    sightings: Sightings
    starts: I64
    passing: int
    lasting: int
    source: I64

    @property
    def first_lasting(self) -> int:
        """The first sighting of a mark that stays."""
        return int(self.starts[-1])


def arrange(sightings: Sightings, marks: Marks, block: int = BLOCK) -> Arranged:
    """Put the sightings in order, without those held out and those of marks hardly seen."""
    used = sightings.only(~sightings.held_out)
    used = used.only(np.lexsort((used.frame, used.mark)))
    first, last, count = _runs(used, len(marks.tag))
    used = used.only((count >= np.where(marks.known, 1, FEWEST_FRAMES))[used.mark])
    first, last, count = _runs(used, len(marks.tag))
    tagged = _most(np.where(marks.tag >= 0, count, 0), MOST_TAG_CORNERS)
    fixed = marks.known & (count > 0) & ~tagged
    long = (last - first >= block) & ~tagged & ~fixed
    lasting = tagged | _most(np.where(long, last - first, 0), MOST_LONG)
    run = np.where((long & ~lasting)[used.mark], (used.frame - first[used.mark]) // block, 0)
    kind = np.where(fixed[used.mark], 2, np.where(lasting[used.mark], 1, 0))
    used, run, kind = _without_stubs(used, run, kind)
    order = np.lexsort((used.frame, run, used.mark, kind))
    used, run, kind = used.only(order), run[order], kind[order]
    fresh = np.ones(len(run), bool)
    fresh[1:] = (np.diff(used.mark) != 0) | (np.diff(run) != 0)
    begins = np.flatnonzero(fresh)
    number = np.cumsum(fresh) - 1
    kinds = kind[begins]
    passing, lasting_count = int((kinds == 0).sum()), int((kinds == 1).sum())
    ends = np.append(begins, len(run))
    return Arranged(
        replace(used, mark=number.astype(np.int64)),
        ends[: passing + 1].astype(np.int64),
        passing,
        lasting_count,
        used.mark[begins],
    )


def _runs(sightings: Sightings, count: int) -> tuple[I64, I64, I64]:
    """The first and last frame of each mark, and how often it was seen."""
    first, last = np.full(count, 1 << 60, np.int64), np.full(count, -1, np.int64)
    np.minimum.at(first, sightings.mark, sightings.frame)
    np.maximum.at(last, sightings.mark, sightings.frame)
    return first, last, np.bincount(sightings.mark, minlength=count)


def _most(score: I64, count: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The `count` marks of highest score above nought."""
    chosen = np.zeros(len(score), bool)
    best = np.argsort(-score, kind="stable")[:count]
    chosen[best] = score[best] > 0
    return chosen


def _without_stubs(used: Sightings, run: I64, kind: I64) -> tuple[Sightings, I64, I64]:
    """Without the runs of passing marks that are too short."""
    runs = int(run.max(initial=0)) + 1
    size = np.bincount(used.mark * runs + run)
    keep = (kind > 0) | (size[used.mark * runs + run] >= FEWEST_FRAMES)
    return used.only(keep), run[keep], kind[keep]
