"""A whole take solved and judged: from plain arrays to a path, figures and residuals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from openset.primitives.space import F64
from openset.stage.solve.bundle import Bundle, Say, bundle, raw_path
from openset.stage.solve.judge import residuals, summary
from openset.stage.solve.model import (
    NAMES,
    NODAL,
    PART_OF,
    READOUT,
    Bools,
    Figure,
    Problem,
    Residuals,
    Sightings,
    Solution,
)

_SAYS_SOMETHING = 0.5
"""A number is determined where its spread is less than this part of what was believed before."""
_SURELY = 3.0
"""Spreads by which a read-out must be below nought to be that of a camera held upside down."""
_UNSEEN_TREMOR = 0.02
"""The part of the read-out that goes to tremor faster than the frames follow."""
_VAGUE = {"delay_s": 0.005, "readout_s": 0.001}
"""Seconds beyond which a time was only read out of the tracker's noise."""
_MOUNT_SD = np.array([0.01] * 3 + [0.0035] * 3)
"""Metres and radians: without mapped tags the path goes wherever the mount does, and a mount known to
some centimetres and a degree would take all of it that far off."""
_WHY = {
    "focal": "too little that pans through the picture, and nothing whose size is known",
    "centre": "too little roll and pan",
    "distortion": "too few marks in the corners of the picture",
    "delay": "too little motion",
    "nodal": "too little pan, tilt and roll against marks that are known",
    "readout": "too little motion",
    "edges": "no tags seen from near and from afar",
}


def solve(problem: Problem, say: Say | None = None) -> Solution:
    """Solve a take. Raises BadInput where its picture holds too little that stands still."""
    problem = replace(problem, sightings=problem.sightings.edged(problem.marks.tag))
    found = bundle(problem, say)
    figures = _figures(problem, found)
    vague = _vague(problem, figures)
    if vague:  # what the take does not tell stays as it was believed, and only that
        found = bundle(replace(problem, free=problem.free - vague), say)
        again = _figures(problem, found)
        figures = {
            name: _untold(problem, index) if part in vague else again[name]
            for index, (name, part) in enumerate(zip(NAMES, PART_OF, strict=True))
        }
    state, arranged = found.state, found.setting.arranged
    used = arranged.sightings.frame[found.weight > 0]
    gone = np.unique(problem.marks.tag[arranged.source[found.dropped]])
    before, after = _judged(problem, found)
    return Solution(
        state.path,
        found.solved.path_covariance(),
        state.shared,
        figures,
        np.bincount(used, minlength=len(problem.times_s)),
        before,
        after,
        int((~found.dropped).sum()),
        int(found.dropped.sum()),
        tuple(int(tag) for tag in gone if tag >= 0),
        found.steps,
        found.start_delay_s,
    )


def _vague(problem: Problem, figures: Mapping[str, Figure]) -> frozenset[str]:
    """The parts of which the take tells no number well enough."""
    told = {part for part, figure in zip(PART_OF, figures.values(), strict=True) if figure.determined}
    mount_sd = np.array([figures[name].sd for name in NAMES[NODAL]])
    if not problem.marks.known.any() and (mount_sd > _MOUNT_SD).any():
        told.discard("nodal")
    # What edges do keeps its doubt: held where it was believed, tags would be trusted too much.
    return problem.free - told - {"edges"}


def _judged(problem: Problem, found: Bundle) -> tuple[Residuals, Residuals]:
    """The residuals of what was held out, before and after."""
    held = problem.sightings.only(problem.sightings.held_out)
    state, arranged = found.state, found.setting.arranged
    gone_tags = np.unique(problem.marks.tag[arranged.source[found.dropped]])
    held = held.only(~np.isin(problem.marks.tag[held.mark], gone_tags[gone_tags >= 0]))
    known = problem.marks.known_m
    solved = known.copy()
    placed = np.flatnonzero(state.places.points)
    solved[arranged.source[placed]] = state.places.direction[placed]
    start = problem.prior.values
    first = residuals(problem, held, raw_path(problem, 0.0), start, known)
    last = residuals(problem, held, state.path, state.shared, solved)
    still = _still(held, first, last)
    return summary(first[still]), summary(last[still])


def _still(held: Sightings, first: F64, last: F64) -> Bools:
    """Leave out what no path explains: natural marks that stay far off both before and after are on
    somebody who moves."""
    count = int(held.mark.max(initial=-1)) + 1
    total = np.bincount(held.mark, np.minimum(first, last), count)
    size = np.maximum(np.bincount(held.mark, minlength=count), 1)
    mean = total / size
    seen = np.bincount(held.mark, minlength=count) > 0
    limit = max(2.0, 5.0 * float(np.median(mean[seen]))) if seen.any() else 2.0
    return np.asarray(mean[held.mark] <= limit)


def _untold(problem: Problem, index: int) -> Figure:
    """A number that the take does not tell: as it was believed."""
    value = float(problem.prior.values[index])
    sd = float(np.sqrt(problem.prior.covariance[index, index]))
    note = f"not determined by this take: {_WHY[PART_OF[index]]}"
    return Figure(value, sd, value, sd, False, note)


def _figures(problem: Problem, found: Bundle) -> dict[str, Figure]:
    shared = found.state.shared
    covariance = found.solved.shared_covariance()[: len(NAMES), : len(NAMES)]
    sd = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    sd[READOUT] = np.hypot(sd[READOUT], _UNSEEN_TREMOR * abs(shared[READOUT]))
    belief = np.sqrt(np.diag(problem.prior.covariance))
    out = {}
    for index, (name, part) in enumerate(zip(NAMES, PART_OF, strict=True)):
        asked = part in problem.free
        most = min(_SAYS_SOMETHING * belief[index], _VAGUE.get(name, np.inf))
        determined = asked and bool(sd[index] < most)
        if index == READOUT and -_SURELY * sd[index] < shared[index] < 0.0:
            determined = False  # no sensor is read upwards by a little
        note = "" if determined else (_WHY[part] if asked else "not asked for")
        out[name] = Figure(
            float(shared[index]),
            float(sd[index]) if asked else float(belief[index]),
            float(problem.prior.values[index]),
            float(belief[index]),
            determined,
            f"not determined by this take: {note}" if asked and note else note,
        )
    return out
