"""The picture's motion fitted by a camera's path that comes some delay later: least squares at a delay,
and the search for the best one.

Three signals are fitted together, each weighted by what it leaves unexplained: the flow across (focal
length times pan, less travel over the background's distance), the flow down (tilt, travel up), and the
roll of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from openset.primitives.space import F64
from openset.primitives.time import NS_PER_S
from openset.stage.tracking.delay_path import Path
from openset.stage.tracking.motion import Motion

MIN_FRAMES = 30
ROLL_PX = 150.0
"""Pixels from the picture's middle at which a roll is counted, to compare it with the flow."""
COARSE_S = 0.004
FINE_S = 0.0002


@dataclass(frozen=True, eq=False)
class Solved:
    """The fit at one delay. `seen` and `model` (3, n) are weighted and without their means; `design`
    (3, 3, n): gains by signals by frames. `gains` are pixels a radian, pixels a metre (background), and
    the roll's, which is near 1."""

    correlation: float
    gains: F64
    seen: F64
    model: F64
    design: F64
    covered: npt.NDArray[np.bool_]

    @property
    def agreement(self) -> float:
        """The correlation of flow and track, without the roll."""
        seen, model = self.seen[:2].ravel(), self.model[:2].ravel()
        power = float(np.sqrt((seen @ seen) * (model @ model)))
        return min(1.0, max(0.0, float(seen @ model) / power)) if power > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Fit:
    """What was seen, frame by frame (seconds (n,), signals (3, n) in pixels, 0 where unknown), the path
    that is to explain it, and the weight (3, n) of each number."""

    path: Path
    begin: F64
    end: F64
    seen: F64
    weight: F64

    def moved(self, delay_s: float | F64) -> F64:
        """What the track says happened in each frame interval, had the picture this delay (one, or one
        for each frame): (6, n)."""
        return self.path.at(self.end - delay_s) - self.path.at(self.begin - delay_s)

    def design(self, delay_s: float | F64) -> F64:
        """The signals (3, n) per unit of each gain: (3, 3, n). Panning left (about +Y up) and trucking
        left both move the picture right; tilting up moves it down; rolling turns it clockwise."""
        turned_x, turned_y, turned_z, along_x, along_y, _ = self.moved(delay_s)
        none = np.zeros_like(turned_x)
        return np.array(
            [[turned_y, turned_x, none], [-along_x, along_y, none], [none, none, ROLL_PX * turned_z]]
        )

    def solve(self, delay_s: float) -> Solved:
        """The gains that fit best at a delay; none is below zero, as no lens or distance makes it.

        The mean is not explained: a steady pan is motion too, but says nothing of the delay."""
        covered = self.path.covers(self.begin - delay_s, self.end - delay_s)
        weight = self.weight * covered
        raw = self.design(delay_s)
        if covered.sum() < MIN_FRAMES:
            none = np.zeros_like(self.seen)
            return Solved(0.0, np.zeros(3), none, none, np.zeros_like(raw), covered)
        seen, design = centred(self.seen, weight), centred(raw, weight)
        normal = np.einsum("icn,jcn->ij", design, design)
        right = np.einsum("icn,cn->i", design, seen)
        gains = np.array([*_two_gains(normal[:2, :2], right[:2]), 0.0])
        if normal[2, 2] > 0:
            gains[2] = max(0.0, right[2] / normal[2, 2])
        model = np.einsum("i,icn->cn", gains, design)
        power = float(np.sqrt((seen * seen).sum() * (model * model).sum()))
        correlation = float((seen * model).sum()) / power if power > 0 else 0.0
        return Solved(correlation, gains, seen, model, design, covered)

    def scan(self, delays: F64) -> tuple[float, F64]:
        """The best delay of a list, by parabola through the peak, and the correlation at each."""
        heights = np.array([self.solve(float(delay)).correlation for delay in delays])
        top = int(np.argmax(heights))
        best = float(delays[top])
        if 0 < top < len(delays) - 1:
            low, high = heights[top] - heights[top - 1], heights[top] - heights[top + 1]
            if low + high > 0:
                best += 0.5 * (low - high) / (low + high) * float(delays[1] - delays[0])
        return best, heights

    def refine(self, near_s: float) -> float:
        """The peak near a delay, scanned ever more finely."""
        for half, step in ((0.012, 0.002), (0.002, FINE_S)):
            near_s, _ = self.scan(np.arange(near_s - half, near_s + half + step / 2, step))
        return near_s

    def reweighted(self, delay_s: float) -> Fit:
        """Each signal weighted by its spread about the fit; frames that contradict the rest lose weight
        (Huber, three deviations by the median)."""
        solved = self.solve(delay_s)
        known = (self.weight > 0) & solved.covered
        off = np.where(known, _apart(self, solved, delay_s), 0.0)
        spread = np.array([_spread(off[row][known[row]]) for row in range(3)])[:, None]
        size = np.hypot(off[0] / spread[0], off[1] / spread[1])
        limit = 3.0
        trust = np.where(size <= limit, 1.0, (limit / np.maximum(size, 1e-12)) ** 2)
        rolled = np.abs(off[2]) / spread[2]
        trust_roll = np.where(rolled <= limit, 1.0, (limit / np.maximum(rolled, 1e-12)) ** 2)
        trusts = np.stack([trust, trust, trust * trust_roll])
        return replace(self, weight=np.where(self.weight > 0, trusts / spread**2, 0.0))

    def evened(self, delay_s: float) -> Fit:
        """The same with what contradicts the rest cut off instead of weighing less, so that neighbours
        of a spoiled frame can be compared across it."""
        solved = self.solve(delay_s)
        off = np.where(self.weight > 0, _apart(self, solved, delay_s), 0.0)
        most = self.weight.max(axis=1, keepdims=True)
        trust = self.weight / np.maximum(most, 1e-12)
        return replace(
            self, seen=self.seen - (1.0 - trust) * off, weight=np.where(self.weight > 0, most, 0.0)
        )

    def part(self, rows: slice | npt.NDArray[np.bool_]) -> Fit:
        """The same with only some of the frames."""
        return replace(
            self,
            begin=self.begin[rows],
            end=self.end[rows],
            seen=self.seen[:, rows],
            weight=self.weight[:, rows],
        )


def fit_of(motion: Motion, path: Path, origin_ns: int) -> Fit:
    """The fit of a motion by a path, times in seconds since `origin_ns`."""
    begin = (motion.from_ns - origin_ns) / NS_PER_S
    end = (motion.to_ns - origin_ns) / NS_PER_S
    roll = np.full(len(begin), np.nan) if motion.roll_rad is None else motion.roll_rad
    seen = np.stack([motion.flow_px[:, 0], motion.flow_px[:, 1], ROLL_PX * roll])
    known = np.isfinite(seen)
    known[:2] &= known[0] & known[1]
    if known[2].sum() < MIN_FRAMES:
        known[2] = False
    return Fit(path, begin, end, np.where(known, seen, 0.0), known.astype(np.float64))


def centred(values: F64, weight: F64) -> F64:
    """Values (..., c, n) less the weighted mean of each signal, times the root of the weight (c, n)."""
    mean = (values * weight).sum(axis=-1, keepdims=True) / np.maximum(
        weight.sum(axis=-1, keepdims=True), 1e-12
    )
    return np.asarray((values - mean) * np.sqrt(weight))


def _apart(fit: Fit, solved: Solved, delay_s: float) -> F64:
    """What the model leaves unexplained, in pixels (3, n), about its median."""
    off = fit.seen - np.einsum("i,icn->cn", solved.gains, fit.design(delay_s))
    middle = np.median(off[:, solved.covered], axis=1, keepdims=True) if solved.covered.any() else 0.0
    return np.asarray(off - middle)


def _spread(values: F64) -> float:
    """A standard deviation by the median, never below a hundredth of a pixel."""
    return max(0.01, 1.4826 * float(np.median(np.abs(values)))) if len(values) else 1.0


def _two_gains(normal: F64, right: F64) -> tuple[float, float]:
    """Least squares with both gains kept at or above zero."""
    floor = 1e-6 * float(np.trace(normal)) + 1e-15
    first, second = np.linalg.solve(normal + floor * np.eye(2), right).tolist()
    if first >= 0 and second >= 0:
        return first, second
    alone = np.maximum(right / (np.diag(normal) + floor), 0.0)
    gain = right * alone
    return (float(alone[0]), 0.0) if gain[0] >= gain[1] else (0.0, float(alone[1]))
