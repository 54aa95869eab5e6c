"""The chain of transforms, composed by hand, agrees with matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats.opentrackio_pose import OpenTrackIOError, compose
from openset.primitives.space import pose_from_pan_tilt_roll

metres = st.floats(-20, 20)
degrees = st.floats(-179, 179)
links = st.builds(
    lambda x, y, z, pan, tilt, roll: {
        "translation": {"x": x, "y": y, "z": z},
        "rotation": {"pan": pan, "tilt": tilt, "roll": roll},
    },
    *(metres, metres, metres, degrees, st.floats(-85, 85), degrees),
)


def matrix(link: dict[str, Any]) -> np.ndarray:
    """The link in the standard's own frame, in which a camera at zero looks along +Y."""
    here = pose_from_pan_tilt_roll(
        tuple(link["translation"].values()), *(math.radians(a) for a in link["rotation"].values())
    ).matrix
    zero = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.0, 0.0, 0.0).matrix
    return here @ np.linalg.inv(zero)


@given(st.lists(links, min_size=1, max_size=4))
def test_a_chain_is_the_product_of_its_links(chain: list[dict[str, Any]]) -> None:
    position, pan, tilt, roll = compose(chain)
    wanted = np.linalg.multi_dot([np.eye(4), *map(matrix, chain)])
    zero = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.0, 0.0, 0.0).matrix
    got = pose_from_pan_tilt_roll(position, pan, tilt, roll).matrix @ np.linalg.inv(zero)
    np.testing.assert_allclose(got, wanted, atol=2e-5)


def test_one_transform_keeps_its_angles_past_a_full_turn() -> None:
    _, pan, _, _ = compose([{"translation": {}, "rotation": {"pan": 400.0}}])
    assert math.degrees(pan) == pytest.approx(400.0)


def test_scale_stretches_what_hangs_on_it_and_nothing_else() -> None:
    crane = {
        "translation": {"x": 1.0},
        "rotation": {"pan": 90.0},
        "scale": {"x": 1.0, "y": 2.0, "z": 1.0},
    }
    position, pan, _, _ = compose([crane, {"translation": {"y": 3.0}, "rotation": {}}])
    assert position == pytest.approx((1.0 - 6.0, 0.0, 0.0))
    assert math.degrees(pan) == pytest.approx(90.0)


def test_a_camera_looking_straight_up_keeps_its_heading() -> None:
    chain = [
        {"translation": {}, "rotation": {"pan": 30.0}},
        {"translation": {}, "rotation": {"tilt": 90.0}},
    ]
    _, pan, tilt, roll = compose(chain)
    assert [math.degrees(a) for a in (pan, tilt, roll)] == pytest.approx([30.0, 90.0, 0.0], abs=1e-5)


@pytest.mark.parametrize(
    ("transforms", "path"),
    [
        (None, "transforms"),
        ([], "transforms"),
        ("up", "transforms"),
        ([{}], "transforms[0]"),
        ([{"translation": {"x": "far"}, "rotation": {}}], "transforms[0].translation.x"),
        ([{"translation": {}, "rotation": {"pan": None}}], "transforms[0].rotation.pan"),
        ([{"translation": 3, "rotation": {}}], "transforms[0].translation"),
        ([{"translation": {"x": True}}], "transforms[0].translation.x"),
        ([{"translation": {"x": float("nan")}}], "transforms[0].translation.x"),
        ([{"translation": {"x": 10**400}}], "transforms[0].translation.x"),
        ([{"translation": {}, "rotation": {}}, 7], "transforms[1]"),
    ],
)
def test_a_pose_that_cannot_be_used_is_refused_with_its_path(transforms: Any, path: str) -> None:
    with pytest.raises(OpenTrackIOError) as refusal:
        compose(transforms)
    assert refusal.value.path == path
