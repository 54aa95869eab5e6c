"""ARRI's table, with rows of our own: units, what is not known, and what a broken row costs."""

from __future__ import annotations

import io
import math
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.arri_csv import read
from openset.formats.camera_metadata import Clock, FrameMetadata, Metadata
from openset.formats.faults import FormatError

CELLS = {
    "Index": "       0",
    "Master TC": "10:00:00:00",
    "Camera Family": "ALEXALF",
    "Camera Model": "Alexa LF Plus W",
    "Image Width": "1920",
    "Image Height": "1080",
    "Sensor FPS": "48.000",
    "Project FPS": "23.976",
    "Master TC Time Base": "23.976",
    "Master TC Drop Frame": "no",
    "Lens Distance Unit": "Meter",
    "Lens Focus Distance": "4.812",
    "Lens Focal Length": "40.000",
    "Lens Iris": "1.4 + 7/10",
    "Lens Linear Iris": "2667",
    "Shutter Angle": "172.800",
    "Camera Tilt": "409.500",
    "Camera Roll": "-0.100",
    "White Balance": "3200",
}


def table(*rows: dict[str, str], delimiter: str = "\t") -> bytes:
    lines = [list(CELLS), *([{**CELLS, **row}[name] for name in CELLS] for row in rows)]
    return "\n".join(delimiter.join(line) for line in lines).encode()


def parsed(*rows: dict[str, str]) -> Metadata:
    return read(io.BytesIO(table(*rows)))


def frame(**cells: str) -> FrameMetadata:
    return parsed({name.replace("_", " "): text for name, text in cells.items()}).frames[0]


def test_a_frame_is_read_in_metres_and_radians() -> None:
    first = frame()
    assert (first.number, first.clock) == (0, Clock(10, 0, 0, 0))
    assert (first.focal_length_mm, first.focus_distance_m) == (40.0, 4.812)
    assert first.roll_rad == pytest.approx(math.radians(-0.1))


def test_a_linear_iris_counts_thousandths_of_a_stop_from_t1() -> None:
    # 2667 is 1.667 stops beyond T1: 2**(1.667 / 2) = 1.7820.
    assert frame().t_stop == pytest.approx(1.7820, abs=1e-4)
    assert frame(Lens_Linear_Iris="1000").t_stop == 1.0
    assert frame(Lens_Linear_Iris="6000").t_stop == pytest.approx(2**2.5)


def test_without_it_the_ring_and_its_tenths_are_read() -> None:
    # 1.4 is 2**(1/2), and 7/10 of a stop more x 2**0.35: 1.8025.
    assert frame(Lens_Linear_Iris="--").t_stop == pytest.approx(1.8025, abs=1e-4)
    assert frame(Lens_Linear_Iris="--", Lens_Iris="closed").t_stop is None


@pytest.mark.parametrize(("unit", "metres"), [("Meter", 10.0), ("Feet", 3.048), ("Imperial", 3.048)])
def test_focus_is_in_the_unit_that_its_column_names(unit: str, metres: float) -> None:
    found = frame(Lens_Distance_Unit=unit, Lens_Focus_Distance="10.000")
    assert found.focus_distance_m == pytest.approx(metres)


def test_focus_in_a_unit_nobody_named_is_not_guessed() -> None:
    found = parsed({"Lens Distance Unit": "cubit"})
    assert found.frames[0].focus_distance_m is None
    assert "Lens Focus Distance" in found.unheld


def test_all_bits_set_is_no_tilt() -> None:
    assert frame().tilt_rad is None
    assert frame(Camera_Tilt="12.5").tilt_rad == pytest.approx(math.radians(12.5))


def test_the_clip_plays_at_one_rate_and_was_shot_at_another() -> None:
    clip = parsed({}).clip
    assert (clip.rate, clip.capture_rate, clip.timecode_rate) == (
        Fraction(24000, 1001), Fraction(48), Fraction(24000, 1001),
    )  # fmt: skip
    assert (clip.camera_make, clip.drop_frame, clip.size_px) == ("ARRI", False, (1920, 1080))
    assert clip.shutter_angle_rad == pytest.approx(math.radians(172.8))


@pytest.mark.parametrize(
    ("family", "size", "sensor"),
    [
        ("ALEXALF", (1920, 1080), (31.68, 17.82)),  # from 3840 x 2160 photosites of 8.25 um
        ("ALEXALF", (4448, 3096), (36.696, 25.542)),
        ("ALEXAMINI", (2880, 2160), (23.76, 17.82)),
        ("ALEXA 35", (4608, 3164), (27.9936, 19.2213)),  # photosites of 6.075 um
        ("ALEXAMINI", (1920, 1080), None),  # from more than one size of the sensor
    ],
)
def test_the_sensor_is_as_large_as_its_photosites(
    family: str, size: tuple[int, int], sensor: tuple[float, float] | None
) -> None:
    width, height = map(str, size)
    row = {"Camera Family": family, "Camera Model": "", "Image Width": width, "Image Height": height}
    assert parsed(row).clip.sensor_mm == (sensor and pytest.approx(sensor))


def test_a_row_with_an_absurd_value_is_skipped_and_counted() -> None:
    found = parsed({}, {"Lens Focal Length": "1e300"}, {"Master TC": "later"}, {"Index": "3"})
    assert [each.number for each in found.frames] == [0, 3]
    assert found.skipped == 2
    assert found.faults[0].startswith("line 3: Lens Focal Length: '1e300'")
    assert found.faults[1].startswith("line 4: 'later' is no timecode")


def test_what_has_no_place_is_named() -> None:
    assert parsed({}).unheld == ("White Balance",)


@pytest.mark.parametrize("delimiter", ["\t", ";", ","])
def test_a_table_saved_by_a_spreadsheet_is_read(delimiter: str) -> None:
    assert len(read(io.BytesIO(table({}, {}, delimiter=delimiter))).frames) == 2


@pytest.mark.parametrize("data", [b"", b"Index\tMaster TC\n0\t10:00:00:00\n", table()])
def test_a_table_of_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read(io.BytesIO(data))


@settings(max_examples=60, deadline=None)
@given(st.decimals("0.1", "9000", places=3), st.decimals("1", "9000", places=3), st.integers(1, 15_000))
def test_printed_values_come_back(focus: object, focal: object, iris: int) -> None:
    found = frame(
        Lens_Focus_Distance=str(focus), Lens_Focal_Length=str(focal), Lens_Linear_Iris=str(iris)
    )
    assert (str(focus), str(focal)) == (f"{found.focus_distance_m:.3f}", f"{found.focal_length_mm:.3f}")
    assert found.t_stop is not None
    assert round(1000 + 2000 * math.log2(found.t_stop)) == iris


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.binary(max_size=8), st.binary(max_size=100))
def test_hostile_bytes_raise_nothing_else(at: int, splice: bytes, tail: bytes) -> None:
    valid = table({}, {})
    at %= len(valid)
    for data in (valid[:at] + splice + valid[at + len(splice) :] + tail, tail):
        with suppress(FormatError):
            read(io.BytesIO(data))
