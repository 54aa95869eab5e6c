"""Where a witness camera sits, as a person writes it."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.primitives.space import IDENTITY
from openset.stage.markers.mount import parse_mount


@pytest.mark.parametrize("text", ["", "0", " 0 "])
def test_nothing_is_the_film_camera_itself(text: str) -> None:
    assert parse_mount(text) == IDENTITY


def test_metres_go_right_forward_and_up_and_zero_angles_look_along() -> None:
    mount = parse_mount("0.1,0.2,0.3,0,0,0").matrix
    # The body's axes are the camera's: right, up, back.
    assert mount[:3, 3] == pytest.approx([0.1, 0.3, -0.2])
    assert mount[:3, :3] == pytest.approx(np.eye(3), abs=1e-12)


def test_a_camera_tilted_by_90_degrees_looks_up_whatever_it_is_called() -> None:
    for text in ("0,0,0.1,0,90,0", "0,90,0"):
        sight = parse_mount(text).matrix[:3, :3] @ [0.0, 0.0, -1.0]
        assert sight == pytest.approx([0.0, 1.0, 0.0], abs=1e-12)


@pytest.mark.parametrize("text", ["a,b,c", "1,2", "nan,0,0,0,0,0", "1,2,3,4", "120,0,0,0,0,0"])
def test_what_is_no_mount_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(BadInput, match="metres"):
        parse_mount(text)
