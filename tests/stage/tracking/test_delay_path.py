from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.space import pose_from_pan_tilt_roll
from openset.stage.tracking.delay_path import path_of
from openset.stage.tracking.samples import TrackSample

S = 1_000_000_000


def turning(times: np.ndarray, held: tuple[float, float] = (0.0, 0.0)) -> list[TrackSample]:
    """A camera at the origin that pans left by a tenth of a radian a second and trucks right by 0.2 m a
    second, reporting the same pose between the two moments `held`."""
    out = []
    for at in times.tolist():
        shown = held[0] if held[0] < at < held[1] else at
        pose = pose_from_pan_tilt_roll((0.2 * shown, 0.0, 1.0), 0.1 * shown, 0.0, 0.0)
        out.append(TrackSample(round(at * S), pose))
    return out


def test_the_path_turns_and_travels_in_the_cameras_own_axes() -> None:
    path = path_of(turning(np.arange(0.0, 4.0, 0.01)), 0)
    moved = path.at(np.array([2.0])) - path.at(np.array([1.0]))
    # One second: 0.1 rad about up; 0.2 m along the stage's x, of which cos(0.15) lies along the right
    # of a camera that is turned by 0.1 to 0.2 rad, and sin(0.15) along its back.
    assert moved[:3, 0] == pytest.approx([0.0, 0.1, 0.0], abs=1e-9)
    assert moved[3:, 0] == pytest.approx([0.2 * np.cos(0.15), 0.0, 0.2 * np.sin(0.15)], abs=2e-4)


def test_it_reads_the_same_of_samples_that_come_at_uneven_times() -> None:
    random = np.random.default_rng(3)
    uneven = np.sort(random.uniform(0.0, 4.0, 500))
    path = path_of(turning(uneven), 0)
    at = np.array([0.8, 1.7, 3.1])
    assert path.at(at)[1] - path.at(at[:1])[1] == pytest.approx(0.1 * (at - 0.8), abs=1e-9)


def test_its_noise_is_as_large_between_samples_as_on_them() -> None:
    random = np.random.default_rng(4)
    spread: dict[float, list[np.ndarray]] = {0.0: [], 0.005: []}
    for _ in range(40):
        track = [
            TrackSample(round(at * S), pose_from_pan_tilt_roll((0, 0, 0), random.normal(0, 1e-3), 0, 0))
            for at in np.arange(0.0, 2.0, 0.01).tolist()
        ]
        path = path_of(track, 0)
        for phase in spread:
            spread[phase].append(path.at(np.arange(0.5, 1.5, 0.1) + phase)[1])
    on, between = (float(np.std(spread[phase])) for phase in (0.0, 0.005))
    assert on == pytest.approx(between, rel=0.1)


def test_a_tracker_that_stopped_leaves_a_gap_that_covers_nothing() -> None:
    times = np.arange(0.0, 6.0, 0.01)
    path = path_of(turning(times[(times < 2.0) | (times > 3.5)]), 0)
    assert path.gaps.tolist() == [[pytest.approx(1.99, abs=0.011), pytest.approx(3.51, abs=0.011)]]
    starts = np.array([1.0, 1.9, 2.5, 4.0])
    assert path.covers(starts, starts + 0.2).tolist() == [True, False, False, True]
    assert not path.covers(np.array([-0.5, 5.9]), np.array([-0.3, 6.3])).any()


def test_a_tracker_that_reports_one_pose_has_stopped_too() -> None:
    path = path_of(turning(np.arange(0.0, 6.0, 0.01), held=(2.0, 3.0)), 0)
    assert len(path.frozen) == 1
    assert path.frozen[0] == pytest.approx([2.01, 2.99], abs=0.02)
    assert path.gaps.tolist() == path.frozen.tolist()


def test_a_camera_that_never_moved_is_not_called_stopped() -> None:
    still = [
        TrackSample(round(at * 1e7), turning(np.zeros(1))[0].stage_from_camera) for at in range(300)
    ]
    assert not len(path_of(still, 0).gaps)
