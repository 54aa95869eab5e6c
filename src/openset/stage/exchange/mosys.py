"""Mo-Sys F4 recordings as camera moves."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from openset.formats import mosys_f4
from openset.formats.faults import FormatError
from openset.formats.mosys_f4 import MOST_FAULTS, F4Frame, Recording
from openset.formats.opentrackio import Sample
from openset.primitives.time import frame_time_ns
from openset.stage.exchange.model import CameraMove, Options, Read
from openset.stage.exchange.move import sample_of
from openset.stage.tracking.mosys import NOMINAL_SENSOR_WIDTH_MM, sample_from_f4

LARGEST_FILE = 1 << 29
"""Bytes; an hour at 60 frames a second is 22 MB."""

_USUAL_RATE = Fraction(25)


def read(path: Path, options: Options) -> Read:
    """A recording as a move, a frame a packet. Raises FormatError where no packet holds a pose.

    F4 measures its lens in pixels, so only angles are known: without `sensor_width_mm` a sensor 36 mm
    wide stands in, and that is told.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise FormatError(f"a recording of more than {LARGEST_FILE >> 20} MB is none; split it")
    recording = mosys_f4.read(path.read_bytes())
    if not recording.frames:
        first = f" ({recording.faults[0]})" if recording.faults else ""
        raise FormatError(f"the recording holds no packet with a pose{first}")
    notes = []
    rate = options.rate or recording.rate
    if rate is None:
        rate = _USUAL_RATE
        notes.append(
            f"no timecode in the recording: taken for {rate} frames a second; --rate says another"
        )
    if options.sensor_width_mm is None and any(frame.fx_px for frame in recording.frames):
        notes.append(
            f"sensor taken for {NOMINAL_SENSOR_WIDTH_MM:g} mm wide, its angles hold; --sensor-mm"
        )
    move = _move(options.name or path.name.split(".")[0], recording, rate, options)
    return Read(move, recording.skipped, (*notes, *recording.faults)[:MOST_FAULTS])


def _move(name: str, recording: Recording, rate: Fraction, options: Options) -> CameraMove:
    width_mm = options.sensor_width_mm or NOMINAL_SENSOR_WIDTH_MM
    times = tuple(frame_time_ns(place, rate) for place in _places(recording.frames))
    samples = tuple(
        _sample(name, index, time_ns, frame, rate, width_mm)
        for index, (time_ns, frame) in enumerate(zip(times, recording.frames, strict=True))
    )
    return CameraMove(name, samples, times, rate, options.size_px)


def _places(frames: tuple[F4Frame, ...]) -> list[int]:
    """Which frame each is, from 0: by timecode, which keeps time where packets are missing; in order
    where it is not there or stands still."""
    codes = [frame.timecode for frame in frames if frame.timecode is not None]
    if len(codes) == len(frames):
        start = codes[0]
        places = [(code.frame_count - start.frame_count) % start.frames_per_day for code in codes]
        if all(before < after for before, after in pairwise(places)):
            return places
    return list(range(len(frames)))


def _sample(
    name: str, index: int, time_ns: int, frame: F4Frame, rate: Fraction, width_mm: float
) -> Sample:
    track = sample_from_f4(frame, time_ns, width_mm)
    counts = {
        axis: value
        for axis, value in (
            ("focus", frame.focus_encoder),
            ("iris", frame.iris_encoder),
            ("zoom", frame.zoom_encoder),
        )
        if value is not None
    }
    more: dict[str, Any] = {"rawEncoders": counts} if counts else {}
    sample = sample_of(
        name=name,
        index=index,
        time_ns=time_ns,
        pose=track.stage_from_camera,
        lens=track.lens,
        rate=rate,
        timecode=frame.timecode,
        status=frame.status,
        camera={"label": str(frame.camera_id)},
        lens_more=more,
    )
    sample.setdefault("tracker", {})["recording"] = frame.recording
    sample["timing"]["synchronization"] = {"source": "genlock", "locked": frame.genlocked}
    sample["static"]["tracker"] = {"make": "Mo-Sys"}
    return sample
