"""Recorded tracks on disk, whatever wrote them, as samples.

    *.f4            Mo-Sys F4 recording
    *.otrk.jsonl    a take's track, frame by frame or as received, one JSON object a line
    *.json          OpenTrackIO samples: a list, or a single one
    *.freed, *.d1   FreeD packets end to end (their rate must be given)

A broken line, packet or frame costs itself and is counted, never the track.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import orjson

from openset.formats import freed, mosys_f4, opentrackio
from openset.primitives.errors import BadInput, TrackBroken, TrackNotFound
from openset.primitives.time import frame_time_ns, ns_from_s
from openset.stage.tracking.freed import PROFILES, Profile, sample_from_freed
from openset.stage.tracking.mosys import NOMINAL_SENSOR_WIDTH_MM, sample_from_f4
from openset.stage.tracking.opentrackio import lens_of_reading, sample_from_reading
from openset.stage.tracking.samples import LensReport, TrackSample, completed, credible

Kind = Literal["Mo-Sys F4", "take frames", "take as received", "OpenTrackIO", "FreeD"]
UNTIMED = (".freed", ".d1")
"""Endings of files that carry no times: somebody has to say their rate."""


@dataclass(frozen=True)
class RecordedTrack:
    """A track from a file: its samples in order of time, what was skipped, and whether the last
    line was cut off in the writing. `rate` is samples per second where the file says so."""

    kind: Kind
    samples: tuple[TrackSample, ...]
    rate: Fraction | None = None
    skipped: int = 0
    cut_off: bool = False


def read_track(
    path: Path,
    *,
    start_ns: int | None = 0,
    rate: Fraction | None = None,
    profile: Profile = PROFILES["raw"],
    sensor_width_mm: float = NOMINAL_SENSOR_WIDTH_MM,
) -> list[TrackSample]:
    """The samples of a recorded track; see load_track."""
    loaded = load_track(
        path, start_ns=start_ns, rate=rate, profile=profile, sensor_width_mm=sensor_width_mm
    )
    return list(loaded.samples)


def load_track(
    path: Path,
    *,
    start_ns: int | None = 0,
    rate: Fraction | None = None,
    profile: Profile = PROFILES["raw"],
    sensor_width_mm: float = NOMINAL_SENSOR_WIDTH_MM,
) -> RecordedTrack:
    """A recorded track, its first sample at `start_ns` (None: the file's own stamps, 0 where it has
    none).

    `rate` is that of FreeD packets, which carry no time; `profile` says what their zoom and focus mean;
    `sensor_width_mm` is the camera's, for Mo-Sys. Raises TrackNotFound, and TrackBroken where the file
    holds no usable pose.
    """
    data = _bytes_of(path)
    name = path.name.lower()
    if name.endswith(".f4"):
        loaded = _mosys(data, sensor_width_mm)
    elif name.endswith(UNTIMED):
        loaded = _freed(path, data, rate, profile)
    elif name.endswith(".jsonl"):
        loaded = _lines(data)
    elif name.endswith(".json"):
        loaded = _listed(path, data)
    else:
        raise BadInput(
            f"no track is known to end in {path.suffix or 'nothing'}",
            where=str(path),
            todo="Tracks are .f4, .otrk.jsonl or .json (OpenTrackIO) files; openset convert makes "
            "one of others",
        )
    if not loaded.samples:
        raise TrackBroken(
            f"the track holds no usable pose ({loaded.skipped} entries could not be read)",
            where=str(path),
            todo="Record the track again, or choose another",
        )
    ordered = sorted(loaded.samples, key=lambda sample: sample.time_ns)
    shift_ns = 0 if start_ns is None else start_ns - ordered[0].time_ns
    moved = (replace(sample, time_ns=sample.time_ns + shift_ns) for sample in ordered)
    return replace(loaded, samples=tuple(moved))


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise TrackNotFound("no such track", where=str(path), todo="Check the name") from error
    except OSError as error:
        raise TrackNotFound(f"the track cannot be read ({error.strerror})", where=str(path)) from error


def _mosys(data: bytes, sensor_width_mm: float) -> RecordedTrack:
    recording = mosys_f4.read(data)
    rate = recording.rate or Fraction(25)
    first = next((frame.timecode for frame in recording.frames if frame.timecode), None)
    samples = []
    for index, frame in enumerate(recording.frames):
        place = index
        if first is not None and frame.timecode is not None:
            # The timecode keeps time where frames are missing; it may run over midnight.
            place = (frame.timecode.frame_count - first.frame_count) % first.frames_per_day
        samples.append(sample_from_f4(frame, frame_time_ns(place, rate), sensor_width_mm))
    return RecordedTrack("Mo-Sys F4", tuple(samples), rate, recording.skipped)


def _freed(path: Path, data: bytes, rate: Fraction | None, profile: Profile) -> RecordedTrack:
    if rate is None:
        raise BadInput(
            "FreeD packets carry no time", where=str(path), todo="Give --rate, for example 50"
        )
    packets, skipped_bytes = freed.decode_dump(data)
    samples = (
        sample_from_freed(packet, frame_time_ns(index, rate), profile)
        for index, packet in enumerate(packets)
    )
    return RecordedTrack("FreeD", tuple(samples), rate, -(-skipped_bytes // freed.SIZE))


def _lines(data: bytes) -> RecordedTrack:
    entries: list[Any] = []
    broken = 0
    lines = data.split(b"\n")
    for line in lines:
        if not line.strip():
            continue
        try:
            entries.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            broken += 1
    cut_off = bool(lines[-1].strip()) and not _parses(lines[-1])
    kind: Kind = (
        "take as received" if any("arrival_ns" in each for each in _maps(entries)) else "take frames"
    )
    timed = [(each.get("sample"), _entry_time_ns(each)) for each in _maps(entries)]
    if all(each.get("sample") is None and "transforms" in each for each in _maps(entries)):
        return _listed_samples(entries, broken, cut_off)
    samples, skipped = _samples(timed)
    return RecordedTrack(kind, tuple(samples), None, broken + skipped, cut_off)


def _parses(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _maps(entries: Iterable[Any]) -> Iterable[Mapping[str, Any]]:
    return (each for each in entries if isinstance(each, Mapping))


def _entry_time_ns(entry: Mapping[str, Any]) -> int | None:
    stamp, seconds = entry.get("time_ns"), entry.get("pts_s")
    if isinstance(stamp, int) and not isinstance(stamp, bool):
        return stamp
    return ns_from_s(seconds) if isinstance(seconds, int | float) else None


def _listed(path: Path, data: bytes) -> RecordedTrack:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise TrackBroken(f"this is not JSON ({error})", where=str(path)) from error
    return _listed_samples(value if isinstance(value, list) else [value], 0, False)


def _listed_samples(entries: list[Any], broken: int, cut_off: bool) -> RecordedTrack:
    """Bare OpenTrackIO samples: timed by their stamps, else by their rate, counted as they come."""
    timed: list[tuple[Any, int | None]] = []
    rate: Fraction | None = None
    for index, raw in enumerate(entries):
        stamp = None
        if isinstance(raw, Mapping):
            timing = _timing(raw)
            rate = rate or timing[1]
            stamp = timing[0]
            if stamp is None and rate is not None:
                stamp = frame_time_ns(index, rate)
        timed.append((raw, 0 if stamp is None and len(entries) == 1 else stamp))
    samples, skipped = _samples(timed)
    return RecordedTrack("OpenTrackIO", tuple(samples), rate, broken + skipped, cut_off)


def _timing(raw: Mapping[str, Any]) -> tuple[int | None, Fraction | None]:
    try:
        reading = opentrackio.read(raw)
    except opentrackio.OpenTrackIOError:
        return None, None
    return reading.sample_time_ns, reading.sample_rate


def _samples(timed: Iterable[tuple[Any, int | None]]) -> tuple[list[TrackSample], int]:
    """Samples of raw OpenTrackIO with their times; what the lens report leaves out still holds."""
    samples: list[TrackSample] = []
    skipped = 0
    lens: LensReport | None = None
    for raw, time_ns in timed:
        if time_ns is None or not isinstance(raw, Mapping):
            skipped += 1
            continue
        try:
            reading = opentrackio.read(raw)
        except opentrackio.OpenTrackIOError:
            skipped += 1
            continue
        lens = credible(completed(lens_of_reading(reading), lens)) or lens
        samples.append(sample_from_reading(reading, time_ns, lens or LensReport()))
    return samples, skipped
