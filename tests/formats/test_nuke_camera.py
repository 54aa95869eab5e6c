"""Any script's camera: curves, orders, parents, and text that is no script."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.camera_shot import CameraShot, Key, Optics
from openset.formats.faults import FormatError
from openset.formats.nuke_camera import decode
from openset.formats.nuke_script import encode
from openset.formats.nuke_text import NukeError
from openset.primitives.space import look_at, pose_from_pan_tilt_roll

VALID = encode(
    CameraShot(
        "a",
        tuple(
            Key(frame, look_at((0.1 * frame, -3.0, 1.5), (0.0, 2.0, 1.0)), Optics(35.0, 36.0, 20.25))
            for frame in (1, 2, 3)
        ),
        Fraction(25),
        (1920, 1080),
        "01:00:00:00",
    ),
    distorted=True,
)


def camera(body: str, before: str = "") -> CameraShot:
    return decode(f"{before}\nCamera3 {{\n{body}\n}}\n".encode()).shot


def test_a_camera_of_defaults_stands_at_the_origin_and_looks_ahead() -> None:
    (key,) = camera(" inputs 0").keys
    level = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.0, 0.0, 0.0)
    assert np.allclose(key.pose.matrix, level.matrix)
    assert key.optics is None


def test_a_key_without_a_frame_goes_on_as_nuke_does() -> None:
    # 10, then one further; from 20 on in steps of nine, the last two apart.
    keys = camera(" translate {{curve i x10 1 2 L x20 3 4 s0.5 t-1 u3 v0.9 x40 5} 0 0}").keys
    assert [(key.frame, key.pose.position_m[0]) for key in keys] == [
        (10, 1.0),
        (11, 2.0),
        (20, 3.0),
        (29, 4.0),
        (40, 5.0),
    ]


def test_one_curve_stands_for_all_channels() -> None:
    (key,) = camera(" scaling 2\n translate 3").keys
    assert key.pose.position_m == pytest.approx((3.0, -3.0, 3.0))


def test_a_zoom_on_a_camera_that_stands_has_its_frames() -> None:
    keys = camera(" translate {1 2 3}\n focal {{curve x1001 35 x1002 40 x1003 50}}").keys
    assert [(key.frame, key.optics and key.optics.focal_length_mm) for key in keys] == [
        (1001, 35.0),
        (1002, 40.0),
        (1003, 50.0),
    ]
    assert {key.pose.position_m for key in keys} == {(1.0, -3.0, 2.0)}


def test_a_camera_that_stands_lasts_as_long_as_the_script() -> None:
    root = "Root {\n inputs 0\n first_frame 1001\n last_frame 1050\n}"
    keys = camera(" translate {1 2 3}\n focal 35", root).keys
    assert [key.frame for key in keys] == list(range(1001, 1051))
    for ends in ("first_frame 5\n last_frame 4", "first_frame 1\n last_frame 9999999", "last_frame x"):
        assert [key.frame for key in camera(" focal 35", f"Root {{\n {ends}\n}}").keys] == [1]


def test_a_lens_that_is_an_expression_costs_only_itself() -> None:
    found = decode(b"Camera3 {\n translate {{curve x1 0 x2 1} 0 0}\n focal {{frame*2}}\n}\n")
    assert [key.frame for key in found.shot.keys] == [1, 2]
    assert any("focal" in words for words in found.unheld)
    assert all(key.optics is None for key in found.shot.keys)


def test_unset_focal_length_and_apertures_are_nukes_own() -> None:
    (key,) = camera(" focal 24").keys
    assert key.optics == Optics(24.0, 24.576, 18.672)


def test_another_order_of_rotation_is_obeyed() -> None:
    # XYZ: 90 about X puts the view, -Z, on +Y; then 90 about Z puts it on -X. Ours: x is x.
    (key,) = camera(" rot_order XYZ\n rotate {90 0 90}").keys
    ahead = -key.pose.matrix[:3, 2]
    assert ahead == pytest.approx([-1.0, 0.0, 0.0], abs=1e-12)


def test_a_camera_hangs_on_its_axis() -> None:
    axis = "Axis2 {\n inputs 0\n translate {10 0 0}\n rotate {0 90 0}\n uniform_scale 2\n}"
    (key,) = camera(" translate {0 0 -1}", axis).keys
    # The axis turns -Z to -X and doubles: 10 - 2.
    assert key.pose.position_m == pytest.approx((8.0, 0.0, 0.0))


def test_a_matrix_is_read_in_rows() -> None:
    (key,) = camera(" useMatrix true\n matrix {{1 0 0 5} {0 1 0 6} {0 0 1 7} {0 0 0 1}}").keys
    assert key.pose.position_m == pytest.approx((5.0, -7.0, 6.0))


def test_what_a_shot_cannot_hold_is_named() -> None:
    text = " name Cam\n read_from_file true\n focal {{parent.x}}\n translate {{curve x1 0 x9 1} 0 0}"
    found = decode(f"Camera3 {{\n{text}\n}}\nCamera3 {{\n name Other\n}}".encode())
    assert found.unheld == (
        "node Other",
        "Cam.read_from_file",
        "how the camera moves between keys",
        "focal is 'parent.x', not a number",
    )
    assert found.shot.keys[0].optics is None


def test_a_mirrored_frame_costs_itself() -> None:
    found = decode(
        b"Camera {\n scaling {{curve x1 1 x2 -1} 1 1}\n translate {{curve x1 1 x2 2} 0 0}\n}"
    )
    assert [key.frame for key in found.shot.keys] == [1]
    assert found.skipped == 1
    assert found.faults == ("frame 2: the camera is mirrored, flat or beyond any set",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Grade {\n}",
        "Camera3 {",
        "Camera3 {\n translate {1 2}\n}",
        "Camera3 {\n translate {nan 0 0}\n}",
        "Camera3 {\n translate {1e300 0 0}\n}",
        "Camera3 {\n translate {{curve x1e300 1 2} 0 0}\n}",
        "Camera3 {\n rotate {{sin(frame)} 0 0}\n}",
        "Camera3 {\n rot_order XXX\n}",
        "Camera3 {\n scaling {0 0 0}\n}",
    ],
)
def test_what_is_no_camera_is_refused(text: str) -> None:
    with pytest.raises(NukeError):
        decode(text.encode())


optics = st.none() | st.builds(
    Optics,
    st.floats(1.0, 500.0),
    st.floats(1.0, 100.0),
    st.floats(1.0, 100.0),
    st.tuples(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0)),
)
poses = st.builds(
    pose_from_pan_tilt_roll,
    st.tuples(*[st.floats(-100.0, 100.0)] * 3),
    st.floats(-3.0, 3.0),
    st.floats(-1.5, 1.5),
    st.floats(-3.0, 3.0),
)


@given(st.lists(poses, min_size=1, max_size=6), optics, st.integers(-100, 2000))
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_read_back(many: list, lens: Optics | None, first: int) -> None:
    keys = tuple(Key(first + index, pose, lens) for index, pose in enumerate(many))
    again = decode(encode(CameraShot("a", keys, Fraction(24000, 1001), (2048, 1152)))).shot
    assert (again.rate, again.size_px) == (Fraction(24000, 1001), (2048, 1152))
    assert [key.frame for key in again.keys] == [key.frame for key in keys]
    for got, key in zip(again.keys, keys, strict=True):
        assert np.abs(got.pose.matrix - key.pose.matrix).max() < 1e-6
        assert (got.optics is None) == (lens is None)
        if lens is not None and got.optics is not None:
            assert got.optics.focal_length_mm == pytest.approx(lens.focal_length_mm, rel=1e-10)
            assert got.optics.offset_mm == pytest.approx(lens.offset_mm, abs=1e-9)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_script_raises_nothing_but_a_format_error(data: st.DataObject) -> None:
    damaged = bytearray(VALID)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with suppress(FormatError):
        decode(bytes(damaged))


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_raise_nothing_but_a_format_error(data: bytes) -> None:
    with suppress(FormatError):
        decode(b"Camera3 {" + data + b"}")


@pytest.mark.parametrize("fps", ["0", "1e308", "1e999999999", "nan", "-24", "{25 25}", "99999999999"])
def test_an_absurd_rate_is_none(fps: str) -> None:
    assert decode(f"Root {{\n fps {fps}\n}}\nCamera {{\n}}".encode()).shot.rate is None
