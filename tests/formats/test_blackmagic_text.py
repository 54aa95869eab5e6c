"""Blackmagic's text, with values of our own: parts, units, fixed-point rates."""

from __future__ import annotations

import io
import math
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.blackmagic_text import read
from openset.formats.camera_metadata import FrameMetadata, Metadata
from openset.formats.faults import FormatError

CLIP = {
    "manufacturer": "Blackmagic Design",
    "camera_type": "Blackmagic URSA Mini Pro 12K",
    "camera_id": "7ef33b36",
    "firmware_version": "7.2.1",
    "sensor_area_captured": "7680,6408,",
    "crop_size": "5120,4272,",
    "format_frame_rate": "1572864",
    "lens_type": "Cooke Anamorphic /i Prime Lens 50mm",
    "anamorphic": "2x",
    "anamorphic_enable": "1",
    "viewing_gamma": "Blackmagic Design Film",
}
FRAME = {
    "sensor_rate": "48,1,",
    "shutter_value": "180°",
    "aperture": "T2.3",
    "focal_length": "50mm",
    "distance": "991mm",
    "iso": "800",
    "as_shot_kelvin": "5600",
}


def part(heading: str, cells: dict[str, str]) -> str:
    return f"{heading} Metadata\n" + "".join(f"{key}: {value}\n" for key, value in cells.items()) + "\n"


def text(clip: dict[str, str], *frames: dict[str, str]) -> str:
    parts = (part(f"Frame {at}", {**FRAME, **cells}) for at, cells in enumerate(frames))
    return "\n" + part("Clip", {**CLIP, **clip}) + "".join(parts)


def parsed(clip: dict[str, str] | None = None, *frames: dict[str, str]) -> Metadata:
    return read(io.BytesIO(text(clip or {}, *(frames or ({},))).encode()))


def frame(**cells: str) -> FrameMetadata:
    return parsed({}, cells).frames[0]


def test_a_frame_is_read_in_metres() -> None:
    first = frame()
    assert (first.number, first.focal_length_mm, first.t_stop) == (0, pytest.approx(50.0), 2.3)
    assert first.focus_distance_m == pytest.approx(0.991)


def test_the_clip_plays_at_one_rate_and_was_shot_at_another() -> None:
    # 1572864 / 65536 = 24; 1571292 / 65536 = 23.97601, which is 24000/1001.
    clip = parsed().clip
    assert (clip.rate, clip.capture_rate) == (Fraction(24), Fraction(48))
    assert parsed({"format_frame_rate": "1571292"}).clip.rate == Fraction(24000, 1001)
    assert (clip.iso, clip.squeeze, clip.lens_model[:5]) == (800, 2, "Cooke")
    assert clip.shutter_angle_rad == pytest.approx(math.pi)


def test_the_sensor_is_measured_in_photosites_not_in_scaled_pixels() -> None:
    """The 12K sensor's photosites are 2.2 um wide: 7680 of them are 16.9 mm. The 5120 pixels that were
    recorded are those same 7680 scaled by two thirds, and would give 11.3 mm."""
    clip = parsed().clip
    assert clip.sensor_mm == pytest.approx((16.896, 14.0976))
    assert (clip.photosites_px, clip.size_px) == ((7680, 6408), (5120, 4272))
    told = parsed({"sensor_photosite_pitch_in_micrometres": "2.5"}).clip
    assert told.sensor_mm == pytest.approx((19.2, 16.02))
    assert parsed({"camera_type": "Another"}).clip.sensor_mm is None


def test_a_lens_that_is_not_squeezed_says_so() -> None:
    assert parsed({"anamorphic_enable": "0"}).clip.squeeze == 1
    assert parsed({"anamorphic": "1.33x"}).clip.squeeze == Fraction(133, 100)


@pytest.mark.parametrize(
    ("said", "metres"),
    [("991mm", 0.991), ("2.5m", 2.5), ("10 ft", 3.048), ("Infinity", math.inf), ("--", None)],
)
def test_a_distance_carries_its_unit(said: str, metres: float | None) -> None:
    assert frame(distance=said).focus_distance_m == (metres and pytest.approx(metres))


def test_an_aperture_carries_its_letter() -> None:
    assert (frame(aperture="f4").f_stop, frame(aperture="f/2.8").f_stop) == (4.0, 2.8)
    assert (frame(aperture="").t_stop, frame(aperture="T0").t_stop) == (None, None)


def test_a_shutter_time_is_not_an_angle() -> None:
    assert parsed({}, {"shutter_value": "1/50"}).clip.shutter_angle_rad is None


def test_a_text_in_an_old_code_page_is_read() -> None:
    found = read(io.BytesIO(text({}, {}).encode("cp1252")))
    assert found.clip.shutter_angle_rad == pytest.approx(math.pi)


def test_what_has_no_place_is_named() -> None:
    assert parsed().unheld == ("viewing_gamma", "as_shot_kelvin")


def test_a_bad_frame_costs_itself() -> None:
    found = parsed({}, {}, {"distance": "near"}, {"focal_length": "9" * 16 + "mm"}, {})
    assert [each.number for each in found.frames] == [0, 3]
    assert found.skipped == 2
    assert found.faults[0] == "line 24: distance: 'near' is no length"
    assert found.faults[1].startswith("line 33: '9999999999999999' is no number")


def test_frames_without_a_clip_are_read() -> None:
    found = read(io.BytesIO(part("Frame 7", FRAME).encode()))
    assert (found.frames[0].number, found.clip.camera_make) == (7, "Blackmagic Design")


@pytest.mark.parametrize(
    "data", [b"", b"Blackmagic Design", part("Clip", CLIP).encode(), b"\xff\xfe\0"]
)
def test_a_text_without_frames_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read(io.BytesIO(data))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 2000), st.integers(1, 999_999), st.decimals("0.7", "64", places=1))
def test_printed_values_come_back(focal: int, focus: int, stop: object) -> None:
    found = frame(focal_length=f"{focal}mm", distance=f"{focus}mm", aperture=f"T{stop}")
    assert found.focal_length_mm == pytest.approx(focal)
    assert found.focus_distance_m == pytest.approx(focus / 1000)
    assert f"{found.t_stop:.1f}" == str(stop)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.binary(max_size=8), st.binary(max_size=60))
def test_hostile_bytes_raise_nothing_else(at: int, splice: bytes, tail: bytes) -> None:
    valid = text({}, {}, {}).encode()
    at %= len(valid)
    for data in (valid[:at] + splice + valid[at + len(splice) :] + tail, tail):
        with suppress(FormatError):
            read(io.BytesIO(data))
