"""What an attempt is given, and where its adjustment begins."""

from __future__ import annotations

import numpy as np

from openset.stage.lens.model import pinhole
from openset.stage.markers.started import Given, Started, rms

LENS = pinhole(1920, 1080, 28.0, 36.0)


def test_the_lens_information_is_the_inverse_of_its_covariance() -> None:
    """Pixels squared beside 1e-8: each is inverted in its own measure."""
    sd = np.array([2.0, 2.0, 1.0, 1.0, 1e-3, 1e-3, 1e-4, 1e-4, 1e-3])
    found = Given(lens_covariance=np.diag(sd**2)).lens_information
    assert found is not None
    np.testing.assert_allclose(np.diag(found), 1 / sd**2)
    assert Given().lens_information is None


def test_the_state_is_in_the_order_asked_for() -> None:
    first, second = np.eye(4), np.eye(4)
    second[:3, 3] = 1.0, 2.0, 3.0
    started = Started({5: first, 9: second}, {0: second, 4: first}, {4: np.ones(6)}, LENS)
    state = started.state([4, 0], [9, 5])
    np.testing.assert_array_equal(state.tag_m, [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(state.camera_m, [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(state.slip[:, 0], [1.0, 0.0])


def test_the_rms_of_nothing_is_nothing() -> None:
    assert rms(np.zeros((0, 4, 2))) == 0.0
    assert rms(np.array([[3.0, -3.0]])) == 3.0
