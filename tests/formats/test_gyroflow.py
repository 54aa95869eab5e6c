"""Gyroflow's lens profiles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import gyroflow
from openset.formats.faults import FormatError


def profile(**changes: object) -> dict[str, Any]:
    """A profile as Gyroflow's calibrator writes one, with numbers of our own."""
    return {
        "name": "Maker_Body_35mm",
        "note": "",
        "calibrated_by": "A Person",
        "camera_brand": "Maker",
        "camera_model": "Body",
        "lens_model": "Prime 35mm",
        "calib_dimension": {"w": 3840, "h": 2160},
        "input_horizontal_stretch": 1.0,
        "num_images": 15,
        "fps": 25.0,
        "fisheye_params": {
            "RMS_error": 0.3405,
            "camera_matrix": [[4500.0, 0.0, 1930.5], [0.0, 4501.0, 1050.0], [0.0, 0.0, 1.0]],
            "distortion_coeffs": [0.24, -0.005, 1.1, -3.5],
            "radial_distortion_limit": None,
        },
        "frame_readout_time": 12.5,
        **changes,
    }


def read(root: object) -> gyroflow.GyroflowLens:
    return gyroflow.read(json.dumps(root).encode())


def test_a_profile_by_hand_is_read() -> None:
    lens = read(profile())
    assert (lens.model, lens.size_px) == (gyroflow.FISHEYE, (3840, 2160))
    assert (lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px) == (4500.0, 4501.0, 1930.5, 1050.0)
    assert lens.coefficients == (0.24, -0.005, 1.1, -3.5)
    assert (lens.camera, lens.lens, lens.focal_length_mm) == ("Maker Body", "Prime 35mm", None)
    assert dict(lens.notes) == {
        "calibrated_by": "A Person",
        "calibration error": "0.341 px",
        "calibration pictures": "15",
    }
    assert lens.unheld == ("frame_readout_time",)


def test_the_usual_model_may_have_more_coefficients() -> None:
    root = profile(distortion_model="opencv_standard")
    root["fisheye_params"]["distortion_coeffs"] = [0.1] * 8
    assert read(root).coefficients == (0.1,) * 8


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"distortion_model": "insta360"}, "'insta360' is not known"),
        ({"digital_lens": "gopro_superview"}, "'gopro_superview' bends"),
        ({"input_horizontal_stretch": 1.33}, "anamorphic"),
        ({"calib_dimension": {"w": 3840}}, r"calib_dimension\.h"),
        ({"calib_dimension": {"w": 3840, "h": 10**30}}, r"calib_dimension\.h"),
        ({"fisheye_params": {}}, "no camera was calibrated"),
        ({"fisheye_params": {"camera_matrix": [[1, 2, 3]]}}, "three rows"),
        ({"fisheye_params": {"camera_matrix": [["x"] * 3] * 3}}, "no number"),
        ({"fisheye_params": {"camera_matrix": [[0.0] * 3] * 3}}, "no number from 1"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(change: dict[str, Any], trouble: str) -> None:
    with pytest.raises(FormatError, match=trouble):
        read(profile(**change))


@pytest.mark.parametrize("coefficients", [[], [0.1] * 3, [0.1] * 5, [1e300] * 4, None, "1234"])
def test_coefficients_of_another_number_or_size_are_refused(coefficients: object) -> None:
    root = profile()
    root["fisheye_params"]["distortion_coeffs"] = coefficients
    with pytest.raises(FormatError, match="distortion_coeffs"):
        read(root)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_profile_or_a_fault(data: bytes) -> None:
    with pytest.raises(FormatError):
        gyroflow.read(data)


VALID = json.dumps(profile()).encode()


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(VALID) - 1), st.binary(max_size=3), st.integers(0, 4))
def test_a_damaged_profile_is_a_profile_or_a_fault(at: int, put: bytes, cut: int) -> None:
    try:
        gyroflow.read(VALID[:at] + put + VALID[at + cut :])
    except FormatError:
        return


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(profile())), JSON)
def test_a_field_of_any_kind_is_read_or_refused(name: str, value: object) -> None:
    try:
        read(profile(**{name: value}))
    except FormatError:
        return
