"""One input to any number of outputs: what a tracker says in one protocol, said in others.

Every source that is heard is carried under a name and number of its own. A second's figures say what
came, what went out, what was lost on the way and how evenly it came. Nothing is filtered or predicted,
and memory does not grow with time.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from openset.primitives.time import NS_PER_S, ns_from_s, s_from_ns
from openset.stage.live.figures import Figures, SourceFigures
from openset.stage.live.outlet import Outlet
from openset.stage.live.recorded import Report
from openset.stage.tracking.flow import WINDOW, Flow, Spread, spread

TICK_NS = NS_PER_S
PATIENCE_NS = 5 * NS_PER_S
LONGEST_WAIT_S = 0.25
MOST_SOURCES = 512


class Inlet(Protocol):
    """Where reports come from: a socket or a recording."""

    title: str
    ended: bool

    @property
    def faults(self) -> Mapping[str, int]:
        """What came and could not be used, by plain name."""
        ...

    def receive(self, timeout_s: float) -> Sequence[Report]:
        """What has come by now; waits for the first at most `timeout_s`."""
        ...

    def close(self) -> None:
        """No more."""
        ...


@dataclass
class _Carried:
    """One source on its way through, and the how-manieth it was to be heard."""

    place: int
    flow: Flow = field(default_factory=Flow)


@dataclass
class _Second:
    """Counts since the last tick; `sent` is what had gone out before it."""

    began_ns: int
    sent: int = 0
    reports: int = 0
    first_ns: int | None = None
    ages: list[int] = field(default_factory=list)


class Bridge:
    """Carries reports from `inlet` to `outlets`; `run` until it ends.

    `only` is the name of a source, or words of it: others are heard and not carried. `clock` is the
    engine's, in nanoseconds.
    """

    def __init__(
        self,
        inlet: Inlet,
        outlets: Sequence[Outlet],
        *,
        only: str = "",
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._inlet, self._outlets, self._clock = inlet, tuple(outlets), clock
        words = re.escape(only.strip())
        self._only = re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE) if words else None
        self._carried: dict[str, _Carried] = {}
        self._ignored: dict[str, None] = {}
        self._faults: Counter[str] = Counter()
        self._ages: deque[int] = deque(maxlen=WINDOW)
        self._reports = 0
        self._stopping = threading.Event()
        self._began_ns = self._heard_ns = clock()
        self._first_ns: int | None = None
        self._last_ns = 0
        self._second = _Second(self._began_ns)

    def stop(self) -> None:
        """End `run` soon; for another thread or a signal's handler."""
        self._stopping.set()

    def run(
        self,
        *,
        seconds: float | None = None,
        on_tick: Callable[[Figures], None] = lambda figures: None,
        on_silence: Callable[[float], None] = lambda seconds: None,
    ) -> Figures:
        """Carry until the recording ends, `seconds` are over or `stop` is called; the figures of all.

        `on_tick` hears of each second that brought something, `on_silence` of each five without.
        """
        self._began_ns = self._heard_ns = self._clock()
        self._second = _Second(self._began_ns)
        until_ns = None if seconds is None else self._began_ns + ns_from_s(seconds)
        warned_ns = self._began_ns
        wait_s = 0.0
        while not (self._stopping.is_set() or self._inlet.ended or self._all_broken()):
            for report in self._inlet.receive(wait_s):
                self._carry(report)
            now_ns = self._clock()
            if until_ns is not None and now_ns >= until_ns:
                break
            wait_s = self._wait_s(now_ns, until_ns)
            if now_ns - self._second.began_ns >= TICK_NS:
                if self._second.reports:
                    on_tick(self._tick(now_ns))
                self._second = _Second(now_ns, self._sent())
            if now_ns - max(self._heard_ns, warned_ns) >= PATIENCE_NS:
                warned_ns = now_ns
                on_silence(s_from_ns(now_ns - self._heard_ns))
        return self.total()

    def _all_broken(self) -> bool:
        return bool(self._outlets) and all(outlet.trouble is not None for outlet in self._outlets)

    def _wait_s(self, now_ns: int, until_ns: int | None) -> float:
        """How long the input may be waited for: until something held back is due, or the end."""
        due = [each for outlet in self._outlets if (each := outlet.flush(now_ns)) is not None]
        if until_ns is not None:
            due.append(until_ns)
        return max(0.0, min([LONGEST_WAIT_S, *(s_from_ns(each - now_ns) for each in due)]))

    def _carry(self, report: Report) -> None:
        if self._only is not None and not self._only.search(report.source):
            if len(self._ignored) < MOST_SOURCES:
                self._ignored[report.source] = None
            return
        carried = self._carried.get(report.source)
        if carried is None:
            if len(self._carried) >= MOST_SOURCES:
                self._faults["more sources than can be carried"] += 1
                return
            carried = self._carried[report.source] = _Carried(len(self._carried))
        heard = report.heard
        carried.flow.note(
            report.arrival_ns, heard.stamp_ns, heard.sequence, heard.sequence_bits, heard.pose
        )
        now_ns = self._heard_ns = self._clock()
        for outlet in self._outlets:
            outlet.carry(report, carried.place, now_ns)
        age_ns = max(0, now_ns - report.sample.time_ns)
        self._ages.append(age_ns)
        if self._first_ns is None:
            self._first_ns = self._second.first_ns = now_ns
        self._last_ns = now_ns
        self._reports += 1
        self._second.reports += 1
        if len(self._second.ages) < WINDOW:
            self._second.ages.append(age_ns)

    def _tick(self, now_ns: int) -> Figures:
        seconds = s_from_ns(now_ns - self._second.began_ns)
        sent, reports = self._sent() - self._second.sent, self._second.reports
        return self._figures(
            now_ns, seconds, reports, sent, spread(self._second.ages), self._second.first_ns
        )

    def _sent(self) -> int:
        return sum(outlet.reports for outlet in self._outlets)

    def total(self) -> Figures:
        """Everything since the start of `run`."""
        now_ns = self._clock()
        seconds = s_from_ns(now_ns - self._began_ns)
        age = spread(list(self._ages))
        return self._figures(now_ns, seconds, self._reports, self._sent(), age, self._first_ns)

    def _rate_hz(self, reports: int, seconds: float, first_ns: int | None) -> float:
        """Reports a second. From the very first on, at `first_ns`, gaps are counted and not reports:
        26 of them reach over one second at 25."""
        gaps = reports - len(self._carried)
        if first_ns is not None and gaps > 0 and self._last_ns > first_ns:
            return gaps * NS_PER_S / (self._last_ns - first_ns)
        return reports / seconds if seconds else 0.0

    def _figures(
        self,
        now_ns: int,
        seconds: float,
        reports: int,
        sent: int,
        age: Spread | None,
        first_ns: int | None,
    ) -> Figures:
        rate_hz = self._rate_hz(reports, seconds, first_ns)
        sources = tuple(
            _source_figures(name, each.flow, now_ns) for name, each in self._carried.items()
        )
        jitters = [each.jitter for each in sources if each.jitter]
        return Figures(
            seconds=seconds,
            reports=reports,
            rate_in_hz=rate_hz,
            rate_out_hz=rate_hz * sent / reports if reports else 0.0,
            sources=sources,
            lost=sum(each.lost for each in sources),
            late=sum(each.late for each in sources),
            repeated=sum(each.repeated for each in sources),
            jitter=max(jitters, key=lambda each: each.most_ms, default=None),
            age=age,
            faults=dict(self._faults + Counter(self._inlet.faults)),
            outlets=self._outlets,
            ignored=tuple(self._ignored),
        )


def _source_figures(name: str, flow: Flow, now_ns: int) -> SourceFigures:
    return SourceFigures(
        name, flow.total, flow.rate_hz(now_ns), flow.lost, flow.late, flow.repeated, flow.jitter()
    )
