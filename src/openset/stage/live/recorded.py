"""Recorded tracks as reports, in the order and at the times they were recorded.

A take is read as its tracker sent it (raw.otrk.jsonl), or frame by frame where nothing was received
live; of any other file that holds a camera move, its own times count. Lines are read as they are
asked for: an hour costs no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson

from openset.formats import opentrackio
from openset.primitives.errors import BadInput, TrackBroken, TrackNotFound
from openset.primitives.time import frame_time_ns, ns_from_s
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
    none = BadInput(
        "this file holds no camera move", where=str(path), todo="Give a take or a track's file"
    )
    try:
        reader = open_source(path).readers.get("move")
    except BadInput as trouble:  # of no known format
        raise none from trouble
    if reader is None:
        raise none
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
