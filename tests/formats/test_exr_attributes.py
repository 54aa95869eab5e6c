"""Header attributes in OpenEXR's units, worked out by hand."""

from __future__ import annotations

import math
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.exr_attributes import (
    ExrTimecode,
    attributes_from_sample,
    pose_from_attributes,
    sample_from_attributes,
)
from openset.formats.faults import FormatError
from openset.primitives.space import pose_from_pan_tilt_roll

SAMPLE: dict[str, Any] = {
    "static": {
        "camera": {
            "make": "ARRI",
            "model": "Alexa",
            "label": "A",
            "isoSpeed": 800,
            "shutterAngle": 172.8,
            "captureFrameRate": {"num": 50, "denom": 1},
            "activeSensorPhysicalDimensions": {"width": 36.0, "height": 18.0},
        },
        "lens": {"make": "Cooke", "serialNumber": "7", "nominalFocalLength": 35.0},
    },
    "lens": {
        "pinholeFocalLength": 36.0,
        "entrancePupilOffset": 0.123,
        "focusDistance": 2.5,
        "fStop": 2.8,
        "tStop": 3.0,
        "projectionOffset": {"x": 0.36, "y": -0.18},
        "distortion": [{"model": "Brown-Conrady U-D", "radial": [0.001]}],
    },
    "timing": {
        "sampleRate": {"num": 30000, "denom": 1001},
        "sampleTimestamp": {"seconds": 1_700_000_000, "nanoseconds": 5},
        "timecode": {
            "hours": 1,
            "minutes": 2,
            "seconds": 3,
            "frames": 4,
            "frameRate": {"num": 30000, "denom": 1001},
            "dropFrame": True,
        },
    },
}
LEVEL = pose_from_pan_tilt_roll((1.0, 2.0, 3.0), 0.0, 0.0, 0.0)


def test_each_value_has_openexrs_unit() -> None:
    out = attributes_from_sample(SAMPLE, None, 1001)
    assert out["entrancePupilOffset"] == pytest.approx(123.0)  # mm there, metres here
    assert out["focus"] == 2.5  # metres in both
    assert (out["aperture"], out["tStop"], out["shutterAngle"]) == (2.8, 3.0, 172.8)
    assert (out["nominalFocalLength"], out["pinholeFocalLength"]) == (35.0, 36.0)
    assert (out["cameraMake"], out["cameraModel"], out["cameraLabel"]) == ("ARRI", "Alexa", "A")
    assert (out["lensMake"], out["lensSerialNumber"], out["isoSpeed"]) == ("Cooke", "7", 800.0)
    assert (out["captureRate"], out["framesPerSecond"]) == (Fraction(50), Fraction(30000, 1001))
    assert out["timeCode"] == ExrTimecode(1, 2, 3, 4, True)
    assert out["imageCounter"] == 1001
    # 1700000000 s after 1970 is 14 November 2023, 22:13:20.
    assert (out["capDate"], out["utcOffset"]) == ("2023:11:14 22:13:20", 0.0)
    # The axis 0.36 mm right of the picture's middle: the middle lies 360 thousandths left of the axis.
    assert out["sensorCenterOffset"] == pytest.approx((-360.0, 180.0))
    assert "worldToCamera" not in out


def test_an_attribute_out_of_its_range_costs_itself() -> None:
    header = {"aperture": 0.0, "isoSpeed": 0.2, "focus": -1.0, "shutterAngle": 900.0, "tStop": 3.0}
    assert sample_from_attributes(header) == {"lens": {"tStop": 3.0}}
    known = attributes_from_sample(SAMPLE, None)
    assert sample_from_attributes({**known, **header})["lens"]["fStop"] == 2.8
    with pytest.raises(FormatError, match="no attribute"):
        sample_from_attributes({"aperture": 0.0})


def test_a_clock_that_counts_from_its_own_start_is_no_date() -> None:
    sample = {"timing": {"sampleTimestamp": {"seconds": 12, "nanoseconds": 0}}}
    assert "capDate" not in attributes_from_sample(sample, None)


def test_the_camera_space_is_left_handed_with_points_as_rows() -> None:
    matrix = attributes_from_sample({}, LEVEL)["worldToCamera"]
    # 5 m ahead (+Y), 1 m right, 0.5 m up of a level camera at (1, 2, 3).
    assert np.array([2.0, 7.0, 3.5, 1.0]) @ matrix == pytest.approx([1.0, 0.5, 5.0, 1.0])
    assert matrix[3, :3] == pytest.approx([-1.0, -3.0, -2.0])


def test_ndc_runs_from_the_upper_left_to_the_lower_right() -> None:
    matrix = attributes_from_sample(SAMPLE, LEVEL)["worldToNDC"]
    x, y, _, w = np.array([2.0, 7.0, 3.5, 1.0]) @ matrix
    # 36 mm on 36 x 18: a fifth right is 0.2 of the width, a tenth up is 0.2 of the height;
    # the axis is 0.01 right and 0.01 up of the middle.
    assert (x / w, y / w) == pytest.approx((0.5 + 0.01 + 0.2, 0.5 - 0.01 - 0.2))


def test_a_header_gives_back_the_sample() -> None:
    assert sample_from_attributes(attributes_from_sample(SAMPLE, LEVEL)) == SAMPLE


def test_standard_attributes_alone_give_what_they_say() -> None:
    out = attributes_from_sample(SAMPLE, None)
    del out["openTrackIO"]
    again = sample_from_attributes(out)
    assert again["lens"]["entrancePupilOffset"] == pytest.approx(0.123)
    assert again["lens"]["projectionOffset"] == pytest.approx({"x": 0.36, "y": -0.18})
    assert again["static"]["camera"]["isoSpeed"] == 800
    assert again["timing"]["timecode"] == SAMPLE["timing"]["timecode"]
    assert "distortion" not in again["lens"]


def test_what_someone_changed_in_the_header_wins() -> None:
    out = attributes_from_sample(SAMPLE, None)
    out["focus"] = 4.0
    out["aperture"] = float(np.float32(2.8))  # the header's own precision is no change
    again = sample_from_attributes(out)
    assert (again["lens"]["focusDistance"], again["lens"]["fStop"]) == (4.0, 2.8)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"channels": 3},
        {"focus": -1.0},
        {"openTrackIO": "[" * 100_000},
        {"openTrackIO": '{"lens": {"fStop": "x"}}'},
        {"isoSpeed": math.nan},
        {"shutterAngle": 1e20},
        {"sensorCenterOffset": (math.inf, 0.0)},
        {"framesPerSecond": Fraction(-1)},
    ],
)
def test_a_header_without_a_camera_is_refused(attributes: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        sample_from_attributes(attributes)


@pytest.mark.parametrize(
    "matrix", [None, "x", np.zeros((4, 4)), np.eye(3), np.full((4, 4), np.nan), np.eye(4) * 1e30]
)
def test_a_matrix_that_is_no_camera_is_none(matrix: Any) -> None:
    assert pose_from_attributes({"worldToCamera": matrix}) is None
    assert pose_from_attributes({"worldToCamera": np.eye(4)}) is None  # right-handed: mirrored here


@given(
    st.tuples(*[st.floats(-50.0, 50.0)] * 3),
    st.floats(-3.1, 3.1),
    st.floats(-1.5, 1.5),
    st.floats(-3.1, 3.1),
)
@settings(max_examples=100, deadline=None)
def test_a_pose_comes_back(
    place: tuple[float, float, float], pan: float, tilt: float, roll: float
) -> None:
    pose = pose_from_pan_tilt_roll(place, pan, tilt, roll)
    again = pose_from_attributes(attributes_from_sample({}, pose))
    assert again is not None
    assert np.abs(again.matrix - pose.matrix).max() < 1e-9


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*attributes_from_sample(SAMPLE, LEVEL)]), anything))
@settings(max_examples=300, deadline=None)
def test_any_values_raise_nothing_but_a_format_error(attributes: dict[str, Any]) -> None:
    with suppress(FormatError):
        sample_from_attributes(attributes)
    pose_from_attributes(attributes)
