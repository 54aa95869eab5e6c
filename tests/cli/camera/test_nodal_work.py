"""Moments in which the tracker stood still."""

from __future__ import annotations

import numpy as np
import pytest

from openset.cli.camera.nodal_work import pose_at
from openset.primitives.space import Pose

STILL = (1.0, 0.0, 0.0, 0.0)
TIMES = np.arange(0.0, 4.0, 0.02).tolist()
# One metre a second from 1 s to 2 s, still before and after.
POSES = [Pose((float(np.clip(time_s - 1.0, 0.0, 1.0)), 0.0, 0.0), STILL) for time_s in TIMES]


def test_a_still_moment_has_a_pose_and_a_moving_one_none() -> None:
    found = pose_at(TIMES, POSES, 0.513)
    assert found is not None
    assert found.position_m[0] == pytest.approx(0.0)
    assert pose_at(TIMES, POSES, 1.5) is None
    after = pose_at(TIMES, POSES, 3.0)
    assert after is not None
    assert after.position_m[0] == pytest.approx(1.0)


def test_outside_the_track_and_in_its_gaps_there_is_none() -> None:
    assert pose_at(TIMES, POSES, -1.0) is None
    assert pose_at(TIMES, POSES, 9.0) is None
    gap = [*TIMES[:10], *[time_s + 5.0 for time_s in TIMES[10:]]]
    assert pose_at(gap, POSES, 2.0) is None
