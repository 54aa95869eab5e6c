"""Whether the board was flat: what is left of its corners when the best lens is known.

Out-of-plane curves of the second order (a paraboloid, three numbers) are fitted to each view's
residuals together with its pose; a curve counts where it explains far more than chance (an F test
with room for correlated noise) and is worth a tenth of a pixel or more. A board bent alike in all
views bends the lens instead: the curve all views share is found by solving with the board's shape free.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openset.primitives.rotation import skew
from openset.primitives.space import F64
from openset.stage.calibrate.intrinsics import Calibration
from openset.stage.calibrate.sighting import Refusal, View
from openset.stage.lens.derivatives import project_with_derivatives
from openset.stage.lens.model import Lens

SURE = 25.0
"""The F value that counts as a bend."""
LEAST_PART = 0.002
"""The least bend that counts, as a part of the board's diagonal: a millimetre on A3."""
LEAST_GAIN_PX = 0.1


@dataclass(frozen=True)
class Bend:
    """How far the board's middle stands out of its corners' plane, in metres, and how sure that is."""

    sagitta_m: float
    f_value: float
    gain_px: float

    @property
    def counts(self) -> bool:
        """Whether it explains more than chance and harms."""
        return self.f_value > SURE and self.gain_px > LEAST_GAIN_PX


def bend_of(lens: Lens, view: View, pose: F64, points_m: F64) -> Bend:
    """The curve of the board in one view; `pose` (4, 4) is camera from board."""
    board = points_m[view.seen.index]
    turned = board @ pose[:3, :3].T
    drawn, by_point, _ = project_with_derivatives(lens, turned + pose[:3, 3])
    residual = (view.seen.corners_px - drawn).ravel()
    flat = np.concatenate([by_point, by_point @ -skew(turned)], axis=-1).reshape(-1, 6)
    curve = _curves(board)
    lifted = np.einsum("nki,i->nk", by_point, pose[:3, 2])
    rows = np.concatenate([flat, (lifted[:, :, None] * curve[:, None, :]).reshape(-1, 3)], axis=1)
    before = _left(flat, residual)
    solved, *_ = np.linalg.lstsq(rows, residual, rcond=None)
    after = float(((residual - rows @ solved) ** 2).sum())
    spare = max(1, len(residual) - 9)
    height = curve @ solved[6:]
    gain = np.sqrt(max(0.0, before - after) / len(board))
    return Bend(float(np.ptp(height)), (before - after) / 3.0 / max(after / spare, 1e-12), float(gain))


def _left(rows: F64, residual: F64) -> float:
    solved, *_ = np.linalg.lstsq(rows, residual, rcond=None)
    return float(((residual - rows @ solved) ** 2).sum())


def _curves(board: F64) -> F64:
    """x^2, x y, y^2 of the corners about the middle (n, 3), without what a plane could do."""
    middle = board[:, :2] - board[:, :2].mean(axis=0)
    x, y = middle[:, 0], middle[:, 1]
    curves = np.stack([x * x, x * y, y * y], axis=-1)
    plane = np.stack([np.ones_like(x), x, y], axis=-1)
    return np.asarray(curves - plane @ np.linalg.lstsq(plane, curves, rcond=None)[0])


def shared_bend_m(found: Calibration, points_m: F64) -> float:
    """How far the board as it turned out is curved, in metres; 0 where it was not let free."""
    if not found.shaped:
        return 0.0
    curve = _curves(points_m)
    off = found.points_m[:, 2] - points_m[:, 2]
    plane = np.column_stack([np.ones(len(off)), points_m[:, :2]])
    off = off - plane @ np.linalg.lstsq(plane, off, rcond=None)[0]
    return float(np.ptp(curve @ np.linalg.lstsq(curve, off, rcond=None)[0]))


def bent_views(found: Calibration, points_m: F64) -> list[tuple[int, Refusal]]:
    """The views in which the board is bent, with what to do, by their place."""
    diagonal = float(np.linalg.norm(np.ptp(points_m, axis=0)))
    out = []
    for place, view in enumerate(found.views):
        bend = bend_of(found.lens, view, found.poses[place], found.points_m)
        if bend.counts and bend.sagitta_m > LEAST_PART * diagonal:
            out.append((place, _refusal(view.name, bend)))
    return out


def _refusal(name: str, bend: Bend) -> Refusal:
    return Refusal(
        name,
        "bent",
        f"the board is bent: its middle stands out by {bend.sagitta_m * 1000:.1f} mm",
        "Glue the sheet to glass, a mirror or aluminium, or hold it so that it does not bow",
    )
