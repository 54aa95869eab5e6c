"""Canon's tables, with rows of our own: fractions, bits of a float, modes."""

from __future__ import annotations

import io
import math
import struct
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.camera_metadata import Clock, FrameMetadata, Metadata
from openset.formats.canon_csv import read
from openset.formats.faults import FormatError

CELLS = {
    "Timecode": "0:00:03:15",
    "FocusPosition": "3F000000",
    "FocalLength": "180/10",
    "ApertureNumber": "45/10",
    "ExposureTime": "18000/100",
    "PhotographicSensitivity": "2147485248/1",
    "NDFilter": "65535/65535",
    "ApertureMode": "2",
    "ExposureTimeMode": "2",
    "PhotographicSensitivityMode": "1",
    "WB_Mode": "2",
}


def table(**cells: str) -> bytes:
    said = {**CELLS, **cells}
    return f"{','.join(said)}\n{','.join(said.values())}\n".encode()


def parsed(**cells: str) -> Metadata:
    return read(io.BytesIO(table(**cells)))


def frame(**cells: str) -> FrameMetadata:
    return parsed(**cells).frames[0]


def test_a_frame_is_read() -> None:
    first = frame()
    assert first.clock == Clock(0, 0, 3, 15)
    assert (first.focal_length_mm, first.focus_distance_m) == (18.0, 0.5)


def test_focus_is_the_bits_of_a_float_in_either_notation() -> None:
    # 0x3F000000 is 0.5; 1055286886 is 0x3EE66666, 0.45 to seven digits.
    assert frame(FocusPosition="3F000000").focus_distance_m == 0.5
    assert frame(FocusPosition="1055286886").focus_distance_m == pytest.approx(0.45, abs=1e-7)
    assert frame(FocusPosition="7F800000").focus_distance_m == math.inf
    assert frame(FocusPosition="0").focus_distance_m is None


def test_an_aperture_is_an_f_number_or_a_t_number_by_its_mode() -> None:
    assert (frame(ApertureMode="2").t_stop, frame(ApertureMode="2").f_stop) == (4.5, None)
    assert (frame(ApertureMode="1").t_stop, frame(ApertureMode="1").f_stop) == (None, 4.5)
    assert (frame(ApertureMode="0").t_stop, frame(ApertureMode="0").f_stop) == (None, None)


def test_65535_of_65535_and_a_division_by_zero_are_nothing() -> None:
    assert frame(FocalLength="65535/65535").focal_length_mm is None
    assert frame(FocalLength="1/0").focal_length_mm is None


def test_sensitivity_stands_above_two_to_the_31st() -> None:
    assert parsed().clip.iso == 1600  # 2147485248 - 2147483648
    assert parsed(PhotographicSensitivityMode="2").clip.iso is None
    assert parsed(PhotographicSensitivity="100/1").clip.iso is None


def test_an_exposure_time_is_an_angle_in_mode_two() -> None:
    found = parsed()
    assert found.clip.shutter_angle_rad == pytest.approx(math.pi)
    assert found.unheld == ("NDFilter", "WB_Mode")
    other = parsed(ExposureTimeMode="1")
    assert other.clip.shutter_angle_rad is None
    assert other.unheld == ("ExposureTime", "NDFilter", "ExposureTimeMode", "WB_Mode")


STATIC = "ShotNumber,LensSqueezeFactor,UMID,Timescale,Duration,Width,Height\n"


def clip(text: str) -> Metadata:
    return read(io.BytesIO((STATIC + text + "\n").encode()))


@pytest.mark.parametrize(
    ("timescale", "duration", "rate", "count"),
    [
        (30000, 135135, Fraction(30000, 1001), 135),  # 135 frames of 1001 ticks
        (24000, 48000, Fraction(24), 48),  # 48 frames of 1000 ticks
        (24000, 1001000, None, None),  # 1000 frames of 1001 ticks, or 1001 of 1000
        (24000, 7, None, None),
    ],
)
def test_the_rate_follows_from_the_ticks_of_a_frame(
    timescale: int, duration: int, rate: Fraction | None, count: int | None
) -> None:
    found = clip(f"A001C001,1,06,{timescale},{duration},5952,3140")
    assert (found.clip.rate, found.clip.frame_count) == (rate, count)
    assert (found.clip.name, found.clip.size_px, found.of_clip_only) == ("A001C001", (5952, 3140), True)


@pytest.mark.parametrize(
    ("number", "squeeze"), [(0, 1), (1, Fraction(4, 3)), (2, 2), (3, Fraction(9, 5)), (9, None)]
)
def test_the_squeeze_is_a_number_of_a_list(number: int, squeeze: Fraction | None) -> None:
    assert clip(f"A,{number},06,24000,1000,1,1").clip.squeeze == squeeze


@pytest.mark.parametrize(
    "cells",
    [
        {"FocusPosition": "7FC00000"},
        {"FocusPosition": "BF000000"},
        {"FocusPosition": "metres"},
        {"FocusPosition": "9" * 50},
        {"FocalLength": "wide"},
        {"FocalLength": "9999999999/1"},
        {"Timecode": "now"},
    ],
)
def test_a_row_with_an_absurd_value_is_refused_with_its_line(cells: dict[str, str]) -> None:
    with pytest.raises(FormatError, match="line 2"):
        parsed(**cells)


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"FocalLength,Lens\n1,2\n"])
def test_another_table_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read(io.BytesIO(data))


@settings(max_examples=60, deadline=None)
@given(st.floats(2**-10, 9000, width=32), st.booleans(), st.integers(1, 99999))
def test_packed_values_come_back(metres: float, as_hex: bool, tenths: int) -> None:
    (bits,) = struct.unpack(">I", struct.pack(">f", metres))
    # A whole number of fewer than nine digits would be far below a micrometre: there is none.
    text = f"{bits:08X}" if as_hex else str(bits)
    found = frame(FocusPosition=text, FocalLength=f"{tenths}/10")
    assert found.focus_distance_m == metres
    assert found.focal_length_mm == tenths / 10


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.binary(max_size=8), st.binary(max_size=60))
def test_hostile_bytes_raise_nothing_else(at: int, splice: bytes, tail: bytes) -> None:
    for valid in (table(), (STATIC + "A001C001,1,06,30000,135135,5952,3140\n").encode()):
        place = at % len(valid)
        for data in (valid[:place] + splice + valid[place + len(splice) :] + tail, tail):
            with suppress(FormatError):
                read(io.BytesIO(data))
