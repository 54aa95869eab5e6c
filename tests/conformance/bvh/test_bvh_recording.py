"""A real BVH recording: a walk, every frame, and where the feet are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from openset.formats.bvh import read
from openset.formats.bvh_pose import world_poses
from openset.formats.bvh_write import write


def test_a_recorded_walk_is_read_whole_and_written_again(shared_data: Path) -> None:
    data = (shared_data / "performance" / "AV_8Walk.bvh").read_bytes()
    found = read(data)
    assert (found.skipped, found.faults) == (0, ())
    said = int(data.split(b"Frames:")[1].split()[0])
    assert len(found.motion.frames) == said
    again = read(write(found.motion).encode()).motion
    assert again.joints == found.motion.joints
    assert np.allclose(again.frames, found.motion.frames, atol=5.1e-7)


def test_the_walker_stands_on_the_floor_at_a_persons_height(shared_data: Path) -> None:
    motion = read((shared_data / "performance" / "AV_8Walk.bvh").read_bytes()).motion
    positions, _ = world_poses(motion)
    metres = positions * motion.unit_m
    names = [joint.name for joint in motion.joints]
    head, foot = metres[:, names.index("Head"), 1], metres[:, names.index("LeftToeBase"), 1]
    assert 1.3 < np.median(head) < 1.9
    assert -0.1 < np.min(foot) < 0.15
    assert np.ptp(foot) < 0.5
