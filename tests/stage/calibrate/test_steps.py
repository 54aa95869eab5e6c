"""The step of a profile is found whatever its blur, and uneven light does not move it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

from openset.stage.calibrate.steps import ACROSS, evened, steps

WIDTH = 5.0
SIDE_PX = 60.0
GRID = np.stack(np.meshgrid(np.arange(9.0), np.arange(6.0)), axis=-1).reshape(-1, 2)
COUNT = len(GRID)
ALONG = np.tile(SIDE_PX * np.eye(2), (COUNT, 1, 1))
NORMAL = np.tile(np.array([[0.0, 1.0], [-1.0, 0.0]]), (COUNT, 1, 1))
WIDTHS = np.full((COUNT, 2), WIDTH)
SIGNS = np.array([[1.0, -1.0], [-1.0, 1.0]])
"""Of a corner's arms, by axis and direction: which side is white."""


def profiles(
    offset_px: np.ndarray, blur_px: float, fall: np.ndarray | None = None, ink_px: float = 0.0
) -> np.ndarray:
    """(n, axis, arm, across) of edges `offset_px` (n, axis) off; the light falls off by `fall` (2,), a
    part a pixel, and ink makes the black `ink_px` wider."""
    across = WIDTH * np.linspace(-1.0, 1.0, ACROSS)
    at = across - offset_px[:, :, None, None] - (SIGNS * ink_px)[..., None]
    out = 125.0 + 100.0 * SIGNS[..., None] * erf(at / blur_px / np.sqrt(2.0))
    if fall is not None:
        where = GRID @ fall * SIDE_PX
        gained = where[:, None, None, None] + (NORMAL @ fall)[:, :, None, None] * across
        out = out * (1.0 - gained)
    return np.asarray(out)


def offsets(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.4, 0.4, (COUNT, 2))


@pytest.mark.parametrize("blur_px", [0.7, 1.0, 1.7])
def test_steps_are_found_whatever_their_blur(blur_px: float) -> None:
    wanted = offsets()
    found, good, blur = steps(profiles(wanted, blur_px), WIDTHS)
    assert good.all()
    np.testing.assert_allclose(found.mean(axis=-1), wanted, atol=0.01)
    assert blur == pytest.approx(blur_px, abs=0.35)


def test_ink_that_spreads_moves_the_arms_and_not_their_mean() -> None:
    wanted = offsets()
    found, good, _ = steps(profiles(wanted, 1.0, ink_px=0.3), WIDTHS)
    assert good.all()
    np.testing.assert_allclose(np.abs(np.diff(found, axis=-1)), 0.6, atol=0.01)
    np.testing.assert_allclose(found.mean(axis=-1), wanted, atol=0.01)


def test_light_that_falls_off_does_not_move_the_steps() -> None:
    wanted = np.zeros((COUNT, 2))
    fall = np.array([3e-4, 4e-4])
    slanted = profiles(wanted, 1.0, fall)
    as_seen, _, _ = steps(slanted, WIDTHS)
    even, _, _ = steps(evened(slanted, GRID, NORMAL, ALONG, WIDTHS), WIDTHS)
    assert np.abs(as_seen.mean(axis=-1)).max() > 1.5e-3
    assert np.abs(even.mean(axis=-1)).max() < 0.2 * np.abs(as_seen.mean(axis=-1)).max()


def test_what_is_no_corner_of_a_board_is_told_apart() -> None:
    whole = profiles(offsets(), 1.0)
    whole[3] = 125.0  # hidden
    whole[7, 1] = whole[7, 1, ::-1]  # an edge with the wrong colours
    whole[9, 0, 0] = np.where(np.arange(ACROSS) % 4 < 2, 20.0, 220.0)  # a marker too near
    _, good, _ = steps(whole, WIDTHS)
    assert not good[[3, 7, 9]].any()
    assert good.sum() == COUNT - 3
