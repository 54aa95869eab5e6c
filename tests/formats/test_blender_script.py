"""The numbers of Blender scripts; the tests of `stage.exchange.blender` ask Blender itself."""

from __future__ import annotations

import ast
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.blender_script import encode, numbers_of
from openset.formats.camera_shot import CameraShot, Key, Optics
from openset.formats.faults import FormatError
from openset.primitives.space import Pose, pose_from_pan_tilt_roll

LEVEL = pose_from_pan_tilt_roll((1.0, 2.0, 3.0), 0.0, 0.0, 0.0)


def test_place_turn_and_lens_are_blenders_own() -> None:
    lens = Optics(35.0, 36.0, 20.25, (0.36, 0.72))
    shot = CameraShot("1-A", (Key(7, LEVEL, lens, 2.5, 2.8),), Fraction(25), (1920, 1080))
    numbers = numbers_of(encode(shot))
    (key,) = numbers["keys"]
    assert (numbers["fps"], numbers["fps_base"], numbers["size"]) == (25, 1.0, [1920, 1080])
    assert key["location"] == [1.0, 2.0, 3.0]
    # A camera at rest looks down; a quarter about X makes it look ahead: (cos 45, sin 45, 0, 0).
    assert key["rotation_quaternion"] == pytest.approx([0.5**0.5, 0.5**0.5, 0.0, 0.0])
    # Axis right: the view goes left, 0.36 / 36. Axis down: the view goes up, in parts of the width.
    assert (key["shift_x"], key["shift_y"]) == pytest.approx((-0.01, 0.02))
    assert (key["lens"], key["sensor_width"], key["focus_distance"]) == (35.0, 36.0, 2.5)


@pytest.mark.parametrize(
    ("rate", "fps"), [(Fraction(30000, 1001), 30), (Fraction(24), 24), (Fraction(25, 2), 13)]
)
def test_the_rate_is_exact(rate: Fraction, fps: int) -> None:
    numbers = numbers_of(encode(CameraShot("a", (Key(1, LEVEL),), rate)))
    assert numbers["fps"] == fps
    assert numbers["fps"] / numbers["fps_base"] == pytest.approx(float(rate), rel=1e-12)


def test_pixels_that_are_not_square_become_the_renders() -> None:
    lens = Optics(35.0, 36.0, 20.25 * 1.01)
    numbers = numbers_of(encode(CameraShot("a", (Key(1, LEVEL, lens),), None, (1920, 1080))))
    assert numbers["pixel_aspect"] == pytest.approx([1.0, 1.01])


def test_quaternions_do_not_jump_to_the_other_side() -> None:
    far = Pose((0.0, 0.0, 0.0), (-0.9999, -0.01, 0.0, 0.0))
    near = Pose((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    keys = numbers_of(encode(CameraShot("a", (Key(1, near), Key(2, far)))))["keys"]
    assert keys[1]["rotation_quaternion"][0] > 0


@given(st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_any_name_stays_a_name_in_valid_python(name: str) -> None:
    script = encode(CameraShot(name, (Key(1, LEVEL),)))
    ast.parse(script)
    assert numbers_of(script)["name"] == (name or "camera")


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_raise_nothing_but_a_format_error(data: bytes) -> None:
    with suppress(FormatError):
        numbers_of(b"SHOT = json.loads('" + data + b"')")
