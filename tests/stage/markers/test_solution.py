"""How a solved map is put together."""

from __future__ import annotations

import numpy as np
import pytest

from openset.sim.walks import stage_round, stage_set
from openset.stage.markers.bundle import Frame, solve_map
from openset.stage.markers.solution import scale_words
from openset.stage.markers.tape import Scale, Taped

from .walked import between_m, lens_of, seen_on, true_map

SHEETS = stage_set(3)
TIMES = np.arange(10) * 2.4
FRAMES = seen_on(stage_round(3), SHEETS, TIMES)


def test_cameras_and_tags_stand_in_one_frame_and_one_scale() -> None:
    """Tag 100's middle, carried into a camera and drawn by the lens, is where it was seen."""
    tape = Taped(100, 117, 2 * between_m(true_map(SHEETS, 0.2), 100, 117))
    found = solve_map(FRAMES, lens_of(), 0.2, taped=[tape], frame=Frame((118, 122, 128), 120))
    picture = found.looks[100][0]
    camera = found.cameras[picture].matrix
    tag = found.tag_map.tags[100]
    seen = (tag.corners_m - camera[:3, 3]) @ camera[:3, :3]
    eye, rotation = stage_round(3).at(float(TIMES[picture]))
    wanted = (SHEETS[0].stage_points_m - eye) @ rotation
    np.testing.assert_allclose(seen, 2 * wanted, rtol=2e-3, atol=4e-3)
    assert tag.size_m == pytest.approx(0.4, rel=1e-3)


def test_where_the_scale_comes_from_is_said() -> None:
    tapes = [Taped(1, 2, 2.415), Taped(3, 99, 1.0)]
    assert scale_words(tapes, Scale(1.0, 0.001, (0.0, None))) == "tape 1-2 2.415 m"
    assert scale_words([], Scale(1.0, 0.001, (), taped=False)) == "the printed size"
