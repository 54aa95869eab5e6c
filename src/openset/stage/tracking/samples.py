"""One report of a tracker, in Openset's units, whatever wire it came by."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from openset.primitives.space import Pose


@dataclass(frozen=True)
class TrackSample:
    """Where the camera was at `time_ns` on the engine's clock.

    `stage_from_camera` is the entrance-pupil pose on the studio floor. `lens` is None where the tracker
    says nothing about it. `source_time_ns` is the tracker's own stamp, None where it has none.
    `status` is the tracker's own word for its health.
    """

    time_ns: int
    stage_from_camera: Pose
    lens: LensReport | None = None
    source_time_ns: int | None = None
    sequence: int | None = None
    status: str = ""


MODEL_UD = "Brown-Conrady U-D"
MODEL_DU = "Brown-Conrady D-U"
"""OpenTrackIO's distortion models: undistorted to distorted, and the other way."""


@dataclass(frozen=True)
class LensReport:
    """What a tracker reports of the lens; None where it does not. Lengths in mm unless named.

    Offsets (right, down of the sensor's middle) and coefficients are OpenLensIO's: see
    stage/lens/report.py. `zoom_ring` and `focus_ring` are the encoders on the rings, 0 to 1.
    """

    focal_length_mm: float | None = None
    focus_distance_m: float | None = None
    f_stop: float | None = None
    entrance_pupil_offset_m: float | None = None
    sensor_width_mm: float | None = None
    sensor_height_mm: float | None = None
    projection_offset_mm: tuple[float, float] | None = None
    distortion_offset_mm: tuple[float, float] | None = None
    distortion_model: str | None = None
    radial: tuple[float, ...] = field(default=())
    tangential: tuple[float, ...] = field(default=())
    zoom_ring: float | None = None
    focus_ring: float | None = None


def completed(report: LensReport | None, earlier: LensReport | None) -> LensReport | None:
    """`report` with what it leaves out taken from the `earlier` one.

    Trackers send the static block (sensor size, pupil offset) only every second or two; what is not
    repeated still holds. The distortion is one thing: model and coefficients come from the same report.
    """
    if report is None or earlier is None:
        return report or earlier
    focal_length, focus, stop = report.focal_length_mm, report.focus_distance_m, report.f_stop
    pupil, offset = report.entrance_pupil_offset_m, report.projection_offset_mm
    width, height = report.sensor_width_mm, report.sensor_height_mm
    shape = report if report.radial or report.tangential else earlier
    return LensReport(
        earlier.focal_length_mm if focal_length is None else focal_length,
        earlier.focus_distance_m if focus is None else focus,
        earlier.f_stop if stop is None else stop,
        earlier.entrance_pupil_offset_m if pupil is None else pupil,
        earlier.sensor_width_mm if width is None else width,
        earlier.sensor_height_mm if height is None else height,
        earlier.projection_offset_mm if offset is None else offset,
        shape.distortion_offset_mm,
        shape.distortion_model,
        shape.radial,
        shape.tangential,
        earlier.zoom_ring if report.zoom_ring is None else report.zoom_ring,
        earlier.focus_ring if report.focus_ring is None else report.focus_ring,
    )


def between(start: LensReport | None, end: LensReport | None, fraction: float) -> LensReport | None:
    """The lens `fraction` (0..1) of the way; what only one side says is taken from that side.

    Coefficients of the same model and number are blended, others come from the nearer report.
    """
    if start is None or end is None or start == end:
        return start or end
    near, far = (start, end) if fraction < 0.5 else (end, start)
    same = start.distortion_model == end.distortion_model
    blended: dict[str, Any] = {
        name: _mix(getattr(start, name), getattr(end, name), fraction, getattr(near, name))
        for name in _NUMBERS
    }
    for name in ("projection_offset_mm", "distortion_offset_mm", "radial", "tangential"):
        a, b, nearer = (getattr(each, name) for each in (start, end, near))
        if a and b and len(a) == len(b) and same:
            blended[name] = tuple(x + fraction * (y - x) for x, y in zip(a, b, strict=True))
        elif nearer is None:
            blended[name] = getattr(far, name)
    return replace(near, **blended)


_NUMBERS = (
    "focal_length_mm",
    "focus_distance_m",
    "f_stop",
    "entrance_pupil_offset_m",
    "sensor_width_mm",
    "sensor_height_mm",
    "zoom_ring",
    "focus_ring",
)


def _mix(start: float | None, end: float | None, fraction: float, nearer: float | None) -> float | None:
    if start is None or end is None:
        return end if start is None else start
    if not (math.isfinite(start) and math.isfinite(end)):
        return nearer  # focus at infinity
    return start + fraction * (end - start)


def implausible(report: LensReport) -> str | None:
    """What no lens in front of a camera can be, in words; None for a report that can be used.

    The bounds are wide (fisheye to telescope, phone to large format): they keep garbage from the wire
    out of the optics, not mistakes.
    """
    for name, value, low, high in (
        ("focal_length_mm", report.focal_length_mm, 0.5, 10_000.0),
        ("sensor_width_mm", report.sensor_width_mm, 0.5, 500.0),
        ("sensor_height_mm", report.sensor_height_mm, 0.5, 500.0),
        ("entrance_pupil_offset_m", report.entrance_pupil_offset_m, -10.0, 10.0),
    ):
        if value is not None and not low <= value <= high:
            return f"{name} is {value:g}"
    for pair in (report.projection_offset_mm, report.distortion_offset_mm):
        if pair is not None and not (abs(pair[0]) <= 250.0 and abs(pair[1]) <= 250.0):
            return "an offset is larger than any sensor"
    if report.distortion_model not in (None, MODEL_UD, MODEL_DU):
        return f"lens model {report.distortion_model!r} is not known"
    focal_mm = report.focal_length_mm or 1.0
    reach_mm = min(focal_mm, report.sensor_width_mm or 50.0)  # a long lens sees little of n = e / F
    square = power = reach_mm * reach_mm
    for index, k in enumerate(report.radial[:6]):
        if not -1000.0 <= k * power <= 1000.0:
            return "the distortion is beyond any lens"
        if index % 2:
            power *= square
    for q in report.tangential[:2]:
        if not -1000.0 <= q * focal_mm <= 1000.0:
            return "the distortion is beyond any lens"
    return None


def credible(report: LensReport | None) -> LensReport | None:
    """As much of a report as can be used: less its distortion if that is the trouble, or nothing."""
    if report is None or implausible(report) is None:
        return report
    straight = replace(
        report, distortion_model=None, radial=(), tangential=(), distortion_offset_mm=None
    )
    return straight if implausible(straight) is None else None
