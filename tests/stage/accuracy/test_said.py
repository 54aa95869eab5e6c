"""A pose's spread as a tracker's status says it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.stage.accuracy.said import (
    say_spread,
    say_weak_side,
    spread_from_status,
    weak_side,
    weak_side_from_status,
)


@given(st.integers(0, 10_000), st.floats(1e-5, 0.5))
@settings(max_examples=100, deadline=None)
def test_a_covariance_comes_back_from_its_words(seed: int, size: float) -> None:
    random = np.random.default_rng(seed)
    mixing = random.normal(0, 1, (6, 6)) * size
    covariance = mixing @ mixing.T + np.eye(6) * 1e-8
    text = say_spread(covariance)
    if not text:
        return
    back = spread_from_status(f"tracked, 9 tags, {text}")
    assert back is not None
    spread, found = np.sqrt(np.diag(covariance)), np.sqrt(np.diag(back))
    np.testing.assert_allclose(found, spread, rtol=2e-3, atol=2e-6)
    related = covariance / np.outer(spread, spread) - back / np.outer(found, found)
    assert np.abs(related).max() < 1e-3
    assert np.linalg.eigvalsh(back).min() > 0


def test_a_status_fits_into_opentrackio() -> None:
    text = say_spread(np.diag([9.0, 9.0, 9.0, 0.01, 0.01, 0.01]))
    assert 0 < len(text) < 300


@pytest.mark.parametrize("text", ["", "Optical Good", "sd 1 2 mm", "sd 1 2 3 mm 4 5 6 rad"])
def test_other_words_say_no_spread(text: str) -> None:
    assert spread_from_status(text) is None


def test_correlations_that_cannot_be_are_refused() -> None:
    assert spread_from_status("sd 1 1 1 mm 1 1 1 mdeg, r " + " ".join(["20000"] * 15)) is None


def test_a_spread_alone_is_taken_without_correlations() -> None:
    found = spread_from_status("good; sd 1.0 2.0 3.0 mm 10 20 30 mdeg")
    assert found is not None
    np.testing.assert_allclose(np.sqrt(np.diag(found))[:3], [1e-3, 2e-3, 3e-3])
    np.testing.assert_allclose(np.degrees(np.sqrt(np.diag(found))[3:]), [0.01, 0.02, 0.03])
    assert np.count_nonzero(found - np.diag(np.diag(found))) == 0


def test_a_covariance_that_is_none_says_nothing() -> None:
    assert say_spread(np.zeros((6, 6))) == ""
    assert say_spread(np.full((6, 6), np.nan)) == ""


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_words_of_a_tracker_stop_the_reader(text: str) -> None:
    spread_from_status("sd " + text)
    weak_side_from_status(text)


def test_the_empty_side_of_the_picture_is_named() -> None:
    right_half = np.array([[1000.0, 300.0], [1800.0, 900.0], [1500.0, 200.0]])
    assert weak_side(right_half, 1920, 1080) == "left"
    all_round = np.array([[100.0, 100.0], [1800.0, 1000.0]])
    assert weak_side(all_round, 1920, 1080) == ""
    assert weak_side(np.zeros((0, 2)), 1920, 1080) == ""
    assert weak_side_from_status(f"tracked, 4 tags, {say_weak_side('left')}") == "left"
    assert weak_side_from_status("tracked") == ""
