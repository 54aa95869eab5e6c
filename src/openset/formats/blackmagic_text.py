"""Blackmagic RAW metadata as the SDK's ExtractMetadata prints it: "key: value" lines.

"Clip Metadata" and "Frame 12 Metadata" begin their parts. Focal length and distance carry their unit,
the aperture its letter ("T2.3", "f4"), rates are "48,1," or 1/65536 frames a second.
`sensor_area_captured` counts photosites; `crop_size` counts pixels after the camera's own scaling and
gives no size in mm. Sources: a clip of an URSA Mini Pro 12K; sensor sizes from Blackmagic's technical
specifications.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

from openset.formats.camera_metadata import (
    ClipMetadata,
    FrameMetadata,
    Metadata,
    clock_of,
    exact_rate,
    gathered,
    radians,
    ratio,
)
from openset.formats.faults import FormatError
from openset.formats.tables import Row, number, text_lines

_HEADING = re.compile(r"(?:Clip|Frame ([0-9]{1,9})) Metadata", re.ASCII)
_LINE = re.compile(r"([^:]{1,200}):(.*)")
_WITH_UNIT = re.compile(r"([0-9.]{1,16}) *(mm|cm|m|ft|in|\")?", re.ASCII | re.IGNORECASE)
_APERTURE = re.compile(r"([tf])/? *([0-9.]{1,16})", re.ASCII | re.IGNORECASE)
_UNITS_M = {"mm": 0.001, "cm": 0.01, "m": 1.0, "ft": 0.3048, "in": 0.0254, '"': 0.0254, "": 0.001}

_PITCH_UM = {
    "URSA Mini Pro 12K": 2.2,
    "URSA Mini Pro 4.6K": 5.5,
    "URSA Mini 4.6K": 5.5,
    "Pocket Cinema Camera 6K": 3.76,
    "Pocket Cinema Camera 4K": 4.63,
    "Cinema Camera 6K": 5.95,
}
_HELD = (
    "manufacturer", "camera_type", "camera_id", "firmware_version", "camera_number", "clip_number",
    "lens_type", "anamorphic", "anamorphic_enable", "sensor_area_captured", "crop_size", "timecode",
    "format_frame_rate", "sensor_photosite_pitch_in_micrometres", "sensor_rate", "shutter_value",
    "shutter_type", "iso", "aperture", "focal_length", "distance",
)  # fmt: skip
_MOST_KEYS = 4096


def read(stream: BinaryIO) -> Metadata:
    """A clip's text. Raises FormatError where it has no part for a frame that can be used."""
    parts = _parts(stream)
    clip = next(parts, None)
    if clip is None:
        raise FormatError("the text has no 'Clip Metadata'")
    found = gathered(parts, lambda row: _clip(_both(clip, row)), _frame, ("",))
    said = dict.fromkeys((*clip.cells, *found.unheld))
    unheld = tuple(name for name in said if name not in _HELD and name != _NUMBER)
    return Metadata(found.clip, found.frames, found.skipped, found.faults, unheld)


_NUMBER = "Frame"


def _parts(stream: BinaryIO) -> Iterator[Row]:
    """The clip's part, then each frame's, as rows at the line of their headings."""
    cells: dict[str, str] | None = None
    start = 0
    for line, text in text_lines(stream):
        if isinstance(text, FormatError):
            continue
        if heading := _HEADING.fullmatch(text.strip()):
            if cells is not None:
                yield Row(start, cells)
            elif heading[1] is not None:
                yield Row(line, {})
            cells, start = {} if heading[1] is None else {_NUMBER: heading[1]}, line
        elif cells is not None and (pair := _LINE.match(text)) and len(cells) < _MOST_KEYS:
            cells[pair[1].strip()] = pair[2].strip()
    if cells is not None:
        yield Row(start, cells)


def _both(clip: Row, frame: Row) -> Row:
    return Row(clip.line, {**clip.cells, **frame.cells})


def _frame(row: Row) -> FrameMetadata:
    index = row.number(_NUMBER, 0, 2**31)
    if index is None:
        raise FormatError("a second 'Clip Metadata'", row.at)
    t_stop, f_stop = _aperture(row)
    return FrameMetadata(
        number=int(index),
        clock=clock_of(row.text("timecode"), row.at),
        focal_length_mm=_metres(row, "focal_length", 10.0, 1000.0),
        focus_distance_m=_focus_m(row),
        t_stop=t_stop,
        f_stop=f_stop,
    )


def _metres(row: Row, key: str, high_m: float, scale: float) -> float | None:
    """A length with its unit, in metres times `scale`."""
    text = row.text(key)
    match = _WITH_UNIT.fullmatch(text)
    if match is None:
        if text:
            raise FormatError(f"{key}: {text[:40]!r} is no length", row.at)
        return None
    unit_m = _UNITS_M[(match[2] or "").lower()]
    value = number(match[1], 0.0, high_m / unit_m)
    return value * (unit_m * scale) if value else None


def _focus_m(row: Row) -> float | None:
    if row.text("distance").lower().startswith("inf"):
        return math.inf
    return _metres(row, "distance", 1e9, 1.0)


def _aperture(row: Row) -> tuple[float | None, float | None]:
    match = _APERTURE.fullmatch(row.text("aperture"))
    value = number(match[2], 0.0, 1000.0) if match else None
    if match is None or not value:
        return None, None
    return (value, None) if match[1].lower() == "t" else (None, value)


def _clip(row: Row) -> ClipMetadata:
    model = row.text("camera_type")
    sites = _pair(row.text("sensor_area_captured"))
    pitch_um = _said(row, "sensor_photosite_pitch_in_micrometres", 100.0) or _pitch_um(model)
    iso, fixed = _said(row, "iso", 1e7), _said(row, "format_frame_rate", 2.0**30)
    rate = exact_rate(fixed / 65536) if fixed else None
    capture = _pair(row.text("sensor_rate"))
    return ClipMetadata(
        name=row.text("clip_number"),
        camera_make=row.text("manufacturer") or "Blackmagic Design",
        camera_model=model,
        camera_serial=row.text("camera_id"),
        camera_firmware=row.text("firmware_version"),
        camera_label=row.text("camera_number"),
        lens_model=row.text("lens_type"),
        sensor_mm=(sites[0] * pitch_um / 1000, sites[1] * pitch_um / 1000)
        if sites and pitch_um
        else None,
        photosites_px=sites,
        size_px=_pair(row.text("crop_size")),
        squeeze=_squeeze(row),
        iso=int(iso) if iso else None,
        shutter_angle_rad=_shutter_rad(row.text("shutter_value")),
        rate=rate,
        capture_rate=Fraction(*capture) if capture else None,
    )


def _said(row: Row, key: str, high: float) -> float | None:
    """A fact of the clip; one that is no number counts as not said, the frames still hold."""
    try:
        return row.number(key, 0.0, high) or None
    except FormatError:
        return None


def _pair(text: str) -> tuple[int, int] | None:
    """ "7680,6408," as two counts above zero."""
    parts = text.rstrip(", ").split(",")
    if len(parts) != 2 or not all(re.fullmatch(r" *[0-9]{1,6} *", part, re.ASCII) for part in parts):
        return None
    first, second = int(parts[0]), int(parts[1])
    return (first, second) if first and second else None


def _pitch_um(model: str) -> float | None:
    return next((pitch for name, pitch in _PITCH_UM.items() if name in model), None)


def _squeeze(row: Row) -> Fraction | None:
    if row.text("anamorphic_enable") in ("", "0"):
        return Fraction(1) if row.text("anamorphic_enable") else None
    try:
        return ratio(number(row.text("anamorphic").rstrip("xX "), 0.1, 10.0))
    except FormatError:
        return None


def _shutter_rad(text: str) -> float | None:
    """ "180\u00b0" is an angle; "1/50" is a time, which is not held."""
    try:
        return radians(number(text[:-1], 0.0, 360.0)) if text.endswith("\u00b0") else None
    except FormatError:
        return None
