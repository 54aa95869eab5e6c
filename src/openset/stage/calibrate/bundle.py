"""All views of a board at once: the lens, where the camera stood, and the shape of the board.

Levenberg-Marquardt on the derivatives of stage/lens/derivatives.py, the cameras eliminated view by view
(Triggs et al. 2000, section 6). Corners weigh by a noise that is estimated for each view from its own
residuals; what the views together do not tell, weak priors do. The covariance counts views, not
corners, where the views disagree more than their corners' noise explains (Liang and Zeger 1986).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from openset.primitives.rotation import matrix_from_vector, skew
from openset.primitives.space import F64
from openset.stage.calibrate.sighting import Index
from openset.stage.lens.derivatives import parameters_of, project_with_derivatives, with_parameters
from openset.stage.lens.model import Lens

Bool = npt.NDArray[np.bool_]
_MOST_STEPS = 40
SETTLED = 1e-8
"""The part of the cost by which a step must better it to be followed by another."""
_LEAST_SD_PX = 0.003


@dataclass(frozen=True, eq=False)
class Corners:
    """Every corner of every view, view by view: which point of the board it is (n,), in which view
    (n,), where it was seen (n, 2) and whether it counts (n,)."""

    point: Index
    view: Index
    seen_px: F64
    used: Bool

    @property
    def views(self) -> int:
        """How many views there are."""
        return int(self.view[-1]) + 1

    def without(self, dropped: Bool) -> Corners:
        """The same with some corners no longer counting."""
        return replace(self, used=self.used & ~dropped)


@dataclass(frozen=True, eq=False)
class Prior:
    """What is known beforehand: `rows` (k, 9) times the lens's numbers are `wanted` (k,), give or take
    `sd` (k,)."""

    rows: F64
    wanted: F64
    sd: F64

    def pull(self, values: F64) -> F64:
        """How far off the lens's numbers are (k,), in standard deviations."""
        return np.asarray((self.rows @ values - self.wanted) / self.sd)


@dataclass(frozen=True, eq=False)
class Solved:
    """The best lens, `camera_from_board` (v, 4, 4) in Openset's camera axes, the board's points
    (m, 3), residuals (n, 2) in pixels, corner noise per view (v,), and the lens's covariance (9, 9)."""

    lens: Lens
    poses: F64
    points_m: F64
    residuals_px: F64
    noise_px: F64
    covariance: F64


@dataclass(frozen=True, eq=False)
class Freedom:
    """What may change: which of the lens's numbers (9,), and how far the board's points may stand from
    where they were meant (3,) in metres; None keeps the board as printed."""

    lens: Bool
    shape_sd_m: F64 | None = None


def bundle(
    corners: Corners, board_m: F64, lens: Lens, poses: F64, prior: Prior, freedom: Freedom
) -> Solved:
    """The best fit from a start: rounds of solving and of weighing the views anew.

    `board_m` (m, 3) are the points as printed, `poses` (v, 4, 4) camera from board.
    """
    state = _State(lens, poses, board_m.copy(), np.full(corners.views, 1.0))
    for _ in range(3):
        state = _solve(corners, board_m, state, prior, freedom)
        state = replace(state, noise=_noise(corners, _residuals(corners, state)))
    state = _solve(corners, board_m, state, prior, freedom)
    return Solved(
        state.lens,
        state.poses,
        state.points,
        _residuals(corners, state),
        state.noise,
        _covariance(corners, board_m, state, prior, freedom),
    )


@dataclass(frozen=True, eq=False)
class _State:
    lens: Lens
    poses: F64
    points: F64
    noise: F64


@dataclass(frozen=True, eq=False)
class _Normal:
    """Normal equations: the shared block, each view's own (v, 6, 6), and what ties them (v, 6, g)."""

    shared: F64
    shared_rhs: F64
    own: F64
    own_rhs: F64
    tie: F64


def _in_camera(corners: Corners, state: _State) -> tuple[F64, F64]:
    """Points in camera coordinates (n, 3), and turned but not moved (n, 3)."""
    turned = np.einsum("nij,nj->ni", state.poses[corners.view, :3, :3], state.points[corners.point])
    return turned + state.poses[corners.view, :3, 3], turned


def _residuals(corners: Corners, state: _State) -> F64:
    drawn, _, _ = project_with_derivatives(state.lens, _in_camera(corners, state)[0])
    return np.asarray(drawn - corners.seen_px)


def _noise(corners: Corners, residuals: F64) -> F64:
    """Corner noise of each view: its own, drawn towards that of all as if by twenty corners."""
    squares = np.where(corners.used, (residuals**2).sum(axis=-1) / 2.0, 0.0)
    count = np.bincount(corners.view, corners.used, corners.views)
    total = np.bincount(corners.view, squares, corners.views)
    own = np.maximum(count - 3.0, 0.5)
    usual = float(np.median(total / own)) * own.sum() / max(1.0, own.sum() - 5.0)
    each = (total + 20.0 * usual) / (np.maximum(count - 3.0, 0.0) + 20.0)
    return np.asarray(np.maximum(np.sqrt(each), _LEAST_SD_PX))


def _cost(
    corners: Corners, board_m: F64, state: _State, prior: Prior, freedom: Freedom, residuals: F64
) -> float:
    weight = np.where(corners.used, 1.0 / state.noise[corners.view] ** 2, 0.0)
    cost = float((weight[:, None] * residuals**2).sum())
    cost += float((prior.pull(parameters_of(state.lens)) ** 2).sum())
    if freedom.shape_sd_m is not None:
        cost += float((((state.points - board_m) / freedom.shape_sd_m) ** 2).sum())
    return cost


def _normal(
    corners: Corners, board_m: F64, state: _State, prior: Prior, freedom: Freedom
) -> tuple[_Normal, float]:
    points, turned = _in_camera(corners, state)
    drawn, by_point, by_lens = project_with_derivatives(state.lens, points)
    residuals = drawn - corners.seen_px
    root = np.where(corners.used, 1.0 / state.noise[corners.view], 0.0)
    slopes_lens = by_lens[:, :, freedom.lens] * root[:, None, None]
    slopes_pose = np.concatenate([by_point, by_point @ -skew(turned)], axis=-1) * root[:, None, None]
    error = residuals * root[:, None]
    free = int(freedom.lens.sum())
    shape = 0 if freedom.shape_sd_m is None else 3 * len(board_m)
    shared = np.zeros((free + shape, free + shape))
    rhs = np.zeros(free + shape)
    own, own_rhs = np.empty((corners.views, 6, 6)), np.empty((corners.views, 6))
    tie = np.zeros((corners.views, 6, free + shape))
    ends = np.searchsorted(corners.view, np.arange(corners.views + 1))
    for view, (start, stop) in enumerate(pairwise(ends.tolist())):
        wide = slopes_lens[start:stop].reshape(2 * (stop - start), free)
        if shape:
            by_shape = by_point[start:stop] @ state.poses[view, :3, :3] * root[start:stop, None, None]
            wide = np.hstack([wide, _spread(by_shape, corners.point[start:stop], shape)])
        narrow, off = slopes_pose[start:stop].reshape(-1, 6), error[start:stop].ravel()
        shared += wide.T @ wide
        rhs -= wide.T @ off
        own[view], own_rhs[view], tie[view] = narrow.T @ narrow, -narrow.T @ off, narrow.T @ wide
    rows = prior.rows[:, freedom.lens] / prior.sd[:, None]
    shared[:free, :free] += rows.T @ rows
    rhs[:free] -= rows.T @ prior.pull(parameters_of(state.lens))
    if freedom.shape_sd_m is not None:
        strength = np.tile(freedom.shape_sd_m**-2.0, len(board_m))
        shared[free:, free:] += np.diag(strength)
        rhs[free:] -= strength * (state.points - board_m).ravel()
    cost = _cost(corners, board_m, state, prior, freedom, residuals)
    return _Normal(shared, rhs, own, own_rhs, tie), cost


def _spread(slopes: F64, point: Index, width: int) -> F64:
    """Derivatives by the points they belong to (k, 2, 3), in the columns of all points (2k, width)."""
    out = np.zeros((len(point), 2, width))
    which = np.arange(len(point))
    for axis in range(3):
        out[which, :, 3 * point + axis] = slopes[:, :, axis]
    return out.reshape(-1, width)


def _solve(corners: Corners, board_m: F64, state: _State, prior: Prior, freedom: Freedom) -> _State:
    damping = 1e-4
    normal, cost = _normal(corners, board_m, state, prior, freedom)
    for _ in range(_MOST_STEPS):
        step = _step(normal, damping)
        moved = _moved(state, *step, freedom)
        after = _cost(corners, board_m, moved, prior, freedom, _residuals(corners, moved))
        if not after < cost:
            damping *= 8.0
            if damping > 1e8:
                break
            continue
        settled = cost - after < SETTLED * cost
        state, damping = moved, max(damping / 8.0, 1e-12)
        if settled:
            break
        normal, cost = _normal(corners, board_m, state, prior, freedom)
    return state


def _step(normal: _Normal, damping: float) -> tuple[F64, F64]:
    """Changes of what is shared (g,) and of each view's pose (v, 6)."""
    own = normal.own + _damped(normal.own, damping)
    solved = np.linalg.solve(own, np.concatenate([normal.tie, normal.own_rhs[..., None]], axis=-1))
    small = normal.shared + np.diag(damping * np.maximum(np.diag(normal.shared), 1e-12))
    small = small - np.einsum("vig,vih->gh", normal.tie, solved[..., :-1])
    rhs = normal.shared_rhs - np.einsum("vig,vi->g", normal.tie, solved[..., -1])
    shared = np.linalg.solve(small, rhs)
    return shared, solved[..., -1] - solved[..., :-1] @ shared


def _damped(blocks: F64, damping: float) -> F64:
    diagonal = np.maximum(np.diagonal(blocks, axis1=1, axis2=2), 1e-9)
    return np.asarray(diagonal[:, :, None] * np.eye(6) * damping)


def _moved(state: _State, shared: F64, own: F64, freedom: Freedom) -> _State:
    values = parameters_of(state.lens)
    free = int(freedom.lens.sum())
    values[freedom.lens] += shared[:free]
    poses = state.poses.copy()
    poses[:, :3, :3] = matrix_from_vector(own[:, 3:]) @ poses[:, :3, :3]
    poses[:, :3, 3] += own[:, :3]
    points = state.points
    if freedom.shape_sd_m is not None:
        points = points + shared[free:].reshape(-1, 3)
    return replace(state, lens=with_parameters(state.lens, values), poses=poses, points=points)


def _covariance(corners: Corners, board_m: F64, state: _State, prior: Prior, freedom: Freedom) -> F64:
    """Of the lens's numbers (9, 9), nought for those held fixed."""
    if not freedom.lens.any():
        return np.zeros((9, 9))
    normal, _ = _normal(corners, board_m, state, prior, freedom)
    solved = np.linalg.solve(
        normal.own, np.concatenate([normal.tie, normal.own_rhs[..., None]], axis=-1)
    )
    small = normal.shared - np.einsum("vig,vih->gh", normal.tie, solved[..., :-1])
    free = int(freedom.lens.sum())
    inner = np.linalg.inv(small)[:free, :free]
    scores = -np.einsum("vig,vi->vg", normal.tie, solved[..., -1]) + _view_rhs(
        corners, board_m, state, freedom
    )
    pulls = (np.linalg.inv(small) @ scores.T)[:free]
    views = corners.views
    sandwich = pulls @ pulls.T * (views / max(1.0, views - free / 2.0))
    inflation = float(np.trace(np.linalg.solve(inner, sandwich))) / free if views > free else 1.0
    out = np.zeros((9, 9))
    out[np.ix_(freedom.lens, freedom.lens)] = inner * max(1.0, inflation)
    return out


def _view_rhs(corners: Corners, board_m: F64, state: _State, freedom: Freedom) -> F64:
    """Each view's own part of the shared right-hand side (v, g)."""
    points, _ = _in_camera(corners, state)
    drawn, by_point, by_lens = project_with_derivatives(state.lens, points)
    root2 = np.where(corners.used, 1.0 / state.noise[corners.view] ** 2, 0.0)
    error = (drawn - corners.seen_px) * root2[:, None]
    free = int(freedom.lens.sum())
    shape = 0 if freedom.shape_sd_m is None else 3 * len(board_m)
    out = np.zeros((corners.views, free + shape))
    np.add.at(out[:, :free], corners.view, -np.einsum("nki,nk->ni", by_lens[:, :, freedom.lens], error))
    if shape:
        moved = np.einsum("nki,nij,nk->nj", by_point, state.poses[corners.view, :3, :3], error)
        for axis in range(3):
            np.add.at(out, (corners.view, free + 3 * corners.point + axis), -moved[:, axis])
    return out
