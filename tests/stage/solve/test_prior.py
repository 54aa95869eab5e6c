"""What is believed beforehand: of the lens, of the mount, of the tracker's slow error."""

import numpy as np
import pytest

from openset.primitives.space import Pose
from openset.stage.lens.model import pinhole
from openset.stage.solve.model import FOCAL, LENS, NODAL, READOUT
from openset.stage.solve.prior import (
    FOCAL_SD,
    drift_precision,
    knot_weights,
    knots,
    nodal_between,
    precision,
    prior_of,
)  # fmt: skip

LENS_USED = pinhole(1920, 1080, 35.0, 36.0)


def test_a_calibrated_lens_brings_its_own_covariance_widened_by_breathing() -> None:
    measured = np.diag([0.5**2, 0.5**2, 1.0, 1.0, 1e-6, 1e-6, 1e-8, 1e-8, 1e-6])
    found = prior_of(LENS_USED, measured=measured, readout_s=0.011)
    # Two focal lengths of sd 0.5 px, one factor: their mean has 0.5 / sqrt(2) px of 1866.67.
    own = 0.5 / np.sqrt(2) / LENS_USED.fx_px
    assert np.sqrt(found.covariance[FOCAL, FOCAL]) == pytest.approx(np.hypot(own, FOCAL_SD))
    assert np.sqrt(found.covariance[1, 1]) == pytest.approx(1.0)
    assert found.values[READOUT] == 0.011
    assert found.values[FOCAL] == 1.0


def test_what_is_not_to_be_solved_is_held_and_nothing_else() -> None:
    prior = prior_of(LENS_USED)
    free = precision(prior, frozenset({"focal", "delay", "nodal", "readout", "centre"}))
    all_free = np.linalg.inv(prior.covariance)
    assert free[3, 3] > 1e7 * all_free[3, 3]
    np.testing.assert_allclose(free[LENS.start, LENS.start], all_free[0, 0], rtol=1e-9)
    assert np.linalg.eigvalsh(free)[0] > 0


def test_slow_error_runs_straight_between_knots_and_is_tame_over_a_long_take() -> None:
    found = knots(np.array([0.0, 30.0]))
    assert len(found) == 16
    assert len(knots(np.array([0.0, 3600.0]))) == 40
    near, share = knot_weights(found, np.array([3.0]))
    assert near.tolist() == [[1, 2]]
    np.testing.assert_allclose(share, [[0.5, 0.5]])
    inverse = np.linalg.inv(drift_precision(found, 0.005, 0.001))
    assert np.sqrt(inverse[0, 0]) == pytest.approx(0.005, rel=1e-3)
    assert np.sqrt(inverse[3, 3]) == pytest.approx(0.001, rel=1e-3)


def test_a_measured_mount_is_told_against_the_assumed_one() -> None:
    assumed = Pose((0.1, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    measured = Pose((0.1, 0.02, 0.0), (np.cos(0.01), np.sin(0.01), 0.0, 0.0))
    np.testing.assert_allclose(nodal_between(assumed, measured), [0, 0.02, 0, 0.02, 0, 0], atol=1e-12)
    assert len(nodal_between(assumed, assumed)) == NODAL.stop - NODAL.start
