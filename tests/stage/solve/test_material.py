"""A take's own words as arrays: reports in order, the mount found again, lenses told apart."""

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.errors import BadInput, TrackBroken
from openset.primitives.space import Pose, pose_from_pan_tilt_roll
from openset.stage.accuracy.said import say_spread
from openset.stage.lens.model import pinhole
from openset.stage.record.track import TrackLine
from openset.stage.solve.material import (
    QUIETEST,
    different_lenses,
    mount_of,
    mounted,
    path_of,
    pose_at,
    raw_track,
    shot_frame,
)  # fmt: skip
from openset.stage.tracking.samples import TrackSample


def samples(count: int = 100, status: str = "") -> list[TrackSample]:
    random = np.random.default_rng(2)
    out = []
    for index in range(count):
        t = index / 100
        x, y, z = (np.array([t, np.sin(t), 1.5]) + random.normal(0, 0.002, 3)).tolist()
        pose = pose_from_pan_tilt_roll((x, y, z), 0.3 * t, 0.1 * np.sin(3 * t), 0.02 * t)
        out.append(TrackSample(1_000_000_000 + index * 10_000_000, pose, status=status))
    return out


def test_reports_are_put_in_order_each_moment_once_with_their_noise() -> None:
    said = samples()
    found = raw_track([*said[50:], *said[:51]], 1_000_000_000)
    np.testing.assert_allclose(found.times_s, np.arange(100) / 100)
    assert 0.001 < found.sd[0, 0] < 0.004
    assert (found.sd >= QUIETEST).all()


def test_a_tracker_that_says_how_sure_it_is_is_believed() -> None:
    spread = np.diag([0.005**2] * 3 + [0.001**2] * 3)
    found = raw_track(samples(status=f"tracked, {say_spread(spread)}"), 0)
    np.testing.assert_allclose(found.sd[5], [0.005] * 3 + [0.001] * 3, rtol=1e-3)


def test_a_tracker_that_said_almost_nothing_is_refused() -> None:
    with pytest.raises(TrackBroken, match="almost nothing"):
        raw_track(samples(5), 0)


def test_the_mount_the_engine_worked_with_is_found_again() -> None:
    raw = raw_track(samples(), 1_000_000_000)
    mount = pose_from_pan_tilt_roll((0.05, -0.02, 0.1), 0.02, 0.01, -0.015)
    times = np.arange(25) / 25
    seen = mounted(raw, mount)
    at = [pose_at(path_of_raw(seen), 4 * index) for index in range(25)]
    found = mount_of(raw, times, path_of(at))
    assert found is not None
    np.testing.assert_allclose(found.position_m, mount.position_m, atol=1e-6)
    np.testing.assert_allclose(found.matrix, mount.matrix, atol=1e-6)
    off = [replace(pose, position_m=(float(index), 0.0, 0.0)) for index, pose in enumerate(at)]
    assert mount_of(raw, times, path_of(off)) is None


def path_of_raw(raw):  # type: ignore[no-untyped-def]
    from openset.stage.solve.model import Path

    return Path(raw.positions_m, raw.rotations)


def test_lenses_are_told_apart_and_a_zoom_is_noticed() -> None:
    one = pinhole(1920, 1080, 35.0, 36.0)
    two = pinhole(1920, 1080, 40.0, 36.0)
    lenses, number, zooms = different_lenses([None, one, one, None, two, one])
    assert lenses == (one, two)
    assert number.tolist() == [0, 0, 0, 0, 1, 0]
    assert zooms
    assert not different_lenses([one, one])[2]
    with pytest.raises(BadInput, match="nothing is known of the lens"):
        different_lenses([None])
    with pytest.raises(BadInput, match="fisheye"):
        different_lenses([replace(one, fisheye=(0.1, 0.0, 0.0, 0.0))])


def test_a_line_without_a_pose_is_named_by_its_frame() -> None:
    line = TrackLine(17, "01:00:00:17", 0, None, "none", {"timing": {}})
    with pytest.raises(TrackBroken, match="frame 17 holds no pose"):
        shot_frame(line, 1920, 1080)


def test_poses_go_to_arrays_and_back() -> None:
    pose = Pose((1.0, 2.0, 3.0), (0.8, 0.6, 0.0, 0.0))
    back = pose_at(path_of([pose]), 0)
    np.testing.assert_allclose(back.position_m, pose.position_m)
    np.testing.assert_allclose(back.rotation_wxyz, pose.rotation_wxyz, atol=1e-12)
