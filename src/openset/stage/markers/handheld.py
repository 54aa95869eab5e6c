"""A hand-held camera between and beyond its tag poses, by its own gyroscope.

Between two solved poses the gyroscope says how the camera turned and both ends say where it began and
came to, so nothing is predicted. When the tags are lost the turning goes on from the last pose for
`BRIDGE_S`, the place stands still, and the spread grows; when they come back the step is named, never
hidden. Times are whole nanoseconds on the engine's clock, rates radians a second in the camera's own
axes (X right, Y up, looking down -Z).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.primitives.space import F64, Pose, matrix_from_quaternion, quaternion_from_matrix
from openset.primitives.time import ns_from_s, s_from_ns

BRIDGE_S = 0.5
KEPT_S = 3.0
MOST_READINGS = 4096
HOLE_S = 0.1
"""A gyroscope that was silent for longer says nothing of the turning between."""
DRIFT_RAD = 0.003
"""What a phone's gyroscope is off by after a second, sd (a tenth to a quarter of a degree)."""
STROLL_M_S = 0.4
"""How fast a hand-held camera goes when nothing is known of it, sd."""
PUSH_M_S2 = 1.5
"""How hard a hand pushes between two poses, sd: bends the straight line between them."""
NAMED_M, NAMED_RAD = 0.01, float(np.radians(0.5))

State = Literal["solved", "between", "bridged"]


@dataclass(frozen=True, eq=False)
class Carried:
    """A pose and how it came about. `covariance` (6, 6) as stage/lens/derivatives.py counts poses.
    `note` names a step when tags are found again after a bridge."""

    time_ns: int
    pose: Pose
    covariance: F64
    state: State
    note: str = ""


@dataclass(frozen=True, eq=False)
class _Solved:
    time_ns: int
    position_m: F64
    rotation: F64
    covariance: F64


class Gyro:
    """The last seconds of turning, rates (3,) by time; readings out of order are left out."""

    def __init__(self) -> None:
        self._times: deque[int] = deque(maxlen=MOST_READINGS)
        self._rates: deque[F64] = deque(maxlen=MOST_READINGS)

    def add(self, time_ns: int, rate_rad_s: F64) -> None:
        """One reading."""
        if self._times and time_ns <= self._times[-1]:
            return
        self._times.append(time_ns)
        self._rates.append(np.asarray(rate_rad_s, dtype=np.float64))
        while time_ns - self._times[0] > ns_from_s(KEPT_S):
            self._times.popleft()
            self._rates.popleft()

    def clear(self) -> None:
        """Forget everything: the clock has jumped."""
        self._times.clear()
        self._rates.clear()

    @property
    def newest_ns(self) -> int | None:
        """The time of the newest reading."""
        return self._times[-1] if self._times else None

    def covers(self, start_ns: int, end_ns: int) -> bool:
        """Whether readings stand close enough from start to end."""
        hole = ns_from_s(HOLE_S)
        times = list(self._times)
        first, last = bisect_right(times, start_ns) - 1, bisect_left(times, end_ns)
        inside = [start_ns, *times[max(first + 1, 0) : last], end_ns]
        edges = bool(times) and times[0] - start_ns <= hole and end_ns - times[-1] <= hole
        return edges and all(b - a <= hole for a, b in pairwise(inside))

    def mean(self, start_ns: int, end_ns: int) -> F64 | None:
        """The mean rate (3,) between two moments; None where there is no reading between."""
        times = list(self._times)
        first, last = bisect_left(times, start_ns), bisect_right(times, end_ns)
        rates = [self._rates[index] for index in range(first, last)]
        return np.asarray(np.mean(rates, axis=0)) if rates else None

    def turned(self, start_ns: int, end_ns: int) -> F64:
        """The turning (3, 3) from start to end in the camera's axes at the start: readings joined by
        straight lines, what lies past them taken from the nearest."""
        times = np.array(self._times, dtype=np.int64)
        if len(times) == 0 or end_ns <= start_ns:
            return np.eye(3)
        rates = np.array(self._rates)
        inside = times[(times > start_ns) & (times < end_ns)]
        at = np.concatenate([[start_ns], inside, [end_ns]])
        seconds = (at - start_ns) / 1e9
        known = (times - start_ns) / 1e9
        each = np.stack([np.interp(seconds, known, rates[:, axis]) for axis in range(3)], axis=-1)
        steps = matrix_from_vector((each[1:] + each[:-1]) / 2 * np.diff(seconds)[:, None])
        out = np.eye(3)
        for step in steps:
            out = out @ step
        return out


class Handheld:
    """Fuses solved poses with turning; not locked, one thread owns it."""

    def __init__(self, step_s: float = 1 / 60) -> None:
        self.gyro = Gyro()
        self._step_ns = ns_from_s(step_s)
        self._last: _Solved | None = None
        self._told_ns = 0
        self._velocity_m_s: F64 | None = None

    @property
    def last_ns(self) -> int | None:
        """When the last solved pose was."""
        return self._last.time_ns if self._last else None

    @property
    def last_rotation(self) -> F64 | None:
        """The rotation (3, 3) of the last solved pose."""
        return self._last.rotation if self._last else None

    @property
    def velocity_m_s(self) -> F64:
        """How the place moved between the last two poses (3,); nought where that is not known."""
        return np.zeros(3) if self._velocity_m_s is None else self._velocity_m_s

    def turning(self, before: F64, before_ns: int, now_ns: int) -> F64:
        """The mean rate (3,) at which the camera turned from an earlier solved rotation to the last."""
        if self._last is None or now_ns <= before_ns:
            return np.zeros(3)
        return vector_from_matrix(before.T @ self._last.rotation) / s_from_ns(now_ns - before_ns)

    def clear(self) -> None:
        """Begin again: the phone's clock has jumped, or it lay down for a while."""
        self.gyro.clear()
        self._last = self._velocity_m_s = None

    def solved(self, time_ns: int, pose: Pose, covariance: F64) -> list[Carried]:
        """Take a solved pose; what may now be told, in order: the steps since the last one and this
        one itself. A pose older than the last is left out."""
        new = _Solved(
            time_ns,
            np.array(pose.position_m),
            matrix_from_quaternion(np.array(pose.rotation_wxyz)),
            covariance,
        )
        last = self._last
        if last is not None and time_ns <= last.time_ns:
            return []
        told: list[Carried] = []
        note = ""
        if last is not None and s_from_ns(time_ns - last.time_ns) <= BRIDGE_S:
            if self._told_ns > last.time_ns:
                note = self._step(last, new)
            else:
                told = self._between(last, new)
            self._velocity_m_s = (new.position_m - last.position_m) / s_from_ns(time_ns - last.time_ns)
        else:
            self._velocity_m_s = None
            note = self._step(last, new) if last is not None else ""
        self._last, self._told_ns = new, time_ns
        return [*told, Carried(time_ns, pose, covariance, "solved", note)]

    def beyond(self, time_ns: int) -> Carried | None:
        """The pose at a moment after the last solved one: turned by the gyroscope, standing where it
        was; None after BRIDGE_S, or without a pose or a gyroscope."""
        last = self._last
        if last is None or time_ns <= last.time_ns:
            return None
        age_s = s_from_ns(time_ns - last.time_ns)
        if age_s > BRIDGE_S or not self.gyro.covers(last.time_ns, time_ns):
            return None
        self._told_ns = max(self._told_ns, time_ns)
        rotation = last.rotation @ self.gyro.turned(last.time_ns, time_ns)
        speed = STROLL_M_S if self._velocity_m_s is None else float(np.abs(self._velocity_m_s).max())
        away_m = speed * age_s + PUSH_M_S2 * age_s**2 / 2
        covariance = _grown(last.covariance, away_m, DRIFT_RAD * age_s)
        return Carried(time_ns, _pose(last.position_m, rotation), covariance, "bridged")

    def _between(self, last: _Solved, new: _Solved) -> list[Carried]:
        span_ns = new.time_ns - last.time_ns
        count = round(span_ns / self._step_ns)
        if count < 2 or not self.gyro.covers(last.time_ns, new.time_ns):
            return []
        came = last.rotation @ self.gyro.turned(last.time_ns, new.time_ns)
        missed = vector_from_matrix(came.T @ new.rotation)
        told = []
        for index in range(1, count):
            part = index / count
            time_ns = last.time_ns + round(span_ns * part)
            turned = self.gyro.turned(last.time_ns, time_ns)
            rotation = last.rotation @ turned @ matrix_from_vector(missed * part)
            position = last.position_m + part * (new.position_m - last.position_m)
            early, late = s_from_ns(time_ns - last.time_ns), s_from_ns(new.time_ns - time_ns)
            mixed = (1 - part) * last.covariance + part * new.covariance
            grown = _grown(mixed, PUSH_M_S2 * early * late / 2, DRIFT_RAD * min(early, late))
            told.append(Carried(time_ns, _pose(position, rotation), grown, "between"))
        return told

    def _step(self, last: _Solved, new: _Solved) -> str:
        """What a receiver sees as a step where poses were told beyond the last solved one, or none for
        longer than BRIDGE_S."""
        turned = last.rotation @ self.gyro.turned(last.time_ns, self._told_ns)
        step_m = float(np.linalg.norm(new.position_m - last.position_m))
        step_rad = float(np.linalg.norm(vector_from_matrix(turned.T @ new.rotation)))
        if step_m < NAMED_M and step_rad < NAMED_RAD:
            return ""
        return f"tags again after a step of {step_m * 100:.1f} cm {np.degrees(step_rad):.1f} deg"


def _grown(covariance: F64, away_m: float, off_rad: float) -> F64:
    return np.asarray(covariance + np.diag([away_m**2] * 3 + [off_rad**2] * 3))


def _pose(position_m: F64, rotation: F64) -> Pose:
    w, x, y, z = quaternion_from_matrix(rotation).tolist()
    px, py, pz = position_m.tolist()
    return Pose((px, py, pz), (w, x, y, z))
