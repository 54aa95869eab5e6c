"""Views of a board by a known lens: corners by projection with noise, pictures by the simulation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from openset.primitives.rotation import matrix_from_vector
from openset.primitives.space import F64
from openset.sim.optics import Optics
from openset.sim.prints import Sheet, board_sheet
from openset.sim.sightings import Look, picture, still
from openset.stage.calibrate.sighting import SeenBoard, View
from openset.stage.lens.model import Lens, project
from openset.stage.prints.model import Board

Poses = Callable[..., F64]
MakeViews = Callable[..., list[View]]
Film = Callable[..., np.ndarray]


def poses_of(
    lens: Lens,
    board: Board,
    count: int,
    random: np.random.Generator,
    *,
    tilt_deg: float = 38.0,
    reach: float = 1.0,
) -> F64:
    """Camera from board (n, 4, 4), as a person holds a board: all over the picture, tilted."""
    middle = board.points_m.mean(axis=0)
    width_m = (board.columns + 1) * board.square_m
    out = np.tile(np.eye(4), (count, 1, 1))
    for place in range(count):
        away = lens.fx_px * width_m / (random.uniform(0.45, 0.9) * lens.width_px)
        tilt = np.radians(random.uniform(-tilt_deg, tilt_deg, 2)) * (place % 5 > 0)
        roll = np.radians(random.uniform(-25, 25))
        turn = matrix_from_vector(np.array([tilt[0], tilt[1], 0.0])) @ matrix_from_vector(
            np.array([0.0, 0.0, roll])
        )
        shift = random.uniform(-0.25, 0.25, 2) * reach * [lens.width_px, -lens.height_px]
        centre = np.array([shift[0] / lens.fx_px * away, shift[1] / lens.fx_px * away, -away])
        out[place, :3, :3], out[place, :3, 3] = turn, centre - turn @ middle
    return out


def views_of(
    lens: Lens,
    board: Board,
    poses: F64,
    random: np.random.Generator,
    *,
    noise_px: float = 0.05,
    lift_m: F64 | None = None,
) -> list[View]:
    """The corners that fall into the picture, with noise; `lift_m` (m, 3) moves the board's points."""
    points = board.points_m if lift_m is None else board.points_m + lift_m
    out = []
    for place, pose in enumerate(poses):
        seen = project(lens, points @ pose[:3, :3].T + pose[:3, 3])
        inside = ((seen > 2) & (seen < [lens.width_px - 2, lens.height_px - 2])).all(axis=-1)
        noisy = seen + random.normal(0.0, noise_px, seen.shape)
        out.append(View(f"view {place}", SeenBoard(np.flatnonzero(inside), noisy[inside])))
    return out


@pytest.fixture
def make_poses() -> Poses:
    return poses_of


@pytest.fixture
def make_views() -> MakeViews:
    return views_of


def sheet_at(board: Board, pose: F64) -> Sheet:
    """The board as paper, for a camera at the stage's origin that looks along -Z."""
    return board_sheet(
        board.kind, board.columns, board.rows, board.square_m, board.marker_m, board.dictionary,
        pose[:3, 3], pose[:3, :3],
    )  # fmt: skip


def filmed(
    board: Board,
    pose: F64,
    optics: Optics,
    look: Look,
    seed: int = 0,
    *,
    sheets: tuple[Sheet, ...] = (),
) -> np.ndarray:
    """A picture of the board; `sheets` lie before it."""
    everything = [sheet_at(board, pose), *sheets]
    camera = still(np.zeros(3), np.eye(3))
    return picture(optics, camera, everything, look, np.random.default_rng(seed))


@pytest.fixture
def film() -> Film:
    return filmed
