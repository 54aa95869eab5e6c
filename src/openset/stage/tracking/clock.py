"""A tracker's clock on the engine's: the lower envelope of arrival minus stamp.

A network only ever delays a packet. Of all arrival times minus stamps the smallest is therefore
nearest to the true offset of the two clocks (plus the shortest way, which is part of the track's
one delay), and the line that runs under all of them follows their drift. Source: Moon, Skelly and
Towsley 1999, "Estimation and removal of clock skew from network delay measurements", reduced to a
bounded history: one minimum per quarter second, their lower convex hull, and the hull's edge under
the middle of the window.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

from openset.primitives.time import NS_PER_S

_BUCKET_NS = NS_PER_S // 4
_FAR_NS = 2 * NS_PER_S
_PATIENCE_NS = NS_PER_S
_PATIENCE_FAR_NS = NS_PER_S // 10

Point = tuple[int, int]  # (remote_ns, arrival - remote), both less the reference


class ClockMap:
    """Maps stamps of one remote clock to the engine's clock.

    `max_drift` bounds the drift that is believed (two hundred millionths: twice a poor crystal's).
    A jump of the remote clock of more than `jump_s` starts afresh: at once where it goes ahead;
    where it goes back, after a second of samples that all say so (a tenth of a second past two
    seconds), since a burst of late packets looks the same.
    """

    def __init__(self, window_s: float = 60.0, max_drift: float = 200e-6, jump_s: float = 0.25) -> None:
        self._window_ns = round(window_s * NS_PER_S)
        self._max_drift = max_drift
        self._jump_ns = round(jump_s * NS_PER_S)
        self.jumps = 0
        self._begin(0, 0)
        self._started = False

    def _begin(self, remote_ns: int, offset_ns: int) -> None:
        self._reference = (remote_ns, offset_ns)
        self._minima: deque[Point] = deque()
        self._open: Point = (0, 0)
        self._opened = 0
        self._slope = 0.0
        self._floor = 0.0  # of the closed buckets: the smallest offset - slope * remote
        self._late_since: int | None = None

    @property
    def drift(self) -> float:
        """How much slower the remote clock runs than the engine's, as a fraction: 1e-6 is 1 ppm."""
        return self._slope

    def update(self, remote_ns: int, local_arrival_ns: int) -> int:
        """The engine's time of the remote stamp, given when it arrived; never later than its
        arrival."""
        offset_ns = local_arrival_ns - remote_ns
        if not self._started:
            self._begin(remote_ns, offset_ns)
            self._started = True
            return local_arrival_ns
        x, y = remote_ns - self._reference[0], offset_ns - self._reference[1]
        line = self._line(x)
        above = y - line
        if above < -self._jump_ns or self._went_back(above, local_arrival_ns):
            self.jumps += 1
            self._begin(remote_ns, offset_ns)
            return local_arrival_ns
        bucket = self._opened
        self._add(x, y)
        if above < 0 or self._opened != bucket:  # else the floor is what it was
            line = self._line(x)
        return remote_ns + self._reference[1] + min(y, round(line))

    def _line(self, x: int) -> float:
        open_floor = self._open[1] - self._slope * self._open[0]
        return min(self._floor, open_floor) + self._slope * x

    def _add(self, x: int, y: int) -> None:
        if x - self._opened > _BUCKET_NS:
            self._close()
            self._open, self._opened = (x, y), x
            self._fit()
        elif y - self._slope * x < self._open[1] - self._slope * self._open[0]:
            self._open = (x, y)

    def _close(self) -> None:
        self._minima.append(self._open)
        oldest = self._open[0] - self._window_ns
        while self._minima and self._minima[0][0] < oldest:
            self._minima.popleft()

    def _fit(self) -> None:
        hull = _lower_hull(list(self._minima))
        if len(hull) > 1:
            middle = (hull[0][0] + hull[-1][0]) / 2
            left, right = next(
                (pair for pair in pairwise(hull) if pair[1][0] >= middle),
                (hull[-2], hull[-1]),
            )
            steep = (right[1] - left[1]) / (right[0] - left[0])
            self._slope = max(-self._max_drift, min(self._max_drift, steep))
        self._floor = min((y - self._slope * x for x, y in hull), default=self._floor)

    def _went_back(self, above: float, arrival_ns: int) -> bool:
        if above <= self._jump_ns:
            self._late_since = None
            return False
        if self._late_since is None:
            self._late_since = arrival_ns
        patience_ns = _PATIENCE_FAR_NS if above > _FAR_NS else _PATIENCE_NS
        return arrival_ns - self._late_since >= patience_ns


def _lower_hull(points: list[Point]) -> list[Point]:
    """The lower convex hull, left to right (Andrew 1979)."""
    hull: list[Point] = []
    for point in sorted(points):
        if hull and hull[-1][0] == point[0]:
            continue
        while len(hull) > 1 and _turns_down(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return hull


def _turns_down(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) <= (b[1] - a[1]) * (c[0] - a[0])
