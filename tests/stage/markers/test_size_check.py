"""A tag that is not as large as it was said to be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from openset.stage.markers.grow import Look
from openset.stage.markers.size_check import size_factor, wrong_size

TAG = np.array([0.4, 0.2, -0.1])


def _at(x: float, y: float, z: float) -> np.ndarray:
    out = np.eye(4)
    out[:3, 3] = x, y, z
    return out


CAMERAS = {0: _at(-1.0, 0.0, 3.0), 1: _at(1.0, 0.5, 2.5), 2: _at(0.0, -1.0, 2.0), 3: _at(0.5, 1.0, 3.5)}


def _looks(
    factor: float, noise: float = 0.0, cameras: Mapping[int, np.ndarray] = CAMERAS
) -> list[Look]:
    """The tag's middle in every camera, at `factor` times its true distance."""
    random = np.random.default_rng(3)
    looks = []
    for picture, camera in cameras.items():
        there = (TAG - camera[:3, 3]) * factor * (1 + random.normal(0.0, noise))
        looks.append(Look(picture, 7, np.zeros((4, 2)), (_at(*there),), clear=True))
    return looks


def test_a_tag_of_the_size_given_has_factor_1() -> None:
    found = size_factor(_looks(1.0), CAMERAS)
    assert found is not None
    assert found[0] == pytest.approx(1.0)
    assert wrong_size(_looks(1.0, 0.01), CAMERAS, {7: 0.16}) is None


def test_a_tag_taken_for_twice_its_size_is_named_with_its_real_one() -> None:
    """Taken for 160 mm it seems twice as far away as it is: it is 80 mm wide."""
    said = wrong_size(_looks(2.0, 0.002), CAMERAS, {7: 0.16})
    assert said is not None
    assert said.text == "tag 7 is 80 mm wide beside the others, not 160 mm"
    assert "--size-of 7:80" in said.todo


def test_looks_that_do_not_meet_tell_no_size() -> None:
    looks = _looks(1.0)
    odd = [Look(each.picture, 7, each.flat, (_at(*(each.poses[0][:3, 3] + shift)),), True)
           for each, shift in zip(looks, np.eye(4, 3), strict=True)]  # fmt: skip
    assert wrong_size(odd, CAMERAS, {7: 0.16}) is None


def test_looks_from_one_place_tell_no_size() -> None:
    near = {each: _at(-1.0 + 0.01 * each, 0.0, 3.0) for each in CAMERAS}
    assert size_factor(_looks(2.0, cameras=near), near) is None


def test_two_looks_are_too_few() -> None:
    assert size_factor(_looks(2.0)[:2], CAMERAS) is None
