"""Sony's table and XML, with values of our own: apertures, minutes of arc, timecode bytes."""

from __future__ import annotations

import io
import math
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.camera_metadata import Clock, FrameMetadata
from openset.formats.faults import FormatError
from openset.formats.sony_metadata import read_table, read_xml

HEADER = '"Timecode","Clip Name","Lens Model","Focal Length (mm)","Aperture","Focus Distance ({})"\n'


def table(*rows: str, unit: str = "ft") -> bytes:
    return (HEADER.format(unit) + "\n".join(rows) + "\n").encode()


def row(code: str = "16:47:04:19", focal: str = "32", stop: str = "T 2 3/10", focus: str = "10") -> str:
    return f'"{code}","D001C005","7032.0100","{focal}","{stop}","{focus}"'


def frame(stop: str = "T 2", focus: str = "10", unit: str = "ft") -> FrameMetadata:
    return read_table(io.BytesIO(table(row(stop=stop, focus=focus), unit=unit))).frames[0]


def test_a_frame_is_read() -> None:
    found = read_table(io.BytesIO(table(row())))
    assert found.frames[0].clock == Clock(16, 47, 4, 19)
    assert found.frames[0].focal_length_mm == 32.0
    assert (found.clip.name, found.clip.lens_model) == ("D001C005", "7032.0100")
    assert found.unheld == ()


def test_focus_is_in_the_unit_that_the_column_names() -> None:
    assert frame(unit="ft").focus_distance_m == pytest.approx(3.048)
    assert frame(unit="m").focus_distance_m == 10.0
    assert frame(focus="inf").focus_distance_m == math.inf


@pytest.mark.parametrize(
    ("text", "t_stop"),
    [
        ("T 2", 2.0),
        ("T 2 3/10", 2.2191),  # 2 x 2**0.15
        ("T 5.6 3/10", 6.2767),  # 2**2.5 x 2**0.15; where only whole marks were read it was refused
        ("T 8", 8.0),  # a mark of the ring, not eight stops (which would be T16)
        ("T 11 5/10", 13.4543),  # 2**3.5 x 2**0.25
    ],
)
def test_an_aperture_is_a_mark_of_the_ring_and_tenths(text: str, t_stop: float) -> None:
    found = frame(stop=text)
    assert (found.t_stop, found.f_stop) == (pytest.approx(t_stop, abs=1e-4), None)


def test_an_f_number_stays_one() -> None:
    assert (frame(stop="F4").f_stop, frame(stop="F4").t_stop) == (4.0, None)
    assert frame(stop="").t_stop is None


def test_a_bad_row_costs_itself() -> None:
    found = read_table(io.BytesIO(table(row(), row(stop="wide"), row(focal="nan"), '"half', row())))
    assert (len(found.frames), found.skipped) == (2, 3)
    assert found.faults[0] == "line 3: Aperture: 'WIDE' is no stop"


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", table()])
def test_another_table_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_table(io.BytesIO(data))


def xml(
    fps: str = "24p", ltc: str = "19044716", layout: str = 'pixelAspect="1:1"', items: str = ""
) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<NonRealTimeMeta xmlns="urn:schemas-professionalDisc:nonRealTimeMeta:ver.2.10">
 <Duration value="588"/>
 <LtcChangeTable tcFps="{24 if fps == "24p" else 30}">
  <LtcChange frameCount="0" value="{ltc}" status="increment"/><LtcChange value="06294716"/>
 </LtcChangeTable>
 <VideoFormat><VideoFrame captureFps="48.00p" formatFps="{fps}"/>
  <VideoLayout pixel="5674" numOfVerticalLine="3192" {layout}/></VideoFormat>
 <Device manufacturer="Sony" modelName="AXS-R7" serialNo="00010604"/>
 <Camera manufacturer="Sony" modelName="MPC-3610" serialNo="0010201">
  <Element hardware="Main-Board" software="6.10"/></Camera>
 <Lens manufacturer="" modelName="S7i-32      "/>
 <AcquisitionRecord><Group name="CameraUnitMetadataSet">
  <Item name="ShutterSpeedAngle" value="10380"/><Item name="ISOSensitivity" value="500"/>
  <Item name="WhiteBalance" value="4300"/>{items}</Group></AcquisitionRecord>
 <UserDescriptiveMetadata><Meta name="CameraIndex" content="D"/></UserDescriptiveMetadata>
</NonRealTimeMeta>""".encode()


def test_the_clip_is_read_from_the_xml() -> None:
    found = read_xml(xml())
    clip = found.clip
    assert (clip.camera_model, clip.camera_serial, clip.camera_firmware, clip.camera_label) == (
        "MPC-3610", "0010201", "6.10", "D",
    )  # fmt: skip
    assert (clip.rate, clip.capture_rate, clip.frame_count) == (Fraction(24), Fraction(48), 588)
    assert (clip.iso, clip.lens_model, clip.size_px) == (500, "S7i-32", (5674, 3192))
    # 22.8 mm hold 3840 photosites: 5674 of them 33.689 mm, 3192 of them 18.953 mm.
    assert clip.sensor_mm == pytest.approx((33.689375, 18.9525))
    assert found.unheld == ("WhiteBalance",)
    assert found.of_clip_only


def test_a_shutter_angle_counts_minutes_of_arc() -> None:
    """10380 / 60 is 173 degrees, near the half turn of 24 frames a second; in hundredths of a degree it
    would be 103.8."""
    angle = read_xml(xml()).clip.shutter_angle_rad
    assert angle is not None
    assert math.degrees(angle) == pytest.approx(173.0)


@pytest.mark.parametrize(
    ("value", "clock"),
    [
        ("19044716", Clock(16, 47, 4, 19)),
        ("59044716", Clock(16, 47, 4, 19, drop=True)),  # 0x40: drop-frame
        ("1A044716", None),  # A is no digit
        ("190447", None),
        ("19044725", None),  # 25 hours
    ],
)
def test_timecode_bytes_stand_frames_first(value: str, clock: Clock | None) -> None:
    assert read_xml(xml(ltc=value)).frames[0].clock == clock


def test_thirty_counted_frames_beside_a_rate_of_television_are_29_97() -> None:
    clip = read_xml(xml(fps="29.97p")).clip
    assert (clip.rate, clip.timecode_rate) == (Fraction(30000, 1001), Fraction(30000, 1001))


def test_a_squeeze_is_told_in_hundredths_or_by_the_pixels() -> None:
    percent = '<Item name="AnamorphicLensSqueezeRatio" value="180"/>'
    assert read_xml(xml(items=percent)).clip.squeeze == Fraction(9, 5)
    assert read_xml(xml(layout='pixelAspect="2:1"')).clip.squeeze == 2
    assert read_xml(xml(layout="")).clip.squeeze is None
    for absurd in ("99:1e-300", "1e-300:99", "1:5e-324"):
        assert read_xml(xml(layout=f'pixelAspect="{absurd}"')).clip.squeeze is None


def test_a_value_that_is_no_number_is_not_said() -> None:
    found = read_xml(xml().replace(b"10380", b"1e400").replace(b'"500"', b'"inf"'))
    assert (found.clip.shutter_angle_rad, found.clip.iso) == (None, None)


BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<NonRealTimeMeta>&b;</NonRealTimeMeta>"""


@pytest.mark.parametrize(
    "data", [b"", b"not XML", b"<other/>", BOMB, b"<a>" * 5000, b"\xff\xfe<\0", xml()[:400]]
)
def test_xml_of_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_xml(data)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 500), st.integers(0, 9), st.decimals("0.1", "9000", places=3))
def test_printed_values_come_back(focal: int, tenths: int, focus: object) -> None:
    text = table(row(focal=str(focal), stop=f"T 4 {tenths}/10", focus=str(focus)))
    found = read_table(io.BytesIO(text)).frames[0]
    assert found.focal_length_mm == focal
    assert found.t_stop == pytest.approx(4 * 2 ** (tenths / 20))
    assert found.focus_distance_m is not None
    assert f"{found.focus_distance_m / 0.3048:.3f}" == str(focus)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.binary(max_size=8), st.binary(max_size=60))
def test_hostile_bytes_raise_nothing_else(at: int, splice: bytes, tail: bytes) -> None:
    for valid, reader in ((table(row()), lambda data: read_table(io.BytesIO(data))), (xml(), read_xml)):
        place = at % len(valid)
        for data in (valid[:place] + splice + valid[place + len(splice) :] + tail, tail):
            with suppress(FormatError):
                reader(data)
