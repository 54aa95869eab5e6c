"""REDline's tables, with rows of our own, and the lens's packet worked out by hand."""

from __future__ import annotations

import io
import math
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.camera_metadata import Clock, FrameMetadata, Metadata
from openset.formats.faults import FormatError
from openset.formats.red_csv import read

FRAMES = "FrameNo,Timecode,Aperture,Focus Distance,Focal Length,Rotation X,Cooke Metadata\n"


def cooke(focus: int = 424, hundredths: int = 560, pupil: int = 127) -> str:
    """A Kd packet: six bits a byte under 0x40; of the pupil a sign and ten bits."""
    packet = bytearray(b"d" + b"@" * 28)
    for at, shift in ((1, 18), (2, 12), (3, 6), (4, 0)):
        packet[at] = 0x40 | focus >> shift & 0x3F
    packet[5], packet[6] = 0x40 | hundredths >> 6, 0x40 | hundredths & 0x3F
    packet[25] = 0x40 | (0x20 if pupil < 0 else 0) | abs(pupil) >> 6
    packet[26] = 0x40 | abs(pupil) & 0x3F
    return "/".join(f"{byte:02X}" for byte in packet)


def parsed(*rows: str) -> Metadata:
    return read(io.BytesIO((FRAMES + "\n".join(rows) + "\n").encode()))


def row(number: int = 0, focus: str = "410", lens: str = "") -> str:
    return f"{number},23:17:21:{number:02d},5.600000,{focus},40,-2.257,{lens}"


def frame(focus: str = "410", lens: str = "") -> FrameMetadata:
    return parsed(row(focus=focus, lens=lens)).frames[0]


def test_a_frame_is_read_in_metres() -> None:
    found = parsed(row(8))
    first = found.frames[0]
    assert (first.number, first.clock) == (8, Clock(23, 17, 21, 8))
    assert (first.focal_length_mm, first.f_stop, first.t_stop) == (40.0, 5.6, None)
    assert first.focus_distance_m == pytest.approx(0.41)
    assert found.unheld == ("Rotation X",)


def test_the_lens_tells_its_t_stop_and_its_entrance_pupil() -> None:
    # 0x48 0x70: 8 x 64 + 48 = 560 hundredths. 0x41 0x7F: 1 x 64 + 63 = 127 mm.
    assert cooke().split("/")[5:7] == ["48", "70"]
    assert cooke().split("/")[25:27] == ["41", "7F"]
    found = frame(lens=cooke())
    assert (found.t_stop, found.entrance_pupil_offset_m) == (5.6, pytest.approx(0.127))
    assert frame(lens=cooke(pupil=-30)).entrance_pupil_offset_m == pytest.approx(-0.030)


def test_a_lens_that_displays_inches_is_told_by_its_focus() -> None:
    # 167 tenths of an inch are 424 mm, as the camera says; 50 tenths of an inch are 127 mm.
    found = frame(focus="424", lens=cooke(focus=167, pupil=50))
    assert found.entrance_pupil_offset_m == pytest.approx(0.127)


@pytest.mark.parametrize(
    "lens", ["64/40", "GG/40", f"65{cooke()[2:]}", "00/" * 40, "64/" * 2000, "64/100/-1"]
)
def test_a_damaged_packet_of_the_lens_leaves_the_frame(lens: str) -> None:
    found = frame(lens=lens)
    assert (found.t_stop, found.entrance_pupil_offset_m) == (None, None)
    assert found.focal_length_mm == 40.0


def test_a_bad_row_costs_itself() -> None:
    found = parsed(row(0), row(1, focus="near"), "2,23:17", row(3))
    assert [each.number for each in found.frames] == [0, 3]
    assert found.faults[0] == "line 3: Focus Distance: 'near' is no number from 0 to 1e+12"
    assert found.faults[1] == "line 4: 2 cells under 7 columns"


CLIP = {
    "Clip Name": "A001_C066_0303LZ",
    "Camera": "A",
    "Camera Model": "RANGER MONSTRO 8K VV",
    "Camera PIN": "130-27E-4B5",
    "Sensor Name": "MONSTRO 8K VV",
    "Frame Width": "4096",
    "Frame Height": "2160",
    "FPS": "24",
    "Record FPS": "48",
    "Total Frames": "2",
    "Abs TC": "23:17:21:08",
    "ISO": "250",
    "Shutter (deg)": "180",
    "Aperture": "F5.6",
    "Focal Length": "40mm",
    "Focus Distance": "410mm",
    "Lens Brand": "SIGMA          ",
    "Lens Cooke /i Static": "NSG53599764OSIGMA      LPN040M040UIT94  B1.00",
    "Pixel Aspect Ratio": "1",
    "REDCODE": "REDcode 8:1",
}


def clip(**cells: str) -> Metadata:
    said = {**CLIP, **{name.replace("_", " "): text for name, text in cells.items()}}
    return read(io.BytesIO(f"{','.join(said)}\n{','.join(said.values())}\n".encode()))


def test_the_clip_is_read_with_its_first_frame() -> None:
    found = clip()
    assert found.of_clip_only
    assert (found.clip.rate, found.clip.capture_rate, found.clip.frame_count) == (24, 48, 2)
    assert (found.clip.iso, found.clip.lens_make, found.clip.squeeze) == (250, "SIGMA", Fraction(1))
    assert found.clip.shutter_angle_rad == pytest.approx(math.pi)
    assert found.clip.lens_firmware == "1.00"
    assert found.frames[0].clock == Clock(23, 17, 21, 8)
    assert (found.frames[0].f_stop, found.frames[0].focal_length_mm) == (5.6, 40.0)
    assert found.frames[0].focus_distance_m == pytest.approx(0.41)
    assert found.unheld == ("REDCODE",)


@pytest.mark.parametrize(
    ("sensor", "width_mm"),
    [
        ("MONSTRO 8K VV", 20.48),  # 4096 photosites of 5 um: RED reads a window, and never scales
        ("HELIUM 8K S35", 14.9504),
        ("KOMODO 6K S35", 18.0224),
        ("RAPTOR 8K VV", 20.48),
        ("RAPTOR 8K S35", 13.1072),
    ],
)
def test_the_sensor_is_as_large_as_its_photosites(sensor: str, width_mm: float) -> None:
    size = clip(Sensor_Name=sensor).clip.sensor_mm
    assert size is not None
    assert size[0] == pytest.approx(width_mm)


def test_an_unknown_sensor_has_no_size() -> None:
    assert clip(Sensor_Name="MYSTERY").clip.sensor_mm is None


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", FRAMES.encode(), b"FrameNo,Lens\n1,2\n"])
def test_another_table_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read(io.BytesIO(data))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4095), st.integers(-1023, 1023), st.integers(1, 9999))
def test_what_a_lens_packs_comes_back(hundredths: int, pupil_mm: int, focus_mm: int) -> None:
    found = frame(focus=str(focus_mm), lens=cooke(focus_mm, hundredths, pupil_mm))
    assert found.t_stop == hundredths / 100
    assert found.entrance_pupil_offset_m == pytest.approx(pupil_mm / 1000)
    assert found.focus_distance_m == pytest.approx(focus_mm / 1000)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.binary(max_size=8), st.binary(max_size=60))
def test_hostile_bytes_raise_nothing_else(at: int, splice: bytes, tail: bytes) -> None:
    valid_frames = (FRAMES + row(lens=cooke()) + "\n").encode()
    valid_clip = f"{','.join(CLIP)}\n{','.join(CLIP.values())}\n".encode()
    for valid in (valid_frames, valid_clip):
        place = at % len(valid)
        for data in (valid[:place] + splice + valid[place + len(splice) :] + tail, tail):
            with suppress(FormatError):
                read(io.BytesIO(data))
