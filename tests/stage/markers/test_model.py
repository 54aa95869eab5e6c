"""Tags on the stage, as numbers."""

from __future__ import annotations

import math

import numpy as np

from openset.primitives.space import IDENTITY, Pose
from openset.stage.lens.model import pinhole
from openset.stage.markers.model import CameraView, PlacedTag, TagMap


def test_a_tag_on_the_wall_has_its_corners_in_the_order_it_is_read() -> None:
    """A tag of 20 cm at (1, 2, 1.5), read by somebody who looks along +Y: its X is the stage's X, its Y
    is the stage's Z, so its Z, X x Y, is -Y. Top left is 0.1 m to the left and 0.1 m up."""
    quarter = math.sqrt(0.5)  # a quarter turn about X carries Y to Z
    tag = PlacedTag(4, 0.2, Pose((1.0, 2.0, 1.5), (quarter, quarter, 0.0, 0.0)))
    wanted = [[0.9, 2.0, 1.6], [1.1, 2.0, 1.6], [1.1, 2.0, 1.4], [0.9, 2.0, 1.4]]
    np.testing.assert_allclose(tag.corners_m, wanted, atol=1e-12)


def test_a_map_takes_its_scale_from_the_print_unless_told_otherwise() -> None:
    assert TagMap({}).scale_from == "the printed size"
    assert TagMap({}).family == "tag36h11"


def test_a_camera_alone_is_its_own_body() -> None:
    view = CameraView(pinhole(1920, 1080, 28.0, 36.0), ())
    assert view.body_from_camera == IDENTITY
    assert view.readout_s == 0.0
