"""A recorded track played as a live tracker, with the timing it was recorded with.

A take is played as its tracker sent it (raw.otrk.jsonl), or frame by frame where nothing was received
live; any file that holds a camera move is played by its own times. Every report is due at the start
plus its own time, so that waiting never adds up; stamps keep the spacing of the recording and go on
where a loop begins again. Lines are read as they are due: an hour costs no memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson

from openset.formats import opentrackio
from openset.primitives.errors import BadInput, TrackBroken, TrackNotFound
from openset.primitives.time import NS_PER_S, frame_time_ns, ns_from_s
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.sources import open_source
from openset.stage.record.model import RAW_FILE, TRACK_FILE
from openset.stage.tracking.files import load_track
from openset.stage.tracking.freed import profile_named
from openset.stage.tracking.opentrackio_reading import lens_of_reading, sample_from_reading
from openset.stage.tracking.samples import LensReport, TrackSample, completed, credible
from openset.stage.tracking.wire import Heard

LONGEST_LINE = 1 << 20
MOST_SOURCES = 512
FARTHEST_NS = 1 << 62
STALL_NS = NS_PER_S
"""A player that was stopped for longer goes on where it was, instead of sending all at once."""
_LOADED = (".f4", ".freed", ".d1", ".json")


@dataclass(frozen=True, slots=True)
class Report:
    """One report on its way through: `arrival_ns` and `sample.time_ns` are on the engine's clock."""

    source: str
    sample: TrackSample
    heard: Heard
    arrival_ns: int


@dataclass
class Recording:
    """A recorded track: `entries()` begins again each time. Times are the recording's own; `skipped`
    counts what could not be used in the newest reading."""

    path: Path
    entries: Callable[[], Iterator[Report]]
    skipped: int = 0


def open_recording(path: Path, *, rate: Fraction | None = None, profile: str = "raw") -> Recording:
    """A take's folder or a track's file, ready to be played.

    `rate` is for files that hold no times. Raises TrackNotFound, TrackBroken and BadInput.
    """
    if path.is_dir():
        path = _of_take(path)
    if not path.is_file():
        raise TrackNotFound("no such track", where=str(path), todo="Give a take's folder or a file")
    if path.name.lower().endswith(".jsonl"):
        recording = _lines(path, rate)
    elif path.name.lower().endswith(_LOADED):
        loaded = load_track(path, start_ns=None, rate=rate, profile=profile_named(profile))
        recording = _listed(path, list(loaded.samples), loaded.kind, loaded.skipped)
    else:
        recording = _moved(path, Options(rate=rate, profile=profile))
    if next(recording.entries(), None) is None:
        raise TrackBroken(
            f"the track holds no usable pose ({recording.skipped} entries could not be read)",
            where=str(path),
            todo="Record the track again, or choose another",
        )
    return recording


def _of_take(folder: Path) -> Path:
    """What the tracker sent, where the take kept it; else the track, frame by frame."""
    for name in (RAW_FILE, TRACK_FILE):
        if (folder / name).is_file() and (folder / name).stat().st_size:
            return folder / name
    raise TrackNotFound(
        "this folder holds no track", where=str(folder), todo="Give a take: takes/1-A-t01"
    )


def _listed(path: Path, samples: list[TrackSample], kind: str, skipped: int) -> Recording:
    def entries() -> Iterator[Report]:
        for sample in samples:
            heard = Heard(kind, sample.stage_from_camera, sample.lens, sequence=sample.sequence)
            yield Report(kind, sample, heard, sample.time_ns)

    return Recording(path, entries, skipped)


def _moved(path: Path, options: Options) -> Recording:
    """Any format that holds a camera move; its samples by the times of the move."""
    reader = open_source(path).readers.get("move")
    if reader is None:
        raise BadInput(
            "this file holds no camera move", where=str(path), todo="Give a take or a track's file"
        )
    found = reader(options)
    move: CameraMove = found.value
    recording = Recording(path, lambda: iter(()), found.skipped)

    def entries() -> Iterator[Report]:
        reports = _Reports(None)
        for sample, time_ns in zip(move.samples, move.times_ns, strict=True):
            report = reports.report({"sample": sample, "time_ns": time_ns})
            if report is not None:
                yield report

    recording.entries = entries
    return recording


def _lines(path: Path, rate: Fraction | None) -> Recording:
    recording = Recording(path, lambda: iter(()))

    def entries() -> Iterator[Report]:
        reports = _Reports(rate)
        recording.skipped = 0
        with path.open("rb") as stream:
            while line := stream.readline(LONGEST_LINE):
                if not line.strip():
                    continue
                report = reports.report(_parsed(line))
                if report is None:
                    recording.skipped += 1
                else:
                    yield report

    recording.entries = entries
    return recording


def _parsed(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


class _Reports:
    """Lines of a recording to reports; what a source's static block said still holds."""

    def __init__(self, rate: Fraction | None) -> None:
        self._rate = rate
        self._lenses: dict[str, LensReport | None] = {}
        self._bare = 0

    def report(self, entry: Any) -> Report | None:
        """The report of one line, on the recording's clock; None where it cannot be used."""
        if not isinstance(entry, Mapping):
            return None
        raw = entry if "transforms" in entry else entry.get("sample")
        if not isinstance(raw, Mapping):
            return None
        try:
            reading = opentrackio.read(raw)
        except opentrackio.OpenTrackIOError:
            return None
        time_ns = self._time_ns(entry, reading)
        if time_ns is None:
            return None
        said = entry.get("source")
        source = said if isinstance(said, str) else _named(reading.source_id)
        sample = sample_from_reading(reading, time_ns, self._lens(source, lens_of_reading(reading)))
        heard = Heard(
            source,
            sample.stage_from_camera,
            sample.lens,
            stamp_ns=reading.sample_time_ns,
            sequence=reading.sequence,
            status=sample.status,
            raw=dict(raw),
            timecode=reading.timecode,
        )
        arrival_ns = _whole(entry.get("arrival_ns"))
        return Report(source, sample, heard, time_ns if arrival_ns is None else arrival_ns)

    def _lens(self, source: str, said: LensReport | None) -> LensReport:
        earlier = self._lenses.get(source)
        lens = credible(completed(said, earlier)) or earlier
        if source in self._lenses or len(self._lenses) < MOST_SOURCES:
            self._lenses[source] = lens
        return lens or LensReport()

    def _time_ns(self, entry: Mapping[str, Any], reading: opentrackio.Reading) -> int | None:
        """A line's own time, else its place in the movies, else its sample's stamp, else its number at
        the rate."""
        stamp, seconds = _whole(entry.get("time_ns")), entry.get("pts_s")
        if stamp is not None:
            return stamp
        if isinstance(seconds, int | float) and abs(seconds) < 1e9:
            return ns_from_s(seconds)
        if reading.sample_time_ns is not None:
            return reading.sample_time_ns if reading.sample_time_ns < FARTHEST_NS else None
        rate = self._rate or reading.sample_rate
        self._bare += 1
        return frame_time_ns(self._bare - 1, rate) if rate else None


def _named(source_id: str | None) -> str:
    """As a live decoder names it."""
    return f"OpenTrackIO {(source_id or '').removeprefix('urn:uuid:')[:80]}".strip()


def _whole(value: Any) -> int | None:
    usable = isinstance(value, int) and not isinstance(value, bool) and abs(value) < FARTHEST_NS
    return value if usable else None


class Replay:
    """A recording as something that is received from, like a live input; one thread calls it.

    `speed` 2 plays twice as fast. With `loop` it begins again one usual gap after its end. `behind_ns`
    is how late the newest report was against its own time.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        speed: float = 1.0,
        loop: bool = False,
        clock: Callable[[], int] = time.monotonic_ns,
        epoch_ns: int | None = None,
    ) -> None:
        if not 0.01 <= speed <= 100:
            raise BadInput(f"no speed {speed:g}", todo="Give 0.01 to 100; 1 is the original timing")
        self.recording = recording
        self.title = str(recording.path)
        self.ended = False
        self.behind_ns = 0
        self.passes = 0
        self._speed, self._loop, self._clock = speed, loop, clock
        self._epoch_ns = time.time_ns() if epoch_ns is None else epoch_ns
        self._rest = recording.entries()
        self._next = next(self._rest, None)
        self._ended_by = threading.Event()
        self._first_ns = self._last_ns = self._next.arrival_ns if self._next else 0
        self._count = self._numbers = 0
        self._begun_ns: int | None = None
        self._offset_ns = 0

    @property
    def faults(self) -> dict[str, int]:
        """What of the recording could not be used."""
        return {"unusable entries": self.recording.skipped} if self.recording.skipped else {}

    def receive(self, timeout_s: float) -> list[Report]:
        """Everything that is due by now; waits for the next one at most `timeout_s`."""
        if self._begun_ns is None:
            self._begun_ns = self._clock()
        if self._next is None:
            self.ended = True
            return []
        wait_ns = min(self._due_ns(self._next) - self._clock(), ns_from_s(timeout_s))
        if wait_ns > 0:
            self._ended_by.wait(wait_ns / NS_PER_S)
        now_ns = self._clock()
        found = []
        while self._next is not None and (due_ns := self._due_ns(self._next)) <= now_ns:
            if now_ns - due_ns > STALL_NS:
                self._offset_ns += now_ns - due_ns
                due_ns = now_ns
            self.behind_ns = now_ns - due_ns
            found.append(self._placed(self._next, due_ns))
            self._step()
        return found

    def _since_start_ns(self, recorded_ns: int) -> int:
        return round((recorded_ns - self._first_ns) / self._speed)

    def _due_ns(self, entry: Report) -> int:
        return (self._begun_ns or 0) + self._offset_ns + self._since_start_ns(entry.arrival_ns)

    def _step(self) -> None:
        """On to the next entry; a clock that went back in the recording does not hold the player."""
        assert self._next is not None
        self._last_ns = max(self._last_ns, self._next.arrival_ns)
        self._count += 1
        self._next = next(self._rest, None)
        if self._next is None and self._loop and self._last_ns > self._first_ns:
            self._begin_again()

    def _begin_again(self) -> None:
        length_ns = self._last_ns - self._first_ns
        self._offset_ns += round((length_ns + length_ns / max(1, self._count - 1)) / self._speed)
        self._numbers += self._count
        self._count = 0
        self.passes += 1
        self._rest = self.recording.entries()
        self._next = next(self._rest, None)

    def _placed(self, entry: Report, due_ns: int) -> Report:
        """The entry as if it had been sent now: its stamp as far from the first as it was."""
        relative_ns = self._offset_ns + self._since_start_ns(entry.sample.time_ns)
        stamp_ns = max(0, self._epoch_ns + relative_ns)
        sequence = None if entry.heard.sequence is None else entry.heard.sequence + self._numbers
        sample = replace(
            entry.sample,
            time_ns=(self._begun_ns or 0) + relative_ns,
            source_time_ns=stamp_ns,
            sequence=sequence,
        )
        raw = entry.heard.raw and _restamped(entry.heard.raw, stamp_ns, sequence)
        heard = replace(entry.heard, stamp_ns=stamp_ns, sequence=sequence, raw=raw)
        return Report(entry.source, sample, heard, due_ns)

    def close(self) -> None:
        """End a wait in another thread."""
        self._ended_by.set()


def _restamped(raw: dict[str, Any], stamp_ns: int, sequence: int | None) -> dict[str, Any]:
    """The sample with a new stamp, and a new number if it had one."""
    kept = raw.get("timing")
    timing = dict(kept) if isinstance(kept, Mapping) else {}
    seconds, nanoseconds = divmod(stamp_ns, NS_PER_S)
    timing["sampleTimestamp"] = {"seconds": seconds, "nanoseconds": nanoseconds}
    timing["mode"] = "internal"
    if sequence is not None:
        timing["sequenceNumber"] = sequence & 0xFFFFFFFF
    return {**raw, "timing": timing}
