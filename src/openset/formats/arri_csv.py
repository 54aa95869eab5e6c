"""ARRI Meta Extract's table of a clip: a row a frame, some 180 columns, tab-delimited.

Units: focal length in mm, focus in the unit that "Lens Distance Unit" names, angles in degrees, "Lens
Linear Iris" in thousandths of a stop with T1 at 1000. "--", "n.a." and a tilt of 409.5 degrees (all
bits set) say that there is no value. Sources: ARRI Metadata White Paper (2018) and a clip of an
ALEXA LF; sensor sizes from ARRI's "Formats and Resolutions" overview (2021).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import BinaryIO

from openset.formats.camera_metadata import (
    FOOT_M,
    ClipMetadata,
    FrameMetadata,
    Metadata,
    above_zero,
    clock_of,
    distance_m,
    gathered,
    radians,
    rate_of,
    ratio,
    stop,
    whole,
)
from openset.formats.tables import Row, open_table

_UNITS_M = {"meter": 1.0, "metre": 1.0, "metric": 1.0, "m": 1.0}
_UNITS_M |= dict.fromkeys(("feet", "foot", "ft", "imperial"), FOOT_M)

_PITCH_MM = 0.00825
_PITCH_35_MM = 0.006075
_WHOLE_WIDTHS = frozenset((2880, 3200, 3424, 4448, 6560))
"""Picture widths that ALEV III cameras record photosite by photosite."""

_LF_WIDTHS = {1920: 3840, 2048: 3840, 3840: 3840, 4448: 4448}
"""Photosites across the picture that an ALEXA LF records at each width."""

_LEVEL_BITS = 409.5
_STOPS = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?)(?: *\+ *([0-9])/10)?", re.ASCII)

_HELD = (
    "Index", "Master TC", "Master TC Drop Frame", "Master TC Time Base", "Camera Clip Name",
    "Camera Family", "Camera Serial Number", "Camera Index", "Camera SUP Name", "Camera Model",
    "Shutter Angle", "Sensor FPS", "Project FPS", "Image Width", "Image Height", "Exposure Index ASA",
    "Lens Squeeze", "Lens Model", "Lens Serial Number", "Lens Distance Unit", "Lens Focus Distance",
    "Lens Focal Length", "Lens Iris", "Lens Linear Iris", "Camera Tilt", "Camera Roll",
    *(f"RawEncoder{axis} {of}" for axis in ("Focus", "Iris", "Focal") for of in ("RawLds", "RawMotor")),
    *(
        f"EncoderLim{axis}{of}{end}"
        for axis in ("Focus", "Iris", "Focal") for of in ("Lds", "Motor") for end in ("Min", "Max")
    ),
)  # fmt: skip


def read(stream: BinaryIO) -> Metadata:
    """A clip's table. Raises FormatError where it is none of ARRI's or holds no usable row."""
    table = open_table(stream)
    table.require("Master TC", "Lens Focal Length")
    found = gathered(table.rows, _clip, _frame, _HELD)
    if any(frame.focus_distance_m is not None for frame in found.frames):
        return found
    # Metres or feet is not told, or there was no distance.
    return replace(found, unheld=(*found.unheld, "Lens Focus Distance"))


def _frame(row: Row) -> FrameMetadata:
    raw, scaled = _encoders(row)
    index = row.number("Index", 0, 2**31)
    return FrameMetadata(
        number=None if index is None else int(index),
        clock=clock_of(row.text("Master TC"), row.at),
        focal_length_mm=above_zero(row, "Lens Focal Length", 10_000.0),
        focus_distance_m=_focus_m(row),
        t_stop=_t_stop(row),
        tilt_rad=_level(row, "Camera Tilt"),
        roll_rad=_level(row, "Camera Roll"),
        raw_encoders=raw,
        encoders=scaled,
    )


def _focus_m(row: Row) -> float | None:
    """None too where the unit is not told: a guess would be wrong by a factor of three."""
    unit_m = _UNITS_M.get(row.text("Lens Distance Unit").lower())
    return None if unit_m is None else distance_m(row, "Lens Focus Distance", unit_m)


def _t_stop(row: Row) -> float | None:
    """T = 2**((linear - 1000) / 2000); where that is missing, the ring's mark and tenths."""
    linear = row.number("Lens Linear Iris", -1.0, 65535.0)
    if linear is not None and 0 < linear < 20_000:
        return float(2 ** ((linear - 1000) / 2000))
    match = _STOPS.fullmatch(row.text("Lens Iris"))
    if match is None or not float(match[1]):
        return None
    return stop(float(match[1]), int(match[2] or 0))


def _level(row: Row, column: str) -> float | None:
    degrees = row.number(column, -_LEVEL_BITS - 1, _LEVEL_BITS + 1)
    return radians(degrees) if degrees is not None and abs(degrees) <= 180 else None


def _encoders(
    row: Row,
) -> tuple[tuple[int | None, int | None, int | None], tuple[float | None, float | None, float | None]]:
    """Focus, iris and zoom by the lens's own encoder, else by the motor's; and within their limits."""
    raw: list[int | None] = []
    scaled: list[float | None] = []
    for axis in ("Focus", "Iris", "Focal"):
        value, part = None, None
        for of in ("Lds", "Motor"):
            value = row.number(f"RawEncoder{axis} Raw{of}", 0, 2**31)
            if value is not None:
                low, high = (
                    row.number(f"EncoderLim{axis}{of}{end}", 0, 2**31) for end in ("Min", "Max")
                )
                if low is not None and high is not None and low < high:
                    part = min(1.0, max(0.0, (value - low) / (high - low)))
                break
        raw.append(None if value is None else int(value))
        scaled.append(part)
    return (raw[0], raw[1], raw[2]), (scaled[0], scaled[1], scaled[2])


def _clip(row: Row) -> ClipMetadata:
    width, height = whole(row, "Image Width", 65535), whole(row, "Image Height", 65535)
    size = (width, height) if width and height else None
    sites, pitch = _photosites(row, size)
    drop = row.text("Master TC Drop Frame").lower()
    return ClipMetadata(
        name=row.text("Camera Clip Name"),
        camera_make="ARRI",
        camera_model=row.text("Camera Model"),
        camera_serial=row.text("Camera Serial Number"),
        camera_firmware=row.text("Camera SUP Name"),
        camera_label=row.text("Camera Index"),
        lens_model=row.text("Lens Model"),
        lens_serial=row.text("Lens Serial Number"),
        sensor_mm=None if sites is None else (sites[0] * pitch, sites[1] * pitch),
        photosites_px=sites,
        size_px=size,
        squeeze=ratio(row.number("Lens Squeeze", 0.0, 10.0)),
        iso=whole(row, "Exposure Index ASA"),
        shutter_angle_rad=radians(row.number("Shutter Angle", 0.0, 360.0)),
        rate=rate_of(row, "Project FPS"),
        capture_rate=rate_of(row, "Sensor FPS"),
        timecode_rate=rate_of(row, "Master TC Time Base"),
        drop_frame={"yes": True, "no": False}.get(drop),
    )


def _photosites(row: Row, size: tuple[int, int] | None) -> tuple[tuple[int, int] | None, float]:
    """How much of the sensor the picture was read from, where the picture's size tells it for sure."""
    model = f"{row.text('Camera Family')} {row.text('Camera Model')}".lower()
    if size is None:
        return None, 0.0
    if "alexa 35" in model or "alexa35" in model:
        return (size if size[0] == 4608 else None), _PITCH_35_MM
    if row.text("Camera Family") == "ALEXALF" and size[0] in _LF_WIDTHS:
        across = _LF_WIDTHS[size[0]]
        return (across, round(size[1] * across / size[0])), _PITCH_MM
    return (size if size[0] in _WHOLE_WIDTHS else None), _PITCH_MM
