"""Readings of OpenTrackIO samples: strict when written, forgiving when read."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats.opentrackio import OpenTrackIOError, Reading, read, validate, write
from openset.primitives.time import Timecode

SAMPLE_ID = "urn:uuid:5ca5f233-11b5-4f43-8815-948d73e48a33"
SOURCE_ID = "urn:uuid:4d4ae7d6-1d5b-4d8c-9b1e-3b4f6a0a7f11"
POSE: dict[str, Any] = {"transforms": [{"translation": {"x": 1, "z": 1.5}, "rotation": {"pan": 90}}]}
FULL = Reading(
    (1.0, -2.5, 1.6),
    0.5,
    -0.25,
    0.125,
    focal_length_mm=24.3,
    focus_distance_m=3.0,
    f_stop=2.8,
    entrance_pupil_offset_m=0.12,
    sensor_width_mm=36.0,
    sensor_height_mm=20.25,
    projection_offset_mm=(0.1, -0.2),
    distortion_offset_mm=(0.01, 0.02),
    distortion_model="Brown-Conrady U-D",
    radial=(1e-4, -2e-8),
    tangential=(1e-5, 2e-5),
    sample_time_ns=1_718_806_554_500_000_123,
    sequence=7,
    sample_rate=Fraction(30000, 1001),
    timecode=Timecode(12345, Fraction(30000, 1001), drop_frame=True),
    status="Optical Good",
    source_id=SOURCE_ID,
    source_number=2,
    slate="1-A-t03",
    recording=True,
    zoom_ring=0.375,
    focus_ring=1.0,
)

some = st.floats(allow_nan=False, allow_infinity=False, width=32)
lens_numbers = st.none() | st.floats()


def written(reading: Reading, *, static: bool = True) -> dict[str, Any]:
    return write(reading, sample_id=SAMPLE_ID, source_id=SOURCE_ID, include_static=static)


def test_everything_a_reading_holds_comes_back() -> None:
    assert read(written(FULL)) == FULL


def test_what_is_written_is_strictly_1_0_1() -> None:
    sample = written(FULL)
    assert validate(sample) == []
    assert sample["protocol"] == {"name": "OpenTrackIO", "version": [1, 0, 1]}
    assert sample["timing"]["mode"] == "internal"
    assert sample["lens"]["entrancePupilOffset"] == 0.12, "metres"
    assert sample["lens"]["distortion"][0]["model"] == "Brown-Conrady U-D", "never left to the default"


@given(
    st.tuples(some, some, some),
    st.tuples(some, some, some),
    st.builds(
        lambda f, d, n, p, k: {
            "focal_length_mm": f,
            "focus_distance_m": d,
            "f_stop": n,
            "entrance_pupil_offset_m": p,
            "radial": tuple(k),
        },
        *(lens_numbers, lens_numbers, lens_numbers, lens_numbers, st.lists(st.floats(), max_size=3)),
    ),
)
def test_no_lens_value_makes_an_invalid_sample(
    position: tuple[float, float, float], angles: tuple[float, float, float], lens: dict[str, Any]
) -> None:
    reading = Reading(position, *angles, **lens)
    sample = written(reading)
    assert validate(sample) == []
    back = read(sample)
    assert back.position_m == pytest.approx(position)
    assert (back.pan_rad, back.tilt_rad, back.roll_rad) == pytest.approx(angles)


def test_focus_at_infinity_is_left_out() -> None:
    assert "focusDistance" not in written(replace(FULL, focus_distance_m=math.inf))["lens"]


@pytest.mark.parametrize("field", ["pan_rad", "position_m"])
def test_a_pose_that_is_not_finite_is_not_written(field: str) -> None:
    broken: Any = (0.0, math.nan, 0.0) if field == "position_m" else math.inf
    with pytest.raises(OpenTrackIOError, match="not finite"):
        written(replace(FULL, **{field: broken}))


def test_an_id_that_is_no_urn_is_refused_by_name() -> None:
    with pytest.raises(OpenTrackIOError) as refusal:
        write(FULL, sample_id="sample 1", source_id=SOURCE_ID)
    assert refusal.value.path == "sampleId"


def test_the_sensor_is_remembered_from_an_earlier_static_block() -> None:
    full, short = written(FULL), written(FULL, static=False)
    assert read(short).sensor_width_mm is None
    assert read(short, full["static"]).sensor_width_mm == 36.0


def test_a_bare_pose_is_enough() -> None:
    reading = read(POSE)
    assert reading.position_m == (1.0, 0.0, 1.5)
    assert reading.pan_rad == pytest.approx(math.pi / 2)
    assert replace(reading, position_m=(0, 0, 0), pan_rad=0) == Reading((0, 0, 0), 0, 0, 0)


def test_a_sample_without_a_pose_is_refused_with_the_path() -> None:
    with pytest.raises(OpenTrackIOError) as refusal:
        read({"lens": {"fStop": 4}})
    assert refusal.value.path == "transforms"
    assert isinstance(refusal.value, ValueError)


def test_a_lens_without_a_model_is_distorted_to_undistorted() -> None:
    reading = read({**POSE, "lens": {"distortion": [{"radial": [0.1]}]}})
    assert (reading.distortion_model, reading.radial) == ("Brown-Conrady D-U", (0.1,))


def test_the_undistorted_to_distorted_model_is_preferred() -> None:
    both = [
        {"radial": [0.1]},
        {"model": "Brown-Conrady U-D", "radial": [-0.1], "tangential": [0.2, 0.3]},
    ]
    reading = read({**POSE, "lens": {"distortion": both}})
    assert (reading.radial, reading.tangential) == ((-0.1,), (0.2, 0.3))


def test_a_timecode_that_does_not_exist_is_taken_as_absent() -> None:
    fields = {
        "hours": 1,
        "minutes": 2,
        "seconds": 3,
        "frames": 26,
        "frameRate": {"num": 25, "denom": 1},
    }
    assert read({**POSE, "timing": {"timecode": fields}}).timecode is None
    fields["frames"] = 24
    assert str(read({**POSE, "timing": {"timecode": fields}}).timecode) == "01:02:03:24"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.sampled_from(
        [
            ("lens",),
            ("lens", "distortion"),
            ("lens", "projectionOffset"),
            ("lens", "fStop"),
            ("timing",),
            ("timing", "sampleTimestamp"),
            ("timing", "sampleRate"),
            ("timing", "timecode"),
            ("tracker", "status"),
            ("static", "camera"),
            ("sourceNumber",),
        ]
    ),
)
def test_nonsense_beside_the_pose_never_costs_the_pose(nonsense: Any, path: tuple[str, ...]) -> None:
    sample: dict[str, Any] = {**POSE}
    place = sample
    for step in path[:-1]:
        place[step] = {}
        place = place[step]
    place[path[-1]] = nonsense
    assert read(sample).position_m == (1.0, 0.0, 1.5)
