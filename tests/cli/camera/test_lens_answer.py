"""How the answer reads."""

from __future__ import annotations

import pytest

from openset.cli.camera.lens_answer import field_deg
from openset.stage.lens.model import Lens, pinhole


def test_a_field_of_view_is_from_edge_to_edge() -> None:
    # 36 mm of sensor behind 18 mm: twice the arc tangent of one, 90 degrees.
    assert field_deg(pinhole(1920, 1080, 18.0, 36.0)) == pytest.approx(90.0)
    wide = Lens(1920, 1080, 960.0, 960.0, 960.0, 540.0, fisheye=(0.0, 0.0, 0.0, 0.0))
    # An equidistant lens shows one radian for each focal length: 2 rad are 114.6 degrees.
    assert field_deg(wide) == pytest.approx(114.59, abs=0.01)
