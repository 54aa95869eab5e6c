"""How much later the picture comes than the pose of the same moment, found from both alone.

The still part of the picture moves against the camera: its flow between two frames is compared with the
rotation (and the travel) that the track reports between the same two moments, for every delay in a
range. The track is integrated and read at both ends of each frame interval, so dropped frames and
any pair of rates need no resampling and no smoothing. The delay where the two correlate best
is taken: a coarse scan, a fine one, a parabola.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openset.primitives.space import F64, matrix_from_quaternion
from openset.primitives.time import NS_PER_S
from openset.stage.tracking.motion import Motion, MotionLog
from openset.stage.tracking.samples import TrackSample

__all__ = ["DelayEstimate", "MotionLog", "estimate_delay"]

MIN_SPAN_S = 2.0
MIN_FRAMES = 30
MIN_MOTION_PX = 0.25  # standard deviation of the camera's part of the flow, at the working width
MIN_CORRELATION = 0.6
_COARSE_S = 0.004
_FINE_S = 0.0002
_RIVAL_S = 0.06
_GAP_S = 0.2


@dataclass(frozen=True)
class DelayEstimate:
    """`delay_s` > 0: the picture reaches the engine that much later than the pose of the same moment.

    `confidence` is the correlation of flow and track at that delay, 0..1. `sd_s` is the
    uncertainty: the larger of the fit's own and what the two halves of the material disagree by.
    `refused` says in words why the figure must not be used. `pixels_per_rad` is the focal length
    the flow implies, in pixels of a picture 640 wide (in the units of the flow given, strictly).
    """

    delay_s: float
    confidence: float
    sd_s: float | None
    refused: str | None
    pixels_per_rad: float | None = None
    frames: int = 0


@dataclass(frozen=True, eq=False)
class _Track:
    """The track integrated in the camera's own axes: seconds (m,) and, per row of `sums` (4, m), what a
    distant and a near background would have moved in x, then in y; `areas` (4, m) is their integral."""

    seconds: F64
    sums: F64
    areas: F64
    half_s: float  # half the averaging window
    gaps: F64  # (k, 2) seconds: where the tracker was silent

    def mean(self, seconds: F64) -> F64:
        """`sums` at (n,) moments, each averaged over two sample intervals, (4, n).

        Read by plain interpolation the tracker's noise is full on a sample and halved between two, and
        the correlation would be drawn to the delays that fall between (measured: by up to 4 ms)."""
        return (self._area(seconds + self.half_s) - self._area(seconds - self.half_s)) / (
            2 * self.half_s
        )

    def _area(self, seconds: F64) -> F64:
        left = np.clip(np.searchsorted(self.seconds, seconds) - 1, 0, len(self.seconds) - 2)
        width = self.seconds[left + 1] - self.seconds[left]
        inside = np.clip(seconds - self.seconds[left], 0.0, width)
        slope = (self.sums[:, left + 1] - self.sums[:, left]) / width
        return np.asarray(self.areas[:, left] + inside * (self.sums[:, left] + 0.5 * inside * slope))


def estimate_delay(
    motion: Motion, track: Sequence[TrackSample], search_s: tuple[float, float] = (-0.3, 0.5)
) -> DelayEstimate:
    """The delay of the picture behind `track` (in order of time) that best explains `motion`.

    Flow is modelled as focal length times rotation plus a constant times travel (a background at one
    depth), both found by least squares at each delay, robustly: frames that an actor spoils lose
    weight. Never raises: what is wrong is in `refused`.
    """
    trouble = _too_little(motion, track)
    if trouble:
        return DelayEstimate(0.0, 0.0, None, trouble)
    origin = int(motion.from_ns[0])
    path = _integrate(track, origin)
    begin = (motion.from_ns - origin) / NS_PER_S
    end = (motion.to_ns - origin) / NS_PER_S
    weights = np.ones(len(begin))
    fitted = _Fit(path, begin, end, motion.flow_px, weights)
    peak_s, curve = fitted.scan(np.arange(search_s[0], search_s[1] + 1e-9, _COARSE_S))
    for _ in range(2):
        fitted = fitted.reweighted(peak_s)
        peak_s = fitted.refine(peak_s)
    _, curve = fitted.scan(curve[0])
    return _judged(fitted, peak_s, curve, search_s)


def _too_little(motion: Motion, track: Sequence[TrackSample]) -> str | None:
    if len(motion.to_ns) < MIN_FRAMES or motion.to_ns[-1] - motion.from_ns[0] < MIN_SPAN_S * NS_PER_S:
        return f"too little picture: {MIN_SPAN_S:g} s with detail behind the actor are needed"
    if len(track) < MIN_FRAMES:
        return "too little track: the tracker sent almost nothing in this time"
    if track[-1].time_ns < motion.from_ns[0] or track[0].time_ns > motion.to_ns[-1]:
        return "track and picture are of different times"
    return None


def _integrate(track: Sequence[TrackSample], origin_ns: int) -> _Track:
    seconds = np.array([sample.time_ns - origin_ns for sample in track]) / NS_PER_S
    rotations = np.stack(
        [matrix_from_quaternion(np.array(sample.stage_from_camera.rotation_wxyz)) for sample in track]
    )
    positions = np.array([sample.stage_from_camera.position_m for sample in track])
    turn = np.einsum("nji,njk->nik", rotations[:-1], rotations[1:])
    # Small rotations between neighbours: the antisymmetric part is the rotation vector to third order.
    tilt = (turn[:, 2, 1] - turn[:, 1, 2]) / 2
    pan = (turn[:, 0, 2] - turn[:, 2, 0]) / 2
    travel = np.einsum("nji,nj->ni", rotations[:-1], np.diff(positions, axis=0))
    # Panning left (about +Y up) and trucking left both move the picture right; tilting up moves it
    # down.
    steps = np.stack([pan, -travel[:, 0], tilt, travel[:, 1]])
    sums = np.concatenate([np.zeros((4, 1)), np.cumsum(steps, axis=1)], axis=1)
    intervals = np.diff(seconds)
    areas = np.cumsum((sums[:, 1:] + sums[:, :-1]) / 2 * intervals, axis=1)
    half_s = float(np.median(intervals))
    wide = np.flatnonzero(intervals > _GAP_S)
    gaps = np.stack([seconds[wide], seconds[wide + 1]], axis=1)
    return _Track(seconds, sums, np.concatenate([np.zeros((4, 1)), areas], axis=1), half_s, gaps)


@dataclass(frozen=True, eq=False)
class _Fit:
    path: _Track
    begin: F64
    end: F64
    flow: F64
    weights: F64

    def expected(self, delay_s: float) -> tuple[F64, npt.NDArray[np.bool_]]:
        """Rotation and travel columns (2n, 2) at a delay, and which frames the track covers (n,)."""
        start, stop = self.begin - delay_s, self.end - delay_s
        margin, seconds = self.path.half_s, self.path.seconds
        moved = self.path.mean(stop) - self.path.mean(start)
        covered = (start - margin >= seconds[0]) & (stop + margin <= seconds[-1])
        for left, right in self.path.gaps:
            covered &= (stop + margin <= left) | (start - margin >= right)
        columns = np.stack(
            [np.concatenate([moved[0], moved[2]]), np.concatenate([moved[1], moved[3]])], axis=1
        )
        return columns, covered

    def solve(self, delay_s: float) -> tuple[float, F64, F64, F64]:
        """Correlation, (rotation, travel) gains, weighted flow and model as seen at a delay.

        The mean is not removed: a steady pan is motion too, but says nothing of the delay, so the
        correlation is taken about each axis' weighted mean."""
        columns, covered = self.expected(delay_s)
        weight = np.tile(self.weights * covered, 2)
        count = len(self.begin)
        if covered.sum() < MIN_FRAMES:
            return 0.0, np.zeros(2), np.zeros(2 * count), np.zeros(2 * count)
        target = _centred(np.concatenate([self.flow[:, 0], self.flow[:, 1]]), weight)
        columns = np.stack([_centred(columns[:, 0], weight), _centred(columns[:, 1], weight)], axis=1)
        gains = _gains(columns, target)
        model = columns @ gains
        power = float(np.sqrt((target @ target) * (model @ model)))
        return (float(target @ model) / power if power > 0 else 0.0), gains, target, model

    def scan(self, delays: F64) -> tuple[float, tuple[F64, F64]]:
        """The best delay of a list, by parabola through the peak, and the curve (delays,
        correlations)."""
        heights = np.array([self.solve(float(delay))[0] for delay in delays])
        top = int(np.argmax(heights))
        best = float(delays[top])
        if 0 < top < len(delays) - 1:
            low, high = heights[top] - heights[top - 1], heights[top] - heights[top + 1]
            if low + high > 0:
                best += 0.5 * (low - high) / (low + high) * float(delays[1] - delays[0])
        return best, (delays, heights)

    def refine(self, near_s: float) -> float:
        """The peak near a delay, scanned ever more finely."""
        for half, step in ((0.012, 0.002), (0.002, _FINE_S)):
            near_s, _ = self.scan(np.arange(near_s - half, near_s + half + step / 2, step))
        return near_s

    def reweighted(self, delay_s: float) -> _Fit:
        """Frames that contradict the rest lose weight (Huber, three deviations by the median)."""
        _, _, target, model = self.solve(delay_s)
        scale = np.sqrt(np.maximum(np.tile(self.weights, 2), 1e-9))
        off = ((target - model) / scale).reshape(2, -1)
        size = np.hypot(off[0], off[1])
        limit = 3.0 * float(np.median(size)) / 1.18 + 1e-9
        weights = np.where(size <= limit, 1.0, (limit / np.maximum(size, 1e-12)) ** 2)
        return _Fit(self.path, self.begin, self.end, self.flow, weights)

    def part(self, rows: slice) -> _Fit:
        """The same with only some of the frames."""
        return _Fit(self.path, self.begin[rows], self.end[rows], self.flow[rows], self.weights[rows])

    def own_sd_s(self, delay_s: float) -> float:
        """The least-squares uncertainty of the delay: residual over the slope of the model."""
        _, _, target, model = self.solve(delay_s)
        ahead, behind = self.solve(delay_s + 0.002), self.solve(delay_s - 0.002)
        slope = (ahead[3] - behind[3]) / 0.004
        strength, rest = float(slope @ slope), target - model
        if strength <= 0:
            return float("inf")
        spare = max(1, int(np.count_nonzero(target)) - 3)
        return float(np.sqrt(float(rest @ rest) / spare / strength))


def _centred(values: F64, weight: F64) -> F64:
    """Values less their weighted mean, x and y halves apart, times the root of the weight."""
    halves, weights = values.reshape(2, -1), weight.reshape(2, -1)
    mean = (halves * weights).sum(axis=1, keepdims=True) / np.maximum(
        weights.sum(axis=1, keepdims=True), 1e-12
    )
    return np.asarray(((halves - mean) * np.sqrt(weights)).ravel())


def _gains(columns: F64, target: F64) -> F64:
    """Least squares with both gains kept at or above zero: no lens or distance makes them negative."""
    normal, right = columns.T @ columns, columns.T @ target
    floor = 1e-6 * float(np.trace(normal)) + 1e-15
    both = np.linalg.solve(normal + floor * np.eye(2), right)
    if both[0] >= 0 and both[1] >= 0:
        return np.asarray(both)
    alone = np.maximum(right / (np.diag(normal) + floor), 0.0)
    gain = right * alone
    return np.array([alone[0], 0.0]) if gain[0] >= gain[1] else np.array([0.0, alone[1]])


def _judged(
    fitted: _Fit, delay_s: float, curve: tuple[F64, F64], search_s: tuple[float, float]
) -> DelayEstimate:
    correlation, gains, target, model = fitted.solve(delay_s)
    confidence = min(1.0, max(0.0, correlation))
    frames = int(np.count_nonzero(target.reshape(2, -1).any(axis=0)))
    moved = float(np.sqrt(model @ model / max(1, frames)))
    middle = len(fitted.begin) // 2
    halves = [fitted.part(rows).refine(delay_s) for rows in (slice(None, middle), slice(middle, None))]
    sd_s = max(fitted.own_sd_s(delay_s), abs(halves[0] - halves[1]) / 2)
    refused = None
    if moved < MIN_MOTION_PX:
        refused = "the camera hardly moved: pan and tilt by hand for ten seconds, quickly and unevenly"
    elif confidence < MIN_CORRELATION:
        refused = (
            f"picture and track do not agree (correlation {confidence:.2f}): is it this camera's track?"
        )
    elif delay_s - search_s[0] < _COARSE_S or search_s[1] - delay_s < _COARSE_S:
        refused = f"the delay lies outside {search_s[0]:g} to {search_s[1]:g} s"
    elif _rival(curve, delay_s) > 0.97 * confidence:
        refused = "the move repeats itself: several delays fit as well; move unevenly"
    return DelayEstimate(delay_s, confidence, sd_s, refused, float(gains[0]) or None, frames)


def _rival(curve: tuple[F64, F64], delay_s: float) -> float:
    """The highest other peak of the curve, away from the found one."""
    delays, heights = curve
    inner = np.flatnonzero((heights[1:-1] > heights[:-2]) & (heights[1:-1] >= heights[2:])) + 1
    away = inner[np.abs(delays[inner] - delay_s) > _RIVAL_S]
    return float(heights[away].max(initial=0.0))
