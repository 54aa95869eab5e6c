"""Canon's tables of a clip: "…_Frames.csv", a row a frame, and "…_Static.csv", the whole clip.

Numbers are fractions ("180/10"); 65535/65535 says that there is none. Focus is metres as the bits of
a 32-bit float, in hexadecimal (3F000000 is 0.5) or as a whole number (1055286886 is 0.45). Sensitivity
stands above 2**31. An aperture is an F-number in mode 1 and a T-number in mode 2, an exposure time an
angle in degrees in mode 2. Source: two clips that Canon gave to SMPTE's camdkit, and what they say.
"""

from __future__ import annotations

import math
import re
import struct
from fractions import Fraction
from typing import BinaryIO

from openset.formats.camera_metadata import (
    ClipMetadata,
    FrameMetadata,
    Metadata,
    clock_of,
    gathered,
    radians,
    whole,
)
from openset.formats.faults import FormatError
from openset.formats.tables import Row, open_table

_FRACTION = re.compile(r"([0-9]{1,10})(?:/([0-9]{1,10}))?", re.ASCII)
_NOTHING = 65535
_ISO_BASE = 2**31
_F_NUMBER, _T_NUMBER = "1", "2"
_AS_ANGLE = "2"
_SQUEEZES = {"0": Fraction(1), "1": Fraction(4, 3), "2": Fraction(2), "3": Fraction(9, 5)}
"""LensSqueezeFactor is a number of a list; 1 is the lens makers' 1.33."""

_TICKS = (1001, 1000)
_HELD_OF_FRAME = (
    "Timecode", "FocusPosition", "FocalLength", "ApertureNumber", "ApertureMode",
    "PhotographicSensitivity", "PhotographicSensitivityMode",
)  # fmt: skip
_HELD_OF_CLIP = ("ShotNumber", "LensSqueezeFactor", "Timescale", "Duration", "Width", "Height")


def read(stream: BinaryIO) -> Metadata:
    """Either table. Raises FormatError where it is none of Canon's or holds no usable row."""
    table = open_table(stream)
    if "FocalLength" in table.columns:
        table.require("Timecode", "FocusPosition")
        found = gathered(table.rows, _frame_clip, _frame, _HELD_OF_FRAME)
        angle = found.clip.shutter_angle_rad is not None
        shutter = ("ExposureTime", "ExposureTimeMode") if angle else ()
        unheld = tuple(name for name in found.unheld if name not in shutter)
        return Metadata(found.clip, found.frames, found.skipped, found.faults, unheld)
    if "Timescale" not in table.columns:
        raise FormatError(
            "the table has neither 'FocalLength' nor 'Timescale', as Canon's have", "line 1"
        )
    clip = gathered(table.rows, _clip, lambda _: FrameMetadata(), _HELD_OF_CLIP)
    return Metadata(
        clip.clip, clip.frames[:1], clip.skipped, clip.faults, clip.unheld, of_clip_only=True
    )


def _frame(row: Row) -> FrameMetadata:
    aperture = _fraction(row, "ApertureNumber", 1000.0)
    mode = row.text("ApertureMode")
    return FrameMetadata(
        clock=clock_of(row.text("Timecode"), row.at),
        focal_length_mm=_fraction(row, "FocalLength", 10_000.0),
        focus_distance_m=_focus_m(row),
        t_stop=aperture if mode == _T_NUMBER else None,
        f_stop=aperture if mode == _F_NUMBER else None,
    )


def _fraction(row: Row, column: str, high: float) -> float | None:
    text = row.text(column)
    if not text:
        return None
    match = _FRACTION.fullmatch(text)
    if match is None:
        raise FormatError(f"{column}: {text[:40]!r} is no fraction", row.at)
    above, below = int(match[1]), int(match[2] or 1)
    if not above or not below or above == below == _NOTHING:
        return None
    if above / below > high:
        raise FormatError(f"{column}: {text[:40]} is more than {high:g}", row.at)
    return above / below


def _focus_m(row: Row) -> float | None:
    """The bits of a float: eight characters are hexadecimal, more are a whole number."""
    text = row.text("FocusPosition")
    if not text:
        return None
    try:
        bits = int(text, 16) if len(text) <= 8 else int(text[:16])
        metres = float(struct.unpack(">f", struct.pack(">I", bits))[0])
    except (ValueError, struct.error) as error:
        raise FormatError(f"FocusPosition: {text[:40]!r} is no 32-bit number", row.at) from error
    if math.isnan(metres) or metres < 0:
        raise FormatError(f"FocusPosition: {text[:40]!r} is no distance", row.at)
    return (metres if metres < 10_000 else math.inf) or None


def _frame_clip(row: Row) -> ClipMetadata:
    iso = _fraction(row, "PhotographicSensitivity", 2.0**32)
    known = iso is not None and row.text("PhotographicSensitivityMode") == "1" and iso > _ISO_BASE
    angle = _fraction(row, "ExposureTime", 1e9) if row.text("ExposureTimeMode") == _AS_ANGLE else None
    return ClipMetadata(
        camera_make="Canon",
        iso=int(iso) - _ISO_BASE if iso is not None and known else None,
        shutter_angle_rad=radians(angle if angle is not None and angle <= 360 else None),
    )


def _clip(row: Row) -> ClipMetadata:
    width, height = whole(row, "Width", 65535), whole(row, "Height", 65535)
    rate, count = _timing(whole(row, "Timescale"), whole(row, "Duration"))
    return ClipMetadata(
        name=row.text("ShotNumber"),
        camera_make="Canon",
        size_px=(width, height) if width and height else None,
        squeeze=_SQUEEZES.get(row.text("LensSqueezeFactor")),
        rate=rate,
        capture_rate=rate,
        frame_count=count,
    )


def _timing(timescale: int | None, duration: int | None) -> tuple[Fraction | None, int | None]:
    """Rate and frames: a frame lasts 1001 or 1000 ticks of the time scale, whichever divides the whole.

    Where both do, or neither, the rate is not told.
    """
    if not timescale or not duration:
        return None, None
    fitting = [ticks for ticks in _TICKS if duration % ticks == 0]
    if len(fitting) != 1 or timescale < 1000:
        return None, None
    return Fraction(timescale, fitting[0]), duration // fitting[0]
