"""Where a body will be: better than where it was, and only when asked in time."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.space import Pose, look_at
from openset.stage.markers.model import PoseEstimate
from openset.stage.markers.predict import Predictor

from .seen import handheld, off

FRAME_NS = 33_333_333
FILM = look_at((0.0, -0.8, 1.5), (0.0, 3.0, 0.9))


def taken(pose: Pose) -> PoseEstimate:
    return PoseEstimate(pose, np.diag([1.5e-4**2] * 3 + [5e-5**2] * 3), 0.05, 9)


def test_a_steady_move_is_met_exactly() -> None:
    predictor = Predictor()
    for frame in range(40):
        predictor.take(taken(Pose((0.01 * frame, 0.0, 1.0), (1.0, 0.0, 0.0, 0.0))), frame * FRAME_NS)
    ahead = predictor.at(39 * FRAME_NS + 2 * FRAME_NS)
    assert ahead is not None
    assert ahead.position_m == pytest.approx((0.41, 0.0, 1.0), abs=2e-4)


@pytest.mark.parametrize("frames_ahead", [1, 2])
def test_a_hand_is_met_nearer_than_by_holding_the_last_pose(frames_ahead: int) -> None:
    path, predictor = handheld(FILM, seed=2, amount=0.5), Predictor()
    held, guessed = [], []
    for frame in range(60):
        now, then = path(frame / 30), path((frame + frames_ahead) / 30)
        predictor.take(taken(now), frame * FRAME_NS)
        ahead = predictor.at((frame + frames_ahead) * FRAME_NS)
        assert ahead is not None
        if frame > 10:
            held.append(off(now, then)[1])
            guessed.append(off(ahead, then)[1])
    assert np.median(guessed) < 0.75 * np.median(held)


def test_nothing_is_guessed_before_a_pose_or_far_ahead() -> None:
    predictor = Predictor()
    assert predictor.at(0) is None
    predictor.take(taken(FILM), 0)
    assert predictor.at(FRAME_NS) is not None
    assert predictor.at(2_000_000_000) is None
    assert predictor.at(-FRAME_NS) is None


def test_a_gap_begins_again_without_a_velocity() -> None:
    predictor = Predictor()
    for frame in range(10):
        predictor.take(taken(Pose((0.02 * frame, 0.0, 1.0), (1.0, 0.0, 0.0, 0.0))), frame * FRAME_NS)
    predictor.take(taken(FILM), 9 * FRAME_NS + 3_000_000_000)
    ahead = predictor.at(10 * FRAME_NS + 3_000_000_000)
    assert ahead is not None
    assert ahead.position_m == pytest.approx(FILM.position_m)


@pytest.mark.parametrize("amount", [0.25, 1.0])
def test_a_guess_knows_by_how_much_it_may_be_off(amount: float) -> None:
    path, predictor = handheld(FILM, seed=3, amount=amount), Predictor()
    assert not predictor.doubt(0).any()
    shares = []
    for frame in range(140):
        predictor.take(taken(path(frame / 25)), frame * 40_000_000)
        ahead_ns = (frame + 1) * 40_000_000
        ahead = predictor.at(ahead_ns)
        assert ahead is not None
        if frame > 40:
            radians = np.radians(off(ahead, path(ahead_ns / 1e9))[1] / 1000)
            shares.append(radians**2 / np.trace(predictor.doubt(ahead_ns)[3:, 3:]))
    # 1 where the stated doubt is the true one; with a pose's own doubt alone it would be hundreds.
    assert 0.5 < np.mean(shares) < 1.6
