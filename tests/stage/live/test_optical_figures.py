"""What following came to: medians, and reasons by how often."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.space import IDENTITY
from openset.stage.live.optical_figures import MOST_NOTES, OpticalFigures
from openset.stage.markers.follow import Followed
from openset.stage.markers.model import PoseEstimate


def test_medians_are_of_poses_and_reasons_of_what_has_none() -> None:
    figures = OpticalFigures()
    for used in (7, 9, 11):
        estimate = PoseEstimate(IDENTITY, np.diag([1e-8] * 3 + [1e-10] * 3), 0.01 * used, used)
        figures.note(Followed(0, estimate, "tracked"), 12.0)
    figures.note(Followed(0, None, "no tags", ("no tag is in the picture",), 0, {7: 0.03}), None)
    figures.seconds = 2.0
    assert (figures.frames, figures.poses) == (4, 3)
    assert figures.poses_per_second == 1.5
    assert figures.tags_median == 9
    assert figures.residual_px == pytest.approx(0.09)
    # sd 0.1 mm an axis: 0.17 mm together; 1e-5 rad an axis: 0.99 thousandths of a degree.
    assert figures.sd_mm == pytest.approx(0.1732, abs=1e-3)
    assert figures.sd_mdeg == pytest.approx(0.9924, abs=1e-3)
    assert figures.latency_ms == 12.0
    assert dict(figures.lost) == {"no tags": 1}
    assert dict(figures.notes) == {"no tag is in the picture": 1}
    assert figures.moved == {7: 0.03}


def test_nothing_is_said_of_nothing_and_notes_do_not_grow_without_end() -> None:
    figures = OpticalFigures()
    assert figures.poses_per_second == 0.0
    assert figures.tags_median is None
    assert figures.sd_mm is None
    assert figures.latency_ms is None
    for number in range(1000):
        figures.note(Followed(0, None, "held", (f"the camera jumped {number} cm",)), None)
    assert len(figures.notes) == MOST_NOTES
