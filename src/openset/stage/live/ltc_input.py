"""Linear timecode for the engine: heard by a thread, jammed to the engine's clock.

A sound input that cannot be opened, or goes away, is a state and tried again; the timecode runs free
meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

from openset.formats.ltc import LtcError, LtcFrame
from openset.formats.ltc_follow import RateFound
from openset.primitives.errors import BadInput
from openset.primitives.time import NS_PER_S, ns_from_s
from openset.stage.live.ltc import RETRY_S, Ear, LtcSource
from openset.stage.tracking.clock import ClockMap
from openset.stage.tracking.jam import Jam, JamClock, JamState, times_of, usable_rate

MOST_WAITING = 90
SOUND_JUMP_S = 0.02
"""A card that was not read in time loses sound: blocks that all come this late for a second are none
that were delayed."""
SOUND_WINDOW_S = 10.0
LEAD_NS = 2 * NS_PER_S
"""How far ahead of the picture a file is read: LTC's rate is known only after a second of it."""


def sound_clock() -> ClockMap:
    """A sound card's clock, counted in samples, on the engine's: it drifts little, blocks come late,
    and lost samples make it fall behind for good."""
    return ClockMap(window_s=SOUND_WINDOW_S, jump_s=SOUND_JUMP_S)


class LtcInput:
    """Timecode for the engine: a thread listens, `jam_at` answers for any moment on its clock.

    `rate` is the picture's. `note` is one line where the timecode cannot be used, "" where it can. A
    file plays in step with the picture: its beginning belongs to the moment `start_at` was given;
    for a picture that is not in real time it is read as far as `advance` asks. `with_picture` says that
    it is the sound of the picture's own clip. Raises BadInput for a file without sound.
    """

    def __init__(self, source: LtcSource, rate: Fraction, *, with_picture: bool = False) -> None:
        self.source, self.rate, self.with_picture = source, rate, with_picture
        self.note = ""
        self.times = 1
        self._jam = JamClock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._start_ns = 0
        self._waiting: deque[tuple[LtcFrame, int]] = deque(maxlen=MOST_WAITING)
        self._known: tuple[Fraction, bool] | None = None
        self._ear: Ear | None = None if source.system else Ear(source)

    @property
    def jumps(self) -> int:
        """How often the timecode went on elsewhere."""
        return self._jam.jumps

    @property
    def live(self) -> bool:
        """True for a sound input."""
        return bool(self.source.system)

    def start(self) -> None:
        """Listen to a sound input from now on."""
        if self.live and self._thread is None:
            self._run(self._listen)

    def start_at(self, start_ns: int, *, realtime: bool) -> None:
        """A file's beginning belongs to `start_ns`; one that plays in real time is read by a
        thread."""
        self._start_ns = start_ns
        if not self.live and realtime:
            self._run(self._play)

    def stop(self) -> None:
        """End listening; returns when the thread has, or after two seconds."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(2.0)
        elif self._ear is not None:
            self._ear.close()

    def wait_for_lock(self, timeout_s: float) -> bool:
        """Wait until a sound input's timecode can be used; False when the time is up first."""
        until_ns = time.monotonic_ns() + ns_from_s(timeout_s)
        while time.monotonic_ns() < until_ns and not self.note and not self._ending.is_set():
            if self.state_at(time.monotonic_ns()) == "locked":
                return True
            self._ending.wait(0.05)
        return self.state_at(time.monotonic_ns()) == "locked"

    def advance(self, time_ns: int) -> None:
        """Read a file that no thread reads, to a little after `time_ns`."""
        if self._thread is None and not self.live:
            self._read_until(time_ns + LEAD_NS)

    def jam_at(self, time_ns: int) -> Jam | None:
        """The line of timecode that holds at `time_ns` on the engine's clock; None where none was
        heard, or none that suits the picture."""
        return self._jam.at(time_ns)

    def state_at(self, time_ns: int) -> JamState:
        """Whether timecode is heard at `time_ns`, was heard before, or neither."""
        return self._jam.state(time_ns)

    def _run(self, work: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=work, name="timecode", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._ending.is_set():
            try:
                ear = Ear(self.source)
            except BadInput as trouble:
                self.note = trouble.line
                self._ending.wait(RETRY_S)
                continue
            self.note = ""
            try:
                self._hear_all(ear)
                self.note = f"{self.source.text}: the sound ended"
            except BadInput as trouble:
                self.note = trouble.line
            finally:
                ear.close()
            self._ending.wait(RETRY_S)

    def _hear_all(self, ear: Ear) -> None:
        """A sound input until it ends. A block's last sample was heard when it came; of all blocks the
        least late one tells the true time."""
        clock = sound_clock()
        self._waiting.clear()
        while not self._ending.is_set():
            found = ear.hear()
            if found is None:
                return
            heard_ns = ns_from_s(ear.heard_s)
            zero_ns = clock.update(heard_ns, time.monotonic_ns()) - heard_ns
            self._believe(ear, found, zero_ns)

    def _play(self) -> None:
        while not self._ending.is_set() and self._ear is not None:
            self._read_until(time.monotonic_ns() + LEAD_NS)
            self._ending.wait(0.1)
        if self._ear is not None:
            self._ear.close()

    def _read_until(self, time_ns: int) -> None:
        ear = self._ear
        while ear is not None and self._start_ns + ns_from_s(ear.heard_s) < time_ns:
            try:
                found = ear.hear()
            except BadInput as trouble:
                self.note, found = trouble.line, None
            if found is None:
                self._settle(ear)
                ear.close()
                self._ear = ear = None
            else:
                self._believe(ear, found, self._start_ns)

    def _believe(self, ear: Ear, found: list[tuple[LtcFrame, float]], zero_ns: int) -> None:
        """Jam to believed frames, whose seconds count from `zero_ns`."""
        listener = ear.listener
        if not found or listener is None:
            return
        if found[-1][0].reverse:
            self.note = "the timecode runs backwards and is not used"
            return
        late_ns = ns_from_s(self.source.delay_s)
        self._waiting += [(frame, zero_ns + ns_from_s(began_s) - late_ns) for frame, began_s in found]
        said = listener.rate
        rate = usable_rate(said, self.rate) or self._rate_before(said)
        if rate is not None and said is not None:
            self._use(rate, said)

    def _settle(self, ear: Ear) -> None:
        """A file has ended: what waited for its rate to be known for certain is used at the likely
        one."""
        said = ear.listener.rate if ear.listener and self._waiting else None
        if said is not None:
            self._use(usable_rate(replace(said, settled=True), self.rate) or said.rate, said)

    def _use(self, rate: Fraction, said: RateFound) -> None:
        """Jam to the frames that wait, if their rate suits the picture."""
        self._known = rate, said.drop_frame
        times = times_of(rate, self.rate)
        if times is None:
            self.note = (
                f"the timecode counts {said}, the picture {float(self.rate):.5g} frames a second: "
                "it is not used"
            )
            self._jam.clear()
            self._waiting.clear()
            return
        self.note, self.times = "", times
        while self._waiting:
            frame, time_ns = self._waiting.popleft()
            with suppress(LtcError):
                self._jam.feed(frame.timecode(rate), time_ns)

    def _rate_before(self, said: RateFound | None) -> Fraction | None:
        """The rate known before a jump, if what is heard after it may have it too."""
        if said is None or self._known is None:
            return None
        rate, drop_frame = self._known
        return rate if said.drop_frame == drop_frame and rate in (said.rate, *said.others) else None
