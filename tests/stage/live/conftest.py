"""A printed board waved before a simulated camera, as the bench gets to see it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.primitives.image import Yuv420
from openset.sim.optics import Optics
from openset.sim.prints import board_sheet
from openset.sim.sightings import Look, picture, still
from openset.sim.walks import rotation_from_vector
from openset.stage.live.plate import PlateFrame
from openset.store.camera import write_setup
from openset.store.production import Production, create_production

OPTICS = Optics(960, 540, 760.0, 486.0, 266.0, -0.12, 0.05, 3e-4, -2e-4, -0.006)
COLUMNS, ROWS, SQUARE_M = 9, 6, 0.025
BOARD = f"charuco:{COLUMNS}x{ROWS}:25"
CORNERS = ((-1, 1), (1, 1), (-1, -1), (1, -1), (0, 0))
TILTS = ((0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5), (0.35, 0.35), (-0.35, 0.35))


def board_seen(number: int) -> np.ndarray:
    """The camera's picture of the board held in its `number`-th way, luma (540, 960)."""
    random = np.random.default_rng([7, number])
    look = Look(0.7, 1.5, None, 0.2, 0.0)
    across, up = CORNERS[number % 5]
    turn = np.array([*TILTS[number % 6], 0.0]) + random.normal(0.0, 0.05, 3)
    away_m = 0.36 + 0.03 * ((number * 7) % 5)
    rotation = rotation_from_vector(turn)
    half = np.array([COLUMNS - 1, ROWS - 1]) * SQUARE_M / 2
    room = np.array([480.0, 270.0]) / 760.0 * away_m - 0.85 * half
    middle = np.array([across * max(room[0], 0.0), up * max(room[1], 0.0), -away_m])
    corner = middle - rotation @ np.array([*half, 0.0])
    sheet = board_sheet(
        "charuco", COLUMNS, ROWS, SQUARE_M, 0.75 * SQUARE_M, "DICT_5X5_250", corner, rotation
    )
    return picture(OPTICS, still(np.zeros(3), np.eye(3)), [sheet], look, random)


def as_frame(luma: np.ndarray, index: int, time_s: float) -> PlateFrame:
    """A luma picture as the plate source hands it over."""
    grey = np.full((luma.shape[0] // 2, luma.shape[1] // 2), 128, np.uint8)
    return PlateFrame(index, round(time_s * 1e9), Yuv420(luma, grey, grey))


@pytest.fixture(scope="session")
def waved() -> list[np.ndarray]:
    """The board held in sixteen ways."""
    return [board_seen(number) for number in range(16)]


@pytest.fixture
def lane(tmp_path: Path) -> Production:
    """A production whose set-up names the waved board."""
    made = create_production(tmp_path / "lane", title="Lane", rate=Fraction(25))
    write_setup(made, board=BOARD)
    return made


@pytest.fixture
def show() -> Callable[..., PlateFrame]:
    """Makes frames of pictures."""
    return as_frame
