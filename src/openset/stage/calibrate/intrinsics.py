"""A lens from views of a board: the model, the fit, corners that do not belong, and how sure it is.

Brown-Conrady with five coefficients, or the fisheye model above about 100 degrees; never more terms,
which fit noise where no board was seen. Corners off by more than three robust standard deviations are
dropped, twice. The board's own shape is let free, within what paper and foam board do, where views that
were kept apart are predicted better with it (the idea of Strobl and Hirzinger 2011).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.space import F64
from openset.stage.calibrate.agreement import disagreement, map_spread_px
from openset.stage.calibrate.bundle import Bool, Corners, Freedom, Prior, Solved, bundle
from openset.stage.calibrate.edges import rebowed
from openset.stage.calibrate.sighting import View
from openset.stage.calibrate.single import view_from
from openset.stage.calibrate.start import Guess, guess, posed
from openset.stage.lens.derivatives import parameters_of
from openset.stage.lens.fisheye import WIDEST
from openset.stage.lens.measured import MeasuredLens
from openset.stage.lens.model import Lens, project, rays
from openset.stage.prints.model import Board

LEAST_VIEWS = 3
FEW_VIEWS = 8
"""With fewer views a lens that was given to start from is also believed a little."""
SHAPE_SD_M = np.array([0.0001, 0.0001, 0.0004])
"""How far a printed corner stands from where it was meant: a tenth of a millimetre along the paper,
four tenths out of it."""
_BENDS = (0.3, 0.1, 0.03, 0.01)
"""How far each radial term moves the picture's corner, as a part of its distance from the axis."""
_MANY_VIEWS = 12
"""With fewer views they are held out in up to seven parts: of half, little of a board could be told."""
_MOST_PARTS = 7
_SPLITS = (0b10, 0b1100, 0b110)
MODELS = ("auto", "brown-conrady", "fisheye")


@dataclass(frozen=True, eq=False)
class Calibration:
    """The lens, its covariance (9, 9), and the views it came from.

    `rms_px` is of the corners that counted; `view_rms_px` of each view's. `map_uncertainty_px` is how
    far the drawn picture may be off over the whole frame, rms: half of what lenses from one half of
    the views and from the other disagree. `poses` (v, 4, 4) are camera from board, `points_m` the
    board's corners as they turned out, `shaped` whether they were let free.
    """

    lens: Lens
    covariance: F64
    views: tuple[View, ...]
    poses: F64
    points_m: F64
    rms_px: float
    view_rms_px: tuple[float, ...]
    residuals_px: tuple[F64, ...]
    map_uncertainty_px: float
    map_spread_px: float
    corners_used: int
    corners_dropped: int
    shaped: bool

    @property
    def focal_sd_px(self) -> float:
        """The focal length's standard deviation."""
        return float(np.sqrt(max(self.covariance[0, 0], self.covariance[1, 1])))


def calibrate(
    views: Sequence[View],
    board: Board,
    width_px: int,
    height_px: int,
    *,
    model: str = "auto",
    start: MeasuredLens | None = None,
    thorough: bool = True,
) -> Calibration:
    """The lens that drew these views. `start` is a lens to begin with, believed where views are few.
    Without `thorough` the board's shape is not looked at and the uncertainty is the covariance's.

    Raises BadInput where there are too few views, or none that fit each other.
    """
    if len(views) < LEAST_VIEWS:
        raise BadInput(
            f"{len(views)} usable views of the board, and a lens needs at least {LEAST_VIEWS}",
            todo="Shoot the board from more sides: near and far, tilted, in every corner",
        )
    problem = _Problem(tuple(views), board.points_m, width_px, height_px, start)
    fit = _best_model(problem, model)
    problem, fit = _straightened(problem, fit, board)
    shaped = thorough and _shape_helps(problem, fit)
    if shaped:
        fit = _fitted(problem, fit.guess, shape=True)
    return _told(problem, fit, shaped, thorough)


@dataclass(frozen=True, eq=False)
class _Problem:
    views: tuple[View, ...]
    board_m: F64
    width_px: int
    height_px: int
    start: MeasuredLens | None

    def part(self, which: Sequence[int]) -> _Problem:
        """Only some of the views."""
        return replace(self, views=tuple(self.views[index] for index in which))


@dataclass(frozen=True, eq=False)
class _Fit:
    guess: Guess
    corners: Corners
    solved: Solved


def _best_model(problem: _Problem, model: str) -> _Fit:
    """The fit of the model asked for; of its own accord the fisheye one only where the picture is wide
    and it fits better."""
    brown = None if model == "fisheye" else _try(problem, fisheye=False)
    if model == "brown-conrady" and brown is not None:
        return brown
    if brown is not None and not _is_wide(brown.solved.lens):
        guessed = guess(
            problem.views, problem.board_m, problem.width_px, problem.height_px, fisheye=True
        )
        if guessed.rms_px > brown.guess.rms_px or not _is_wide(guessed.lens):
            return brown
    fisheye = _try(problem, fisheye=True)
    fits = [each for each in (brown, fisheye) if each is not None]
    if not fits:
        raise BadInput(
            "the views do not fit any lens",
            todo="Check the board's size and counts given to --board, and that no view is of another "
            "camera or zoom",
        )
    if brown is None or fisheye is None:
        return fits[0]
    wide = _is_wide(fisheye.solved.lens)
    return fisheye if wide and _rms(fisheye) < _rms(brown) else brown


def _straightened(problem: _Problem, fit: _Fit, board: Board) -> tuple[_Problem, _Fit]:
    """The views with their edges bowed as the lens bows them, and the lens of those. Twice: a guess of
    the bow that was wrong spoilt the first lens."""
    if all(view.seen.followed is None for view in problem.views):
        return problem, fit
    for _ in range(2):
        poses, lens = fit.solved.poses, fit.solved.lens
        views = [rebowed(view, board, lens, poses[place]) for place, view in enumerate(problem.views)]
        problem = replace(problem, views=tuple(views))
        fit = _fitted(problem, fit.guess, shape=False)
    return problem, fit


def _is_wide(lens: Lens) -> bool:
    """Whether the lens sees more than what a Brown-Conrady lens can tell, over the diagonal."""
    w, h = float(lens.width_px), float(lens.height_px)
    ends = rays(lens, np.array([[[0.0, 0.0], [w, h]], [[w, 0.0], [0.0, h]]]))
    ends = ends / np.linalg.norm(ends, axis=-1, keepdims=True)
    return float((ends[:, 0] * ends[:, 1]).sum(axis=-1).min()) < math.cos(WIDEST)


def _try(problem: _Problem, *, fisheye: bool) -> _Fit | None:
    guessed = guess(
        problem.views, problem.board_m, problem.width_px, problem.height_px, fisheye=fisheye
    )
    if problem.start is not None and (problem.start.lens.fisheye is not None) == fisheye:
        given = posed(problem.views, problem.board_m, problem.start.lens)
        guessed = min(guessed, given, key=lambda each: each.rms_px)
    try:
        fit = _fitted(problem, guessed, shape=False)
    except np.linalg.LinAlgError:
        return None
    return fit if np.isfinite(_rms(fit)) else None


def _rms(fit: _Fit) -> float:
    kept = fit.solved.residuals_px[fit.corners.used]
    return float(np.sqrt((kept**2).sum(axis=-1).mean()))


def _fitted(problem: _Problem, start: Guess, *, shape: bool) -> _Fit:
    """Solved from a guess: first what is sure, then all; corners that do not belong go, twice."""
    corners = _corners(problem.views)
    prior = _prior(problem, start.lens)
    fisheye = start.lens.fisheye is not None
    first = Freedom(_free("fx", "fy") if fisheye else _free("fx", "fy", "k1"))
    rough = bundle(corners, problem.board_m, start.lens, start.poses, prior, first)
    all_free = np.ones(9, bool)
    all_free[8] = not fisheye
    freedom = Freedom(all_free, SHAPE_SD_M if shape else None)
    solved = bundle(corners, problem.board_m, rough.lens, rough.poses, prior, freedom)
    for _ in range(2):
        corners = _corners(problem.views).without(_strangers(corners, solved))
        solved = bundle(corners, problem.board_m, solved.lens, solved.poses, prior, freedom)
    return _Fit(Guess(solved.lens, solved.poses, start.rms_px), corners, solved)


def _corners(views: Sequence[View]) -> Corners:
    count = [len(view.seen.index) for view in views]
    return Corners(
        np.concatenate([view.seen.index for view in views]),
        np.repeat(np.arange(len(views)), count),
        np.concatenate([view.seen.corners_px for view in views]),
        np.ones(sum(count), bool),
    )


def _strangers(corners: Corners, solved: Solved) -> Bool:
    """Corners farther off than three robust standard deviations, in their view's own noise."""
    off = np.linalg.norm(solved.residuals_px, axis=-1) / solved.noise_px[corners.view]
    return np.asarray(off > 3.0 * 1.4826 * float(np.median(off[corners.used])))


_PLACES = {"fx": 0, "fy": 1, "cx": 2, "cy": 3, "k1": 4, "k2": 5, "p1": 6, "p2": 7, "k3": 8}


def _free(*names: str) -> Bool:
    out = np.zeros(9, bool)
    out[[_PLACES[name] for name in names]] = True
    return out


def _prior(problem: _Problem, lens: Lens) -> Prior:
    """What is so of nearly all lenses: square pixels, the axis near the middle, little of the higher
    terms. Far weaker than a dozen good views; where views are few, also the lens that was given."""
    w, h = problem.width_px, problem.height_px
    diagonal = float(np.hypot(w, h))
    rows = [np.eye(9)[0] - np.eye(9)[1], np.eye(9)[2], np.eye(9)[3]]
    wanted, sd = [0.0, w / 2, h / 2], [0.003 * lens.fx_px, 0.03 * diagonal, 0.03 * diagonal]
    edge = diagonal / 2 / lens.fx_px  # the corner's distance from the axis, in focal lengths
    terms = (4, 5, 6, 7) if lens.fisheye is not None else (4, 5, 8)
    for order, place in enumerate(terms, start=1):
        rows.append(np.eye(9)[place])
        wanted.append(0.0)
        sd.append(_BENDS[order - 1] / min(edge, 1.6) ** (2 * order))
    if lens.fisheye is None:
        for place in (6, 7):
            rows.append(np.eye(9)[place])
            wanted.append(0.0)
            sd.append(0.004)
    if problem.start is not None and len(problem.views) < FEW_VIEWS:
        known = parameters_of(problem.start.lens)
        if (problem.start.lens.fisheye is None) == (lens.fisheye is None):
            rows += list(np.eye(9))
            wanted += known.tolist()
            sd += _spread_of(problem.start, known, diagonal)
    return Prior(np.array(rows), np.array(wanted), np.array(sd))


def _spread_of(start: MeasuredLens, known: F64, diagonal: float) -> list[float]:
    """How far a given lens is believed: another sample of the same make differs by about a percent."""
    usual = [0.01 * known[0], 0.01 * known[0], 0.01 * diagonal, 0.01 * diagonal]
    return usual + [max(0.02, 0.3 * abs(value)) for value in known[4:].tolist()]


def _shape_helps(problem: _Problem, fit: _Fit) -> bool:
    """Whether views that were kept apart are predicted better by a lens and a board from the others
    when that board's corners were free: half of the views, or one or two at a time where they are few.
    Of a flat board, seven views are predicted worse by a quarter."""
    count = len(problem.views)
    if count < 6:
        return False
    parts = 2 if count >= _MANY_VIEWS else min(count, _MOST_PARTS)
    flat = shaped = 0.0
    for part in range(parts):
        test = list(range(part, count, parts))
        learn = [index for index in range(count) if index not in test]
        begin = replace(fit.guess, poses=fit.guess.poses[learn])
        held = problem.part(test).views
        flat += _left_over(_fitted(problem.part(learn), begin, shape=False).solved, held)
        shaped += _left_over(_fitted(problem.part(learn), begin, shape=True).solved, held)
    return shaped < flat


def _left_over(solved: Solved, views: Sequence[View]) -> float:
    """The sum over views of the median corner's distance from where lens and board put it."""
    total = 0.0
    for view in views:
        pose = view_from(view, solved.points_m, solved.lens)
        points = solved.points_m[view.seen.index] @ pose[:3, :3].T + pose[:3, 3]
        off = np.linalg.norm(project(solved.lens, points) - view.seen.corners_px, axis=-1)
        total += float(np.median(off))
    return total


def _halves(count: int, pattern: int) -> tuple[list[int], list[int]]:
    """The views in two halves: odd and even for 0b10, pairs for 0b1100, outer and inner for 0b110."""
    length = pattern.bit_length()
    one = [index for index in range(count) if pattern >> (index % length) & 1]
    return one, [index for index in range(count) if index not in set(one)]


def _told(problem: _Problem, fit: _Fit, shaped: bool, thorough: bool) -> Calibration:
    solved, corners = fit.solved, fit.corners
    views = problem.views
    squares = (solved.residuals_px**2).sum(axis=-1)
    kept = [corners.used & (corners.view == index) for index in range(len(views))]
    spread = map_spread_px(solved.lens, solved.covariance)
    return Calibration(
        solved.lens,
        solved.covariance,
        views,
        solved.poses,
        solved.points_m,
        float(np.sqrt(squares[corners.used].mean())),
        tuple(float(np.sqrt(squares[mask].mean())) if mask.any() else 0.0 for mask in kept),
        tuple(solved.residuals_px[corners.view == index] for index in range(len(views))),
        _uncertainty(problem, fit, spread, shaped) if thorough else spread,
        spread,
        int(corners.used.sum()),
        int((~corners.used).sum()),
        shaped,
    )


def _uncertainty(problem: _Problem, fit: _Fit, spread: float, shaped: bool) -> float:
    """Half of what lenses from halves of the views disagree over the picture, over three ways to halve.

    Each half has twice the whole's variance, so two of them differ by twice what the whole is off. That
    holds where a half still sees the whole picture: of 24 views it is up to twice the true error (of
    simulated corners), of eight, whose halves of four are poor lenses, five times. It errs on the safe
    side. Three numbers may by chance agree too well: what is said is never less than the covariance
    means. With fewer than six views no half is a lens, and the covariance speaks alone."""
    if len(problem.views) < 2 * LEAST_VIEWS:
        return spread
    apart = []
    for pattern in _SPLITS:
        lenses = []
        for half in _halves(len(problem.views), pattern):
            if len(half) >= LEAST_VIEWS:
                begin = replace(fit.guess, poses=fit.guess.poses[half])
                lenses.append(_fitted(problem.part(half), begin, shape=shaped).solved.lens)
        if len(lenses) == 2:
            apart.append(disagreement(lenses[0], lenses[1]).rms_px / 2.0)
    return max(spread, float(np.sqrt(np.mean(np.square(apart))))) if apart else spread
