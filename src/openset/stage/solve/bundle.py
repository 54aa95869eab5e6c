"""The joint solve: one path, lens, delay, mount and read-out that explain the whole take.

Gauss-Newton with Marquardt's damping over everything at once (Triggs and others 2000). Sightings far
off lose weight by Cauchy's rule, scaled by the median; marks that stay far off, on actors and on tags
that were moved, are dropped by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.space import F64
from openset.stage.solve import equations
from openset.stage.solve.arrange import BLOCK, Arranged, arrange
from openset.stage.solve.arrow import Arrow, LinAlgError, Solved, empty_arrow, solve_arrow
from openset.stage.solve.image import Linear, Places, expected, sight_lines
from openset.stage.solve.model import COUNT, DELAY, SEEN, Bools, Path, Problem
from openset.stage.solve.path import moved, read_path, twists
from openset.stage.solve.prior import drift_precision, knots, precision
from openset.stage.solve.start import first_delay_s, places
from openset.stage.solve.tracker import Ties, gathered, reading_floor, report_ties, weight_ties

MOST_STEPS = 25
FEWEST_SIGHTINGS = 200
_SMALLEST_PX = 0.04
_SMALLEST_NATURAL = 1.2e-4
"""Parts of the picture's width. Natural corners repeat better than they are placed: a patch seen from
elsewhere is another patch. Believed to their scatter they pull the lens away from the tags (measured:
0.06 % of focal length, 1.2 px of centre at 1280)."""
_ALONE = 0.01
"""The part of a natural mark's word that is believed where no mapped tag is seen. A cloth in the wind
takes half of the marks with it, both halves of the picture agree, and a far wall tells a step to the
side from a turn by hundredths of a pixel: believed in full, they move a camera whose tracker errs by
0.5 mm by 4 to 8 mm, with this by 0.5 to 0.9."""
_REACH = 3.0
_GATE = 5.0
_SETTLED = 2e-4
_LEAST_NEWS = 0.02
_NEARNESS, _NEARNESS_SD = 0.25, 0.5

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class State:
    """Everything that is being found: the path, the shared numbers, the tracker's slow error at
    the knots (k, 6), and where the marks are."""

    path: Path
    shared: F64
    drift: F64
    places: Places


@dataclass(frozen=True, eq=False)
class Setting:
    """What does not change from step to step."""

    problem: Problem
    arranged: Arranged
    knots_s: F64
    shared_precision: F64
    drift_precision: F64
    start: Places
    tagged: Bools

    @property
    def belief(self) -> F64:
        """The part of each mark's word (p,) that is believed."""
        return np.where(self.tagged | self.problem.marks.known.any(), 1.0, _ALONE)

    @property
    def first_mark(self) -> int:
        """The first column of the marks that stay."""
        return COUNT + 6 * len(self.knots_s)

    @property
    def columns(self) -> int:
        """How many shared columns there are in all."""
        return self.first_mark + 3 * self.arranged.lasting


@dataclass(frozen=True, eq=False)
class View:
    """A state held against the take: sightings, the tracker's reports, the camera's weight."""

    image: Linear
    reports: Ties
    weight: Ties


@dataclass(frozen=True, eq=False)
class Bundle:
    """The settled state, its last equations solved, and which marks (by the arrangement's numbers) were
    dropped; `spread_px` is the scale of natural and of tag sightings."""

    state: State
    setting: Setting
    solved: Solved
    dropped: Bools
    weight: F64
    spread_px: tuple[float, float]
    start_delay_s: float
    steps: int


def bundle(problem: Problem, say: Say | None = None) -> Bundle:
    """Solve a take. Raises BadInput where its picture holds too little that stands still."""
    setting, state, start_delay_s = begin(problem)
    view = look(setting, state)
    dropped = np.zeros(len(setting.arranged.source), bool)
    damping, steps, settled = 1e-4, 0, 0
    while steps < MOST_STEPS and settled < 2:
        steps += 1
        spread = spread_px(setting, view.image, dropped)
        weight = sighting_weights(setting, view.image, dropped, spread)
        cost = _cost(setting, state, view, spread, dropped)
        arrow, inverses, pull = equations_of(setting, state, view, weight)
        for _ in range(6):
            try:
                tried = stepped(
                    setting, state, view, weight, solve_arrow(arrow, damping), inverses, pull
                )
            except LinAlgError:
                damping = max(damping, 1e-6) * 10
                continue
            seen = look(setting, tried)
            after = _cost(setting, tried, seen, spread, dropped)
            if after <= cost * (1 + 1e-9):
                break
            damping = max(damping, 1e-6) * 10
        else:
            break
        settled = settled + 1 if after > cost * (1 - _SETTLED) else 0
        state, view, damping = tried, seen, damping / 5
        if say:
            say(f"step {steps}: {fitted(setting, spread)}")
        if steps in (4, 8, 12):
            gone = far_off(setting, view.image, dropped)
            settled = 0 if (gone & ~dropped).any() else settled
            dropped |= gone
    spread = spread_px(setting, view.image, dropped)
    weight = sighting_weights(setting, view.image, dropped, spread)
    arrow, _, _ = equations_of(setting, state, view, weight * news(setting, view.image, weight))
    solved = solve_arrow(arrow)
    return Bundle(state, setting, solved, dropped, weight, spread, start_delay_s, steps)


def fitted(setting: Setting, spread: tuple[float, float]) -> str:
    """How well what the take has fits, in words: natural marks, tags, or both."""
    kinds = zip(("natural marks", "tags"), (~setting.tagged, setting.tagged), spread, strict=True)
    return ", ".join(f"{name} to {each:.2f} px" for name, seen, each in kinds if seen.any())


def begin(problem: Problem) -> tuple[Setting, State, float]:
    """Marks in order, and a first state: the tracker's path at the delay its turning tells."""
    arranged = arrange(problem.sightings, problem.marks, BLOCK)
    used = arranged.sightings
    if len(used.frame) < FEWEST_SIGHTINGS:
        raise BadInput(
            f"the picture holds too little that stands still: {len(used.frame)} sightings of marks",
            todo="Hang tags, or shoot with more of the set in the picture",
        )
    shared = problem.prior.values.copy()
    directions = sight_lines(problem, used, shared)
    if "delay" in problem.free:
        shared[DELAY] += first_delay_s(problem.times_s, used, directions, problem.raw)
    path = raw_path(problem, float(shared[DELAY]))
    source = arranged.source
    known = problem.marks.known[source]
    origin, direction, nearness = places(path, used, directions, len(source))
    spots = Places(
        np.where(known[:, None], 0.0, origin),
        np.where(known[:, None], problem.marks.known_m[source], direction),
        np.where(known, 1.0, nearness),
        known,
    )
    knots_s = knots(problem.times_s)
    setting = Setting(
        _as_heard(problem),
        arranged,
        knots_s,
        precision(problem.prior, problem.free),
        drift_precision(knots_s, problem.drift_m, problem.drift_rad),
        spots,
        np.asarray(problem.marks.tag[source] >= 0),
    )
    state = State(path, shared, np.zeros((len(knots_s), 6)), spots)
    return setting, state, float(shared[DELAY])


def raw_path(problem: Problem, delay_s: float) -> Path:
    """The tracker's own word at the frames, `delay_s` later than was assumed."""
    raw = problem.raw
    read = read_path(Path(raw.positions_m, raw.rotations), raw.times_s, problem.times_s - delay_s)
    return Path(read.positions_m, read.rotations)


def look(setting: Setting, state: State) -> View:
    """A state held against the take."""
    problem = setting.problem
    image = expected(
        problem,
        setting.arranged.sightings,
        state.path,
        twists(state.path, problem.times_s),
        state.places,
        state.shared,
    )
    reports = report_ties(
        problem.times_s, state.path, problem.raw, state.shared, setting.knots_s, state.drift, COUNT
    )
    return View(image, reports, weight_ties(problem.times_s, state.path))


def spread_px(setting: Setting, image: Linear, dropped: Bools) -> tuple[float, float]:
    """The standard deviation of natural and of tag sightings along each axis, by the median."""
    mark = setting.arranged.sightings.mark
    length = np.hypot(image.off[:, 0], image.off[:, 1])
    natural_px = max(_SMALLEST_PX, _SMALLEST_NATURAL * setting.problem.size_px[0])
    out = []
    for kind, least in ((~setting.tagged, natural_px), (setting.tagged, _SMALLEST_PX)):
        chosen = length[kind[mark] & ~dropped[mark] & image.usable]
        out.append(max(least, float(np.median(chosen)) / 1.1774) if len(chosen) else 1.0)
    return out[0], out[1]


def sighting_weights(
    setting: Setting, image: Linear, dropped: Bools, spread: tuple[float, float]
) -> F64:
    """How far each sighting is believed, one over pixels squared."""
    mark = setting.arranged.sightings.mark
    scale = np.where(setting.tagged[mark], spread[1], spread[0])
    far = (image.off**2).sum(axis=1) / (_REACH * scale) ** 2
    weight = setting.belief[mark] / scale**2 / (1.0 + far)
    return np.where(image.usable & ~dropped[mark], weight, 0.0)


def news(setting: Setting, image: Linear, weight: F64) -> F64:
    """The part of each sighting (k,) that the frame before did not say already. The same corner is off
    the same way for many frames; covariances that took each for a new measurement would be too small.
    """
    used = setting.arranged.sightings
    tagged = setting.tagged[used.mark]
    next_one = (np.diff(used.mark) == 0) & (np.diff(used.frame) <= 2)
    next_one &= (weight[1:] > 0) & (weight[:-1] > 0)
    out = np.ones(len(weight))
    for kind in (True, False):
        pairs = np.flatnonzero(next_one & (tagged[1:] == kind))
        if len(pairs) < FEWEST_SIGHTINGS:
            continue
        before, after = image.off[pairs], image.off[pairs + 1]
        believed = np.sqrt(weight[pairs] * weight[pairs + 1])[:, None]
        power = (believed * (before**2 + after**2)).sum() / 2
        alike = float((believed * before * after).sum() / max(power, 1e-12))
        out[tagged == kind] = np.clip((1 - alike) / (1 + alike), _LEAST_NEWS, 1.0)
    return out


def far_off(setting: Setting, image: Linear, dropped: Bools) -> Bools:
    """The marks of which most sightings are far from where they should be: they do not stand still. A
    tag goes as a whole."""
    mark = setting.arranged.sightings.mark
    spread = spread_px(setting, image, dropped)
    scale = np.where(setting.tagged[mark], spread[1], spread[0])
    length = np.hypot(image.off[:, 0], image.off[:, 1])
    far = (length > np.maximum(_GATE * scale, 0.5)) | ~image.usable
    tags = setting.problem.marks.tag[setting.arranged.source]
    belongs = np.where(tags >= 0, len(setting.problem.marks.tag) + tags, np.arange(len(tags)))
    owner = belongs[mark]
    share = np.bincount(owner, far, int(belongs.max(initial=0)) + 1)
    count = np.bincount(owner, minlength=len(share))
    return np.asarray((share > 0.4 * count)[belongs]) | dropped


def equations_of(setting: Setting, state: State, view: View, weight: F64) -> tuple[Arrow, F64, F64]:
    """The normal equations at a state, and what the marks that were taken out need: their covariances
    (p, 3, 3) and what pulls them (p, 3)."""
    arranged, image = setting.arranged, view.image
    arrow = empty_arrow(len(setting.problem.times_s), BLOCK, setting.columns)
    used, cut = arranged.sightings, arranged.first_lasting
    sums = (arrow.diagonal, arrow.side, arrow.corner, arrow.path, arrow.shared)
    equations.add_sightings(used.frame, image.by_pose, image.by_shared, image.off, weight, BLOCK, *sums)
    stay = slice(cut, None)
    columns = setting.first_mark + 3 * (used.mark[stay] - arranged.passing)
    moves = used.mark[stay] < arranged.passing + arranged.lasting
    equations.add_lasting(
        used.frame[stay], columns, image.by_pose[stay], image.by_shared[stay], image.by_mark[stay],
        image.off[stay], np.where(moves, weight[stay], 0.0), arrow.side, arrow.corner, arrow.shared,
    )  # fmt: skip
    hold, pull = mark_prior(setting, state)
    inverses = np.zeros((arranged.passing, 3, 3))
    equations.eliminate(
        arranged.starts, used.frame[:cut], image.by_pose[:cut], image.by_shared[:cut],
        image.by_mark[:cut], image.off[:cut], weight[:cut], hold[: arranged.passing],
        pull[: arranged.passing], BLOCK, arrow.diagonal, arrow.below, arrow.side, arrow.corner,
        arrow.path, arrow.shared, inverses,
    )  # fmt: skip
    for ties in (view.reports, view.weight):
        equations.add_ties(
            ties.frames, ties.by_pose, ties.columns, ties.by_column, ties.off, ties.weight, BLOCK,
            arrow.diagonal, arrow.below, arrow.side, arrow.corner, arrow.path, arrow.shared,
        )  # fmt: skip
    _add_priors(setting, state, arrow, hold, pull)
    return arrow, inverses, pull


def mark_prior(setting: Setting, state: State) -> tuple[F64, F64]:
    """What is believed of each mark: precisions (p, 3, 3) and pulls (p, 3). A known corner keeps its
    place to its own uncertainty; a natural mark is some metres away."""
    arranged, marks = setting.arranged, setting.problem.marks
    points = state.places.points
    sd = np.where(points, np.maximum(marks.known_sd_m[arranged.source], 1e-5), _NEARNESS_SD)
    hold = np.zeros((len(points), 3, 3))
    for axis in range(3):
        hold[:, axis, axis] = np.where(points | (axis == 2), sd**-2, 1e-6)
    back = setting.start.direction - state.places.direction
    pull = np.where(points[:, None], back / sd[:, None] ** 2, 0.0)
    pull[:, 2] = np.where(points, pull[:, 2], (_NEARNESS - state.places.nearness) / sd**2)
    return hold, pull


def stepped(
    setting: Setting, state: State, view: View, weight: F64, solved: Solved, inverses: F64, pull: F64
) -> State:
    """The state moved by a step."""
    arranged, image = setting.arranged, view.image
    cut = arranged.first_lasting
    steps = np.zeros((len(arranged.source), 3))
    poses = solved.path.reshape(-1, 6)
    steps[: arranged.passing] = equations.mark_steps(
        arranged.starts, arranged.sightings.frame[:cut], image.by_pose[:cut], image.by_shared[:cut],
        image.by_mark[:cut], image.off[:cut], weight[:cut], pull[: arranged.passing], inverses, poses,
        solved.shared[:SEEN],
    )  # fmt: skip
    last = arranged.passing + arranged.lasting
    steps[arranged.passing : last] = solved.shared[setting.first_mark :].reshape(-1, 3)
    return State(
        moved(state.path, poses),
        state.shared + solved.shared[:COUNT],
        state.drift + solved.shared[COUNT : setting.first_mark].reshape(-1, 6),
        state.places.moved(steps),
    )


def _add_priors(setting: Setting, state: State, arrow: Arrow, hold: F64, pull: F64) -> None:
    every, slow = slice(0, COUNT), slice(COUNT, setting.first_mark)
    arrow.corner[every, every] += setting.shared_precision
    arrow.shared[every] += setting.shared_precision @ (setting.problem.prior.values - state.shared)
    arrow.corner[slow, slow] += setting.drift_precision
    arrow.shared[slow] -= setting.drift_precision @ state.drift.ravel()
    for mark in range(setting.arranged.passing, setting.arranged.passing + setting.arranged.lasting):
        first = setting.first_mark + 3 * (mark - setting.arranged.passing)
        arrow.corner[first : first + 3, first : first + 3] += hold[mark]
        arrow.shared[first : first + 3] += pull[mark]


def _cost(
    setting: Setting, state: State, view: View, spread: tuple[float, float], dropped: Bools
) -> float:
    """What the solve makes small."""
    mark = setting.arranged.sightings.mark
    scale = np.where(setting.tagged[mark], spread[1], spread[0])
    far = (view.image.off**2).sum(axis=1) / (_REACH * scale) ** 2
    far = np.where(view.image.usable, far, 100.0)
    misfit = (setting.belief[mark] * np.log1p(far))[~dropped[mark]].sum()
    hold, pull = mark_prior(setting, state)
    apart = pull / np.maximum(hold[:, [0, 1, 2], [0, 1, 2]], 1e-9)
    belief = state.shared - setting.problem.prior.values
    slow = state.drift.ravel()
    total = 0.5 * _REACH**2 * misfit + view.reports.cost + view.weight.cost
    total += 0.5 * belief @ setting.shared_precision @ belief
    total += 0.5 * slow @ setting.drift_precision @ slow
    return float(total + 0.5 * (pull * apart).sum())


def _as_heard(problem: Problem) -> Problem:
    """The tracker's reports as frames hear them, their noise raised by what is missed between them."""
    floor = reading_floor(problem.raw)
    raw = gathered(problem.times_s, problem.raw)
    return replace(problem, raw=replace(raw, sd=np.sqrt(raw.sd**2 + floor**2)))
