"""RED's tables, as REDline prints them: `--printMeta 5`, a row a frame, and `--printMeta 3`, the clip.

Focus in mm, focal length in mm, aperture as an F-number, the level's and gyroscope's readings. "Cooke
Metadata" is the lens's own packet, hexadecimal with slashes: Cooke /i "Kd", of which the T-stop (bytes
5 and 6, hundredths) and the entrance pupil (bytes 25 and 26, from the image plane towards the scene,
in the units the lens displays: 1 mm or 0.1 inch) are read. Sources: Cooke /i User's Guide & Technical
Manual 3.0, commands D and Kd; a clip of a RANGER MONSTRO; sensor sizes from RED's specifications.
"""

from __future__ import annotations

import math
import re
from typing import BinaryIO

from openset.formats.camera_metadata import (
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
    whole,
)
from openset.formats.faults import FormatError
from openset.formats.tables import Row, number, open_table

_PITCH_MM = {
    "RAPTOR": 0.005,
    "MONSTRO": 0.005,
    "DRAGON": 0.005,
    "KOMODO": 0.0044,
    "HELIUM": 0.00365,
    "GEMINI": 0.006,
}
_PITCH_RAPTOR_S35_MM = 0.0032

_MM, _TENTH_INCH = 0.001, 0.00254
_LENGTH = re.compile(r"(?:[FT]/?)? *([0-9.]{1,16}) *(?:mm)?", re.ASCII | re.IGNORECASE)
_HELD_OF_FRAME = (
    "FrameNo", "Timecode", "Aperture", "Focus Distance", "Focal Length", "Cooke Metadata",
)  # fmt: skip
_HELD_OF_CLIP = (
    "Clip Name", "Camera", "Camera Model", "Camera PIN", "Sensor Name", "Frame Width", "Frame Height",
    "FPS", "Record FPS", "Total Frames", "Abs TC", "ISO", "Shutter (deg)", "Firmware Version",
    "Aperture", "Focal Length", "Focus Distance", "Lens Brand", "Lens Name", "Lens Serial Number",
    "Pixel Aspect Ratio", "Lens Cooke /i Static",
)  # fmt: skip


def read(stream: BinaryIO) -> Metadata:
    """Either table. Raises FormatError where it is none of REDline's or holds no usable row."""
    table = open_table(stream)
    if "FrameNo" in table.columns:
        table.require("Timecode", "Focal Length")
        return gathered(table.rows, lambda _: ClipMetadata(camera_make="RED"), _frame, _HELD_OF_FRAME)
    if "Total Frames" not in table.columns:
        raise FormatError("the table has neither 'FrameNo' nor 'Total Frames', as RED's have", "line 1")
    found = gathered(table.rows, _clip, _first_frame, _HELD_OF_CLIP)
    return Metadata(
        found.clip, found.frames[:1], found.skipped, found.faults, found.unheld, of_clip_only=True
    )


def _frame(row: Row) -> FrameMetadata:
    index = row.number("FrameNo", 0, 2**31)
    focus_m = distance_m(row, "Focus Distance", _MM)
    t_stop, pupil_m = _cooke(row.text("Cooke Metadata"), focus_m)
    return FrameMetadata(
        number=None if index is None else int(index),
        clock=clock_of(row.text("Timecode"), row.at),
        focal_length_mm=above_zero(row, "Focal Length", 10_000.0),
        focus_distance_m=focus_m,
        t_stop=t_stop,
        f_stop=above_zero(row, "Aperture", 1000.0),
        entrance_pupil_offset_m=pupil_m,
    )


def _cooke(text: str, focus_m: float | None) -> tuple[float | None, float | None]:
    """T-stop and entrance pupil (m) of a lens's packet; None where there is none or it is damaged.

    A packet does not say its units: that in which its focus distance agrees with the camera's is taken.
    """
    if not text or len(text) > 1024:
        return None, None
    try:
        packet = bytes(int(part, 16) for part in text.split("/"))
    except ValueError:
        return None, None
    if len(packet) < 27 or packet[0] != ord("d"):
        return None, None
    if any(packet[at] & 0xC0 != 0x40 for at in (1, 2, 3, 4, 5, 6, 25, 26)):
        return None, None
    six = [byte & 0x3F for byte in packet]
    counted = six[1] << 18 | six[2] << 12 | six[3] << 6 | six[4]
    unit_m = _MM
    if focus_m is not None and math.isfinite(focus_m):
        unit_m = min((_MM, _TENTH_INCH), key=lambda each: abs(counted * each - focus_m))
    pupil = (six[25] & 0x0F) << 6 | six[26]
    sign = -1 if six[25] & 0x20 else 1
    stop_hundredths = six[5] << 6 | six[6]
    return stop_hundredths / 100 or None, sign * pupil * unit_m


def _first_frame(row: Row) -> FrameMetadata:
    """The clip's table tells of the first frame, its units at the numbers: "410mm", "F5.6"."""
    focus_mm = _printed(row, "Focus Distance")
    return FrameMetadata(
        clock=clock_of(row.text("Abs TC"), row.at),
        focal_length_mm=_printed(row, "Focal Length"),
        focus_distance_m=focus_mm and focus_mm * _MM,
        f_stop=_printed(row, "Aperture"),
    )


def _printed(row: Row, column: str) -> float | None:
    match = _LENGTH.fullmatch(row.text(column))
    try:
        return number(match[1], 0.0, 1e7) or None if match else None
    except FormatError:
        return None


def _clip(row: Row) -> ClipMetadata:
    width, height = whole(row, "Frame Width", 65535), whole(row, "Frame Height", 65535)
    size = (width, height) if width and height else None
    pitch = _pitch_mm(row.text("Sensor Name").upper())
    return ClipMetadata(
        name=row.text("Clip Name"),
        camera_make="RED",
        camera_model=row.text("Camera Model"),
        camera_serial=row.text("Camera PIN"),
        camera_firmware=row.text("Firmware Version"),
        camera_label=row.text("Camera"),
        lens_make=row.text("Lens Brand"),
        lens_model=row.text("Lens Name"),
        lens_serial=row.text("Lens Serial Number"),
        lens_firmware=_lens_firmware(row.text("Lens Cooke /i Static")),
        sensor_mm=(size[0] * pitch, size[1] * pitch) if size and pitch else None,
        photosites_px=size,
        size_px=size,
        squeeze=ratio(row.number("Pixel Aspect Ratio", 0.0, 10.0)),
        iso=whole(row, "ISO"),
        shutter_angle_rad=radians(row.number("Shutter (deg)", 0.0, 360.0)),
        rate=rate_of(row, "FPS"),
        capture_rate=rate_of(row, "Record FPS"),
        frame_count=whole(row, "Total Frames"),
    )


def _lens_firmware(fixed: str) -> str:
    """The last part of a lens's fixed data (Cooke /i command N): "B1.00"."""
    match = re.search(r"B([0-9]\.[0-9]{2})$", fixed, re.ASCII)
    return match[1] if match else ""


def _pitch_mm(sensor: str) -> float | None:
    """Photosites are read one by one: a smaller picture is a smaller part of the sensor."""
    if "RAPTOR" in sensor and "S35" in sensor:
        return _PITCH_RAPTOR_S35_MM
    return next((pitch for name, pitch in _PITCH_MM.items() if name in sensor), None)
