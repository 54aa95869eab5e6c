"""After Effects' numbers: its own camera must see what ours sees."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.after_effects import encode, orientation_deg, position_px
from openset.formats.camera_shot import CameraShot, Key, Optics, rotation
from openset.formats.faults import FormatError
from openset.primitives.space import IDENTITY, pose_from_pan_tilt_roll
from openset.stage.lens.model import pinhole, project

LEVEL = pose_from_pan_tilt_roll((1.0, 2.0, 3.0), 0.0, 0.0, 0.0)
KEY = Key(1, LEVEL, Optics(35.0, 36.0, 20.25), 2.5, 2.8)


def shot(*keys: Key, size: tuple[int, int] | None = (1920, 1080), rate: int = 25) -> CameraShot:
    return CameraShot("1-A", keys, Fraction(rate), size, "10:00:00:00")


def numbers(script: bytes) -> dict:
    found = re.search(rb"var shot = (\{.*\});", script)
    assert found
    return json.loads(found[1])


def test_a_level_camera_has_no_orientation_and_stands_by_the_comps_middle() -> None:
    # 1 m right, 3 m up, 2 m away, a metre being 100 px: (960 + 100, 540 - 300, 200).
    data = numbers(encode(shot(KEY)))
    assert data["position"] == [[0, [1060.0, 240.0, 200.0]]]
    assert data["orientation"][0][1] == pytest.approx([0.0, 0.0, 0.0])
    # 35 / 36 x 1920 px; 2.5 m; 35 mm / 2.8 = 12.5 mm.
    assert data["zoom"] == [[0, pytest.approx(1866.666667)]]
    assert data["focus"] == [[0, 250.0]]
    assert data["aperture"] == [[0, 1.25]]
    assert (data["rate"], data["frames"], data["start"]) == (25.0, 1, 36000 * 25)


def test_angles_turn_as_the_camera_does() -> None:
    # Pan left turns about y, which points down: negative. Tilt up turns about x: positive.
    # Roll: right-handed about ahead, which is z: positive.
    for pan, tilt, roll, wanted in (
        (0.3, 0.0, 0.0, (0.0, -0.3, 0.0)),
        (0.0, 0.3, 0.0, (0.3, 0.0, 0.0)),
        (0.0, 0.0, 0.3, (0.0, 0.0, 0.3)),
    ):
        pose = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), pan, tilt, roll)
        assert orientation_deg(Key(1, pose)) == pytest.approx([math.degrees(angle) for angle in wanted])


def after_effects_pixel(point_px: np.ndarray, data: dict, size: tuple[int, int]) -> np.ndarray:
    """Where After Effects draws a point: its own layers' rules, nothing of ours.

    A layer's place, then its orientation x, y, z one inside the other; its camera looks along z.
    """
    x, y, z = data["orientation"][0][1]
    turn = rotation("X", x) @ rotation("Y", y) @ rotation("Z", z)
    seen = turn.T @ (point_px - data["position"][0][1])
    assert seen[2] > 0
    return np.array(size) / 2 + data["zoom"][0][1] * seen[:2] / seen[2]


@given(
    st.tuples(*[st.floats(-20.0, 20.0)] * 3),
    st.floats(-3.1, 3.1),
    st.floats(-1.55, 1.55),
    st.floats(-3.1, 3.1),
    st.floats(12.0, 200.0),
)
@settings(max_examples=100, deadline=None)
def test_after_effects_sees_the_points_where_our_lens_sees_them(
    place: tuple[float, float, float], pan: float, tilt: float, roll: float, focal_mm: float
) -> None:
    size = (1920, 1080)
    pose = pose_from_pan_tilt_roll(place, pan, tilt, roll)
    data = numbers(encode(shot(Key(5, pose, Optics(focal_mm, 36.0, 20.25)))))
    lens = pinhole(*size, focal_mm, 36.0)
    for point in ([0.0, 0.0, -3.0], [1.0, 0.5, -4.0], [-2.0, -1.0, -7.0]):
        world = pose.matrix @ [*point, 1.0]
        pixel = after_effects_pixel(position_px(world[:3], size), data, size)
        assert pixel == pytest.approx(project(lens, np.array(point)), abs=1e-3)


@pytest.mark.parametrize("tilt", [math.pi / 2, -math.pi / 2])
def test_straight_up_and_down_have_an_orientation(tilt: float) -> None:
    pose = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.7, tilt, 0.0)
    data = numbers(encode(shot(Key(1, pose, Optics(35.0, 36.0, 20.25)))))
    world = pose.matrix @ [0.5, 0.3, -2.0, 1.0]
    pixel = after_effects_pixel(position_px(world[:3], (1920, 1080)), data, (1920, 1080))
    wanted = project(pinhole(1920, 1080, 35.0, 36.0), np.array([0.5, 0.3, -2.0]))
    assert pixel == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize(
    "wrong",
    [
        shot(KEY, size=None),
        shot(KEY, size=(2, 1080)),
        shot(KEY, size=(1920, 40000)),
        shot(KEY, rate=1000),
        shot(KEY, Key(300_000, IDENTITY)),
        CameraShot("a", (KEY,), None, (1920, 1080)),
    ],
)
def test_what_no_comp_can_be_is_refused(wrong: CameraShot) -> None:
    with pytest.raises(FormatError):
        encode(wrong)


@pytest.mark.parametrize("name", ["</script>", 'a"; app.quit(); "', "line\u2028end", "ö", "*/ //"])
def test_a_name_stays_a_name(name: str) -> None:
    script = encode(CameraShot(name, (KEY,), Fraction(25), (1920, 1080)))
    assert script.isascii()
    assert numbers(script)["name"] == name
