"""A rolling shutter in a moving hand: what it bends is taken out."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.space import F64, Pose, look_at, pose_from_matrix
from openset.stage.markers.equations import seen_corners
from openset.stage.markers.follow import Follower, RigCamera
from openset.stage.markers.model import CameraView
from openset.stage.markers.shutter import (
    Moment,
    motion_along,
    motion_before,
    moved_on,
    nervousness,
    solve_moving,
    velocity,
)

from .seen import LENS, handheld, off, room, see, turn

FILM = look_at((0.0, 0.2, 1.5), (0.0, 4.0, 0.9))
FRAME_NS = 33_333_333
READOUT_S = 0.02


def errors(readout_s: float, told_s: float, amount: float) -> tuple[float, float]:
    """The rms error in mm and mdeg over half a second of a hand, past the first pictures."""
    tags, path = room(), handheld(FILM, seed=2, amount=amount)
    follower = Follower([RigCamera(LENS, readout_s=told_s)], tags)
    found = []
    for frame in range(16):
        time_s = frame * FRAME_NS / 1e9
        seen = see(tags, path, time_s, readout_s=readout_s, sd_px=0.02, seed=frame)
        estimate = follower.step([seen], frame * FRAME_NS).estimate
        assert estimate is not None
        if frame > 3:
            found.append(off(estimate.stage_from_body, path(time_s)))
    millimetres, millidegrees = np.sqrt(np.mean(np.array(found) ** 2, axis=0)).tolist()
    return millimetres, millidegrees


def test_a_hand_s_tremor_over_20_ms_is_modelled_to_a_fraction_of_a_millimetre() -> None:
    ignored = errors(READOUT_S, 0.0, 1.0)
    modelled = errors(READOUT_S, READOUT_S, 1.0)
    nothing = errors(0.0, 0.0, 1.0)
    assert ignored[0] > 3.0
    assert modelled[0] < 0.8
    assert modelled[1] < 12.0
    assert modelled[0] < nothing[0] + 0.5


def test_a_shoulder_rig_is_nearly_as_good_as_with_a_global_shutter() -> None:
    modelled = errors(READOUT_S, READOUT_S, 0.25)
    assert modelled[0] < 0.35
    assert modelled[1] < 5.0


def steady(twist: F64, time_s: float) -> Pose:
    matrix = FILM.matrix
    matrix[:3, 3] += twist[:3] * time_s
    matrix[:3, :3] = matrix[:3, :3] @ turn(*(twist[3:] * time_s))
    return pose_from_matrix(matrix)


def test_the_velocity_is_seen_in_the_very_first_picture() -> None:
    tags, twist = room(), np.array([0.3, -0.2, 0.1, 0.2, -0.3, 0.1])
    seen = see(tags, lambda at: steady(twist, at), readout_s=READOUT_S, sd_px=0.02)
    corners = seen_corners(
        [CameraView(LENS, seen, readout_s=READOUT_S)], {n: t.corners_m for n, t in tags.tags.items()}
    )
    solution = solve_moving(corners, [], 0, None)
    assert solution.estimate is not None
    assert solution.estimate.twist == pytest.approx(twist, abs=0.1)
    assert off(solution.estimate.stage_from_body, FILM)[0] < 2.0


def test_a_global_shutter_is_not_asked_for_a_velocity() -> None:
    tags = room()
    corners = seen_corners(
        [CameraView(LENS, see(tags, lambda _: FILM))], {n: t.corners_m for n, t in tags.tags.items()}
    )
    solution = solve_moving(corners, [], 0, None)
    assert solution.estimate is not None
    assert solution.estimate.twist is None


def moments(times_s: list[float], twist: F64) -> list[Moment]:
    return [Moment(round(at * 1e9), steady(twist, at), twist) for at in times_s]


def test_the_slope_of_three_poses_is_their_velocity() -> None:
    twist = np.array([0.5, 0.0, -0.2, 0.0, 0.4, 0.0])
    older, last, now = moments([0.0, 0.04, 0.08], twist)
    assert velocity(older, last) == pytest.approx(twist)
    motion = motion_along([older, last], now)
    assert motion is not None
    assert motion.twist == pytest.approx(twist)


def test_the_slope_of_a_parabola_is_exact_at_its_end() -> None:
    # x = 3 t^2: at t = 0.1 the slope is 0.6; the times are not evenly spaced.
    three = [
        Moment(round(at * 1e9), Pose((3 * at * at, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)))
        for at in (0.0, 0.06, 0.1)
    ]
    motion = motion_along(three[:2], three[2])
    assert motion is not None
    assert motion.twist[0] == pytest.approx(0.6)


def test_poses_far_apart_in_time_say_nothing_of_the_velocity() -> None:
    twist = np.array([0.5, 0.0, -0.2, 0.0, 0.4, 0.0])
    older, last, now = moments([0.0, 0.04, 0.9], twist)
    assert motion_along([older, last], now) is None
    assert motion_along([last], now) is None
    assert motion_before([last], now.time_ns).twist == pytest.approx(np.zeros(6))
    assert motion_before([older], last.time_ns).twist == pytest.approx(twist)


def test_a_shoulder_rig_is_a_quarter_as_nervous_as_a_hand() -> None:
    def moments_of(amount: float) -> list[Moment]:
        path = handheld(FILM, seed=6, amount=amount)
        return [Moment(at * FRAME_NS, path(at * FRAME_NS / 1e9)) for at in range(8)]

    nervous, shoulder = nervousness(moments_of(1.0)), nervousness(moments_of(0.25))
    assert 0.6 < nervous <= 1.5
    assert shoulder < 0.4 * nervous
    assert nervousness(moments_of(1.0)[:2]) == 0.5
    assert nervousness([]) == 0.5


def test_a_body_moves_on_at_its_last_velocity() -> None:
    twist = np.array([0.5, 0.0, -0.2, 0.0, 0.4, 0.0])
    older, last, ahead = moments([0.0, 0.04, 0.09], twist)
    guessed = moved_on([older, last], 0.05)
    assert off(guessed, ahead.pose)[0] < 1e-6
    assert off(guessed, ahead.pose)[1] < 1e-3
    assert moved_on([last], 0.05) == last.pose
