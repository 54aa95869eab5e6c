"""BVH files through the exchange."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from openset.stage.exchange.bvh import read, write
from openset.stage.exchange.model import Options

TEXT = """HIERARCHY
ROOT Hips
{
 OFFSET 0 66 0
 CHANNELS 3 Xposition Yposition Zposition
 End Site
 {
  OFFSET 0 -66 0
 }
}
MOTION
Frames: 2
Frame Time: 0.04
0 66 0
1 66 0
"""


def test_a_motion_goes_in_and_out_and_its_unit_is_told(tmp_path: Path) -> None:
    (tmp_path / "walk.bvh").write_text(TEXT)
    found = read(tmp_path / "walk.bvh", Options())
    assert (found.value.name, found.value.unit_m) == ("", 0.0254)
    assert found.faults == ("the file says no unit: by the skeleton's height it is in inches",)
    write(found.value, tmp_path / "again.bvh", Options())
    again = read(tmp_path / "again.bvh", Options()).value
    assert again.joints == found.value.joints
    assert np.array_equal(again.frames, found.value.frames)
