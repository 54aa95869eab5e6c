"""What Sony's cinema cameras write: a table of frames (VENICE) and NonRealTimeMeta XML of the clip.

The table has focal length in mm, focus in the unit its column names, and the aperture as a T-stop of
the ring's row with tenths of a stop beyond it ("T 2 3/10"), the notation of Cooke /i. In the XML a
shutter angle counts minutes of arc (SMPTE RDD 18: 10380 is 173 degrees), a squeeze counts hundredths,
and LtcChange holds timecode as ST 12-1 bytes, frames first. Sources: RDD 18 as in Sony's F65 manual,
Cooke /i manual 3.0, and a clip of a VENICE.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import BinaryIO

from lxml import etree

from openset.formats import plain_xml
from openset.formats.camera_metadata import (
    FOOT_M,
    ClipMetadata,
    Clock,
    FrameMetadata,
    Metadata,
    above_zero,
    clock_of,
    distance_m,
    exact_rate,
    gathered,
    radians,
    ratio,
    stop,
)
from openset.formats.faults import FormatError
from openset.formats.tables import Row, number, open_table

LARGEST_XML = 16 * 1024 * 1024

_PITCH_MM = {"MPC-3610": 0.0059375}
"""VENICE: 22.8 mm are 3840 photosites (VENICE operating instructions 6.0)."""

_FOCUS = {"Focus Distance (ft)": FOOT_M, "Focus Distance (m)": 1.0}
_APERTURE = re.compile(r"([TF])/? *([0-9]{1,3}(?:\.[0-9]{1,3})?)(?: +([0-9])/10)?", re.ASCII)
_HELD = (
    "Timecode", "Clip Name", "Lens Model", "Lens Serial", "Focal Length (mm)", "Aperture",
    *_FOCUS, "Camera Tilt", "Camera Roll", "Camera Model",
)  # fmt: skip


def read_table(stream: BinaryIO) -> Metadata:
    """A table of frames. Raises FormatError where it is none of Sony's or holds no usable row."""
    table = open_table(stream)
    table.require("Timecode", "Focal Length (mm)")
    focus = next((name for name in _FOCUS if name in table.columns), "")
    return gathered(table.rows, _table_clip, lambda row: _frame(row, focus), _HELD)


def _frame(row: Row, focus: str) -> FrameMetadata:
    t_stop, f_stop = _aperture(row)
    return FrameMetadata(
        clock=clock_of(row.text("Timecode"), row.at),
        focal_length_mm=above_zero(row, "Focal Length (mm)", 10_000.0),
        focus_distance_m=distance_m(row, focus, _FOCUS[focus]) if focus else None,
        t_stop=t_stop,
        f_stop=f_stop,
        tilt_rad=radians(row.number("Camera Tilt", -180.0, 180.0)),
        roll_rad=radians(row.number("Camera Roll", -180.0, 180.0)),
    )


def _aperture(row: Row) -> tuple[float | None, float | None]:
    text = row.text("Aperture").upper()
    if not text:
        return None, None
    match = _APERTURE.fullmatch(text)
    if match is None or not float(match[2]):
        raise FormatError(f"Aperture: {text[:40]!r} is no stop", row.at)
    value = stop(float(match[2]), int(match[3] or 0))
    return (value, None) if match[1] == "T" else (None, value)


def _table_clip(row: Row) -> ClipMetadata:
    return ClipMetadata(
        name=row.text("Clip Name"),
        camera_make="Sony",
        camera_model=row.text("Camera Model"),
        lens_model=row.text("Lens Model"),
        lens_serial=row.text("Lens Serial"),
    )


def read_xml(data: bytes) -> Metadata:
    """The XML beside a clip, its first frame's timecode included. Raises FormatError."""
    if len(data) > LARGEST_XML:
        raise FormatError(f"this XML is larger than {LARGEST_XML // 2**20} MB")
    root = plain_xml.parse(data)
    if plain_xml.name(root) != "NonRealTimeMeta":
        raise FormatError(f"this is {plain_xml.name(root)[:40]!r}, not Sony's NonRealTimeMeta")
    found: dict[str, etree._Element] = {}
    items: dict[str, str] = {}
    for element in root.iter():
        name = plain_xml.name(element)
        found.setdefault(name, element)
        if name == "Item":
            items.setdefault(element.get("name") or "", (element.get("value") or "").strip())
    clip, first = _xml_clip(found, items), _first_clock(found)
    unheld = tuple(name for name, value in items.items() if value and name not in _HELD_ITEMS)
    return Metadata(clip, (FrameMetadata(clock=first),), unheld=unheld, of_clip_only=True)


_HELD_ITEMS = (
    "",
    "AnamorphicLensSqueezeRatio",
    "ShutterSpeedAngle",
    "ISOSensitivity",
    "LensAttributes",
)


def _attribute(found: dict[str, etree._Element], element: str, name: str) -> str:
    place = found.get(element)
    return "" if place is None else (place.get(name) or "").strip()


def _xml_clip(found: dict[str, etree._Element], items: dict[str, str]) -> ClipMetadata:
    model = _attribute(found, "Camera", "modelName") or _attribute(found, "Device", "modelName")
    device = "Camera" if "Camera" in found else "Device"
    width, height = (
        _number(_attribute(found, "VideoLayout", name), 65535.0)
        for name in ("pixel", "numOfVerticalLine")
    )
    size = (int(width), int(height)) if width and height else None
    pitch = _PITCH_MM.get(model)
    minutes = _number(items.get("ShutterSpeedAngle", ""), 360 * 60.0)
    iso = _number(items.get("ISOSensitivity", ""), 1e7)
    count = _number(_attribute(found, "Duration", "value"), 1e9)
    return ClipMetadata(
        camera_make=_attribute(found, device, "manufacturer") or "Sony",
        camera_model=model,
        camera_serial=_attribute(found, device, "serialNo"),
        camera_firmware=_firmware(found.get(device)),
        camera_label=_meta(found, "CameraIndex"),
        lens_make=_attribute(found, "Lens", "manufacturer"),
        lens_model=_attribute(found, "Lens", "modelName") or items.get("LensAttributes", ""),
        lens_serial=_attribute(found, "Lens", "serialNo"),
        sensor_mm=(size[0] * pitch, size[1] * pitch) if size and pitch else None,
        photosites_px=size if pitch else None,
        size_px=size,
        squeeze=_squeeze(found, items),
        iso=int(iso) if iso else None,
        shutter_angle_rad=radians(minutes / 60) if minutes else None,
        rate=_rate(_attribute(found, "VideoFrame", "formatFps")),
        capture_rate=_rate(_attribute(found, "VideoFrame", "captureFps")),
        timecode_rate=_timecode_rate(found),
        frame_count=int(count) if count else None,
    )


def _number(text: str, high: float) -> float | None:
    """A number above zero; what is none counts as not said: the rest of the document still holds."""
    try:
        return number(text, 0.0, high) or None
    except FormatError:
        return None


def _rate(text: str) -> Fraction | None:
    """ "23.98p" and "59.94i" as exact rates."""
    value = _number(text.rstrip("pi"), 10_000.0)
    return exact_rate(value) if value else None


def _timecode_rate(found: dict[str, etree._Element]) -> Fraction | None:
    """`tcFps` counts whole frames: 30 beside a rate of 29.97 means 29.97."""
    base = _number(_attribute(found, "LtcChangeTable", "tcFps"), 1000.0)
    rate = _rate(_attribute(found, "VideoFrame", "formatFps"))
    if not base:
        return None
    ntsc = rate is not None and rate.denominator == 1001
    return Fraction(round(base) * 1000, 1001) if ntsc else exact_rate(base)


def _squeeze(found: dict[str, etree._Element], items: dict[str, str]) -> Fraction | None:
    percent = _number(items.get("AnamorphicLensSqueezeRatio", ""), 1000.0)
    if percent:
        return ratio(percent / 100)
    wide, _, high = _attribute(found, "VideoLayout", "pixelAspect").partition(":")
    one, other = _number(wide, 100.0), _number(high, 100.0)
    return ratio(one / other) if one and other else None


def _firmware(device: etree._Element | None) -> str:
    parts = () if device is None else plain_xml.children(device, "Element")
    return next((text for part in parts if (text := (part.get("software") or "").strip())), "")


def _meta(found: dict[str, etree._Element], name: str) -> str:
    described = found.get("UserDescriptiveMetadata")
    for each in () if described is None else plain_xml.children(described, "Meta"):
        if each.get("name") == name:
            return (each.get("content") or "").strip()
    return ""


def _first_clock(found: dict[str, etree._Element]) -> Clock | None:
    """ "19044716" is 16:47:04:19: two digits each of frames, seconds, minutes, hours, with flags."""
    text = _attribute(found, "LtcChange", "value")
    if not re.fullmatch(r"[0-9A-Fa-f]{8}", text, re.ASCII):
        return None
    packed = bytes.fromhex(text)
    units = (0x3F, 0x7F, 0x7F, 0x3F)
    digits = [byte & mask for byte, mask in zip(packed, units, strict=True)]
    frames, seconds, minutes, hours = ((each >> 4) * 10 + (each & 0x0F) for each in digits)
    if any(each & 0x0F > 9 for each in digits) or hours > 23 or minutes > 59 or seconds > 59:
        return None
    return Clock(hours, minutes, seconds, frames, bool(packed[0] & 0x40))
