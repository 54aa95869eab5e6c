"""Between a camera move and the pinhole shot that files of post hold.

A shot counts frames; a move has times. Each sample stands at the frame nearest in time, and the frame
number a file gave it is kept in the sample under `openset.frame` (OpenTrackIO allows keys of one's own
at its top), so that a shot that began at 1001 begins there again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from openset.formats.camera_shot import CameraShot, Key, Optics
from openset.formats.opentrackio import Sample
from openset.primitives.errors import BadInput
from openset.primitives.time import NS_PER_S, Timecode, frame_time_ns
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.move import lens_reports, pupil_poses, rate_of, sample_of, timecodes
from openset.stage.lens.report import DEFAULT_SENSOR_WIDTH_MM, lens_from_report
from openset.stage.tracking.samples import LensReport

FIRST_FRAME = 1
"""Where a shot starts whose move has no frame numbers: Nuke's and Blender's own first frame."""

LARGEST = 1 << 28
"""Bytes of a camera file that is read whole."""

_LAST_FRAME = 10_000_000
_WIDE = 9 / 16


def shot_of(move: CameraMove, options: Options) -> CameraShot:
    """The move's poses and lenses on frames. Raises BadInput where it holds no pose at all."""
    rate = options.rate or rate_of(move) or Fraction(24)
    start = first_frame(move, rate)
    chosen: dict[int, tuple[Fraction, Key]] = {}
    size = move.size_px or options.size_px
    states = zip(move.times_ns, pupil_poses(move), lens_reports(move), strict=True)
    for time_ns, pose, report in states:
        exact = Fraction(time_ns) * rate / NS_PER_S
        frame = math.floor(exact + Fraction(1, 2))
        off = abs(exact - frame)
        if pose is None or (frame in chosen and chosen[frame][0] <= off):
            continue
        key = Key(
            start + frame,
            pose,
            optics_of(report, size, options),
            report.focus_distance_m if report else None,
            report.f_stop if report else None,
        )
        chosen[frame] = off, key
    if not chosen:
        raise BadInput("the move holds no pose: it is a lens only", todo="Give a file that has a track")
    keys = tuple(chosen[frame][1] for frame in sorted(chosen))
    return CameraShot(options.name or move.name, keys, rate, size, _slate(move, keys[0].frame - start))


def first_frame(move: CameraMove, rate: Fraction) -> int:
    """The frame number of the move's start: as its file said, else `FIRST_FRAME`."""
    for sample, time_ns in zip(move.samples, move.times_ns, strict=True):
        own = sample.get("openset")
        frame = own.get("frame") if isinstance(own, Mapping) else None
        if isinstance(frame, int) and not isinstance(frame, bool) and abs(frame) <= _LAST_FRAME:
            return frame - round(Fraction(time_ns) * rate / NS_PER_S)
    return FIRST_FRAME


def optics_of(
    report: LensReport | None, size_px: tuple[int, int] | None, options: Options
) -> Optics | None:
    """The pinhole of a report, its distortion left aside; None without a focal length.

    Without a sensor the option's width is taken, else 36 mm, and without a height the picture's shape,
    else 16:9.
    """
    if report is None or not report.focal_length_mm:
        return None
    bare = replace(report, radial=(), tangential=(), distortion_model=None, distortion_offset_mm=None)
    if bare.sensor_width_mm is None and bare.sensor_height_mm is None:
        bare = replace(bare, sensor_width_mm=options.sensor_width_mm or DEFAULT_SENSOR_WIDTH_MM)
    if size_px is None:
        width = bare.sensor_width_mm or (bare.sensor_height_mm or 0.0) / _WIDE
        height = bare.sensor_height_mm or width * _WIDE
        return Optics(report.focal_length_mm, width, height, bare.projection_offset_mm or (0.0, 0.0))
    try:
        lens = lens_from_report(bare, *size_px)
    except BadInput:
        return None
    focal_mm = lens.focal_length_mm
    return Optics(
        focal_mm,
        lens.sensor_width_mm,
        lens.height_px * focal_mm / lens.fy_px,
        (
            (lens.cx_px - lens.width_px / 2) * focal_mm / lens.fx_px,
            (lens.cy_px - lens.height_px / 2) * focal_mm / lens.fy_px,
        ),
    )


def sensor_of(options: Options) -> tuple[float, float]:
    """The sensor in mm to read a file with that has none: 36 mm wide, 16:9, unless told otherwise."""
    width = options.sensor_width_mm or DEFAULT_SENSOR_WIDTH_MM
    shape = options.size_px[1] / options.size_px[0] if options.size_px else _WIDE
    return width, width * shape


def move_of(
    shot: CameraShot, options: Options, *, start_timecode: Timecode | None = None
) -> CameraMove:
    """A shot as a move: its keys in order, at the rate of the option, the shot, or 24."""
    rate = options.rate or shot.rate or Fraction(24)
    first = shot.keys[0].frame
    name = options.name or shot.name
    samples = []
    for key in shot.keys:
        step = key.frame - first
        made = sample_of(
            name=name,
            index=max(0, key.frame),
            time_ns=frame_time_ns(step, rate),
            pose=key.pose,
            lens=_report(key),
            rate=rate,
            timecode=start_timecode.plus(step) if start_timecode else None,
        )
        samples.append(numbered(made, key.frame))
    times = tuple(frame_time_ns(key.frame - first, rate) for key in shot.keys)
    return CameraMove(name, tuple(samples), times, rate, shot.size_px or options.size_px)


def numbered(sample: Sample, frame: int) -> Sample:
    """The sample with the frame number its file gave it."""
    return {**sample, "openset": {"frame": frame}}


def _report(key: Key) -> LensReport | None:
    optics = key.optics
    known: dict[str, Any] = {}
    if optics is not None:
        known = {
            "focal_length_mm": optics.focal_length_mm,
            "sensor_width_mm": optics.sensor_width_mm,
            "sensor_height_mm": optics.sensor_height_mm,
            "projection_offset_mm": optics.offset_mm if any(optics.offset_mm) else None,
        }
    report = LensReport(focus_distance_m=key.focus_distance_m, f_stop=key.f_stop, **known)
    return None if report == LensReport() else report


def _slate(move: CameraMove, index: int) -> str:
    """The timecode of the shot's first key, if every frame's follows from it; else none."""
    codes = timecodes(move)
    if not codes or codes[0] is None:
        return ""
    start = codes[0]
    rate = rate_of(move) or start.rate
    for code, time_ns in zip(codes, move.times_ns, strict=True):
        step = round(Fraction(time_ns) * rate / NS_PER_S)
        if code is None or str(code) != str(start.plus(step)):
            return ""
    return str(start.plus(index))
