"""Errors carried to the marks, judged by drawing truths at random."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.primitives.space import IDENTITY, look_at, pose_from_matrix
from openset.stage.accuracy.spread import Doubt, MarkError, carried, error_at, radius
from openset.stage.lens.derivatives import parameters_of, with_parameters
from openset.stage.lens.model import Lens, project

LENS = Lens(1920, 1080, 1450.0, 1450.0, 960.0, 540.0, -0.1, 0.02)
CAMERA = look_at((0.0, -4.0, 1.5), (0.3, 0.0, 0.8))
MARK = np.array([0.0, 0.0, 0.0])


def _of(errors: Doubt) -> MarkError:
    found = error_at(LENS, CAMERA, MARK, errors)
    assert found is not None
    return found


def test_a_mark_straight_ahead_slides_by_what_the_camera_is_off_sideways() -> None:
    # Looking along +Y at a mark 4 m ahead on the axis: 1 mm of x alone is 1 mm of slide at one sd, and
    # on a line nine in ten lie within 1.645 sd.
    camera = look_at((0.0, -4.0, 1.0), (0.0, 0.0, 1.0))
    covariance = np.zeros((6, 6))
    covariance[0, 0] = 1e-6
    straight = Lens(1920, 1080, 1450.0, 1450.0, 960.0, 540.0)
    found = error_at(straight, camera, np.array([0.0, 0.0, 1.0]), Doubt(covariance))
    assert found is not None
    assert found.slide_m == pytest.approx(1.645e-3, rel=1e-3)
    assert found.distance_m == pytest.approx(4.0)


def test_a_turn_slides_further_the_further_the_mark() -> None:
    # 10 mdeg of pan is 0.1745 mm a metre; at 4 m and 1.645 sd: 1.148 mm.
    camera = look_at((0.0, -4.0, 1.0), (0.0, 0.0, 1.0))
    covariance = np.zeros((6, 6))
    covariance[4, 4] = np.radians(0.01) ** 2
    straight = Lens(1920, 1080, 1450.0, 1450.0, 960.0, 540.0)
    found = error_at(straight, camera, np.array([0.0, 0.0, 1.0]), Doubt(covariance))
    assert found is not None
    assert found.slide_m == pytest.approx(1.148e-3, rel=1e-3)


@pytest.mark.parametrize(
    ("across_m", "counts"), [(0.0, True), (4.5, True), (8.0, False), (30.0, False)]
)
def test_a_mark_far_outside_the_picture_is_not_told(across_m: float, counts: bool) -> None:
    # 1450 px at 4.3 m: the picture ends 2.8 m to the side, half a picture further is 5.7 m. Beyond, the
    # polynomial of the lens grows without end, or folds back.
    found = error_at(LENS, CAMERA, np.array([across_m, 0.0, 0.8]), Doubt(1e-6 * np.eye(6)))
    assert (found is not None) == counts


def test_a_trackers_spread_is_carried_to_the_camera_on_its_arm() -> None:
    arm = pose_from_matrix(look_at((0.3, -0.1, 0.2), (1.0, 0.5, 0.1)).matrix)
    tracker = CAMERA.after(arm.inverse())
    random = np.random.default_rng(2)
    mix = random.normal(size=(6, 6)) * np.array([[1e-3] * 3 + [1e-3] * 3]).T
    covariance = mix @ mix.T
    steps = random.multivariate_normal(np.zeros(6), covariance, 20_000)
    camera, there = tracker.matrix @ arm.matrix, np.tile(tracker.matrix, (len(steps), 1, 1))
    there[:, :3, 3] += steps[:, :3]
    there[:, :3, :3] = there[:, :3, :3] @ matrix_from_vector(steps[:, 3:])
    there = there @ arm.matrix
    turns = vector_from_matrix(camera[:3, :3].T @ there[:, :3, :3])
    off = np.concatenate([there[:, :3, 3] - camera[:3, 3], turns], axis=1)
    np.testing.assert_allclose(carried(covariance, CAMERA, arm), np.cov(off.T), atol=4e-7)
    np.testing.assert_allclose(carried(covariance, CAMERA, IDENTITY), covariance, atol=1e-15)


@pytest.mark.parametrize("seed", range(3))
def test_nine_truths_in_ten_lie_within_the_stated_radius(seed: int) -> None:
    random = np.random.default_rng(seed)
    mixing = random.normal(0, 1, (6, 6)) * np.array([1e-3] * 3 + [3e-4] * 3)[:, None]
    pose = mixing @ mixing.T
    lens = np.diag([1.0, 1.0, 2.0, 2.0, 1e-3, 1e-3, 1e-4, 1e-4, 1e-3]) ** 2
    velocity = np.array([0.3, 0.0, 0.1, 0.0, 0.5, 0.1])
    found = _of(Doubt(pose, lens, 0.002, velocity))
    stood = CAMERA.matrix
    here = project(LENS, (MARK - stood[:3, 3]) @ stood[:3, :3])
    off = []
    for _ in range(4000):
        move = random.multivariate_normal(np.zeros(6), pose) + velocity * random.normal(0, 0.002)
        true = with_parameters(
            LENS, parameters_of(LENS) + random.multivariate_normal(np.zeros(9), lens)
        )
        rotation = stood[:3, :3] @ matrix_from_vector(move[3:])
        off.append(project(true, (MARK - stood[:3, 3] - move[:3]) @ rotation) - here)
    held = float(np.mean(np.hypot(*np.array(off).T) <= found.radius_px))
    assert 0.885 < held < 0.915


def test_what_the_tags_and_the_lens_share_does_not_count_twice() -> None:
    # A pose solved through a lens whose centre is off turns the other way: at the tags nothing is left.
    lens = np.zeros((9, 9))
    lens[2, 2] = 4.0
    by_lens = np.zeros((6, 9))
    by_lens[4, 2] = 1 / LENS.fx_px
    apart = _of(Doubt(np.zeros((6, 6)), lens)).slide_m
    together = _of(Doubt(np.zeros((6, 6)), lens, pose_by_lens=by_lens)).slide_m
    assert min(together, abs(apart * 2 - together)) < 0.2 * apart


def test_the_shares_name_the_cause() -> None:
    still = Doubt(np.eye(6) * 1e-12, None, 0.01, np.array([1.0, 0, 0, 0, 0, 0]))
    assert _of(still).shares["delay"] > 0.99
    assert sum(_of(still).shares.values()) == pytest.approx(1.0)


def test_a_mark_behind_the_camera_has_no_error() -> None:
    assert error_at(LENS, CAMERA, np.array([0.0, -5.0, 1.0]), Doubt(np.eye(6))) is None


def test_the_circle_of_a_round_distribution_is_rayleighs() -> None:
    # P(R < r) = 1 - exp(-r^2 / 2) = .9 at r = sqrt(2 ln 10) = 2.14597.
    assert radius(np.eye(2)) == pytest.approx(2.14597, abs=1e-4)
    assert radius(np.diag([4.0, 0.0])) == pytest.approx(2 * 1.64485, abs=1e-3)
    assert radius(np.zeros((2, 2))) == 0.0


def test_turning_the_camera_moves_nothing_when_nothing_is_unknown() -> None:
    found = error_at(LENS, pose_from_matrix(CAMERA.matrix), MARK, Doubt(np.zeros((6, 6))))
    assert found is not None
    assert found.slide_m == 0.0
