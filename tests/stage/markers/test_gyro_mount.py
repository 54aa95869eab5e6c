"""How a gyroscope sits against the camera is found from turning both have felt."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.rotation import matrix_from_vector
from openset.primitives.space import F64
from openset.stage.markers.gyro_mount import LEAST_PAIRS, GyroMount, expected


def feed(
    mount: GyroMount, camera_from_phone: F64, bias: F64, pairs: int = 120, size: float = 0.5
) -> None:
    random = np.random.default_rng(2)
    for _ in range(pairs):
        turning = size * random.standard_normal(3)
        noise = 0.01 * random.standard_normal(3)
        mount.pair(camera_from_phone.T @ turning + bias + noise, turning)


def test_by_the_book_an_upright_phones_axes_are_the_cameras() -> None:
    assert np.allclose(expected(0), np.eye(3))


def test_by_the_book_a_phone_on_its_side_turns_its_axes_with_the_picture() -> None:
    # Top to the left (90 degrees): what was the phone's right edge is up in the picture.
    assert np.allclose(expected(90) @ [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    assert np.allclose(expected(90) @ [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0])


def test_the_book_holds_until_there_was_enough_turning() -> None:
    mount = GyroMount()
    feed(mount, matrix_from_vector(np.array([0.0, 0.0, 1.5])), np.zeros(3), pairs=LEAST_PAIRS - 10)
    assert not mount.measured
    assert np.array_equal(mount.camera_from_phone, np.eye(3))


@pytest.mark.parametrize("axes", [(2, 0, 1), (1, 2, 0)])
def test_a_browser_that_names_the_axes_otherwise_is_put_right(axes: tuple[int, ...]) -> None:
    mount, real = GyroMount(), np.eye(3)[list(axes)]
    feed(mount, real, np.array([0.01, -0.02, 0.005]))
    assert mount.measured
    assert np.allclose(mount.camera_from_phone, real, atol=0.02)
    assert np.allclose(mount.bias, [0.01, -0.02, 0.005], atol=0.004)
    reading = real.T @ np.array([0.1, 0.2, 0.3]) + [0.01, -0.02, 0.005]
    assert np.allclose(mount.camera_rates(reading), [0.1, 0.2, 0.3], atol=0.01)


def test_a_small_angle_is_noise_and_the_book_holds() -> None:
    mount = GyroMount()
    feed(mount, matrix_from_vector(np.array([0.1, 0.0, 0.0])), np.zeros(3))
    assert mount.measured
    assert np.array_equal(mount.camera_from_phone, np.eye(3))


def test_turning_about_one_axis_alone_tells_nothing_of_the_others() -> None:
    mount, random = GyroMount(), np.random.default_rng(3)
    for _ in range(100):
        turning = np.array([0.0, 0.0, random.standard_normal()])
        mount.pair(turning, turning)
    assert not mount.measured


def test_a_page_that_turns_begins_again() -> None:
    mount = GyroMount()
    feed(mount, np.eye(3)[[2, 0, 1]], np.zeros(3))
    mount.hold(0.0)
    assert mount.measured
    mount.hold(90.0)
    assert not mount.measured
    assert np.array_equal(mount.camera_from_phone, expected(90))
