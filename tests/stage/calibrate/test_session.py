"""A calibration while it goes on."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.primitives.rotation import matrix_from_vector
from openset.sim.optics import Optics
from openset.sim.sightings import Look
from openset.stage.calibrate.session import Session
from openset.stage.calibrate.sighting import Refusal, View
from openset.stage.prints.model import parse_board

OPTICS = Optics(960, 540, 800.0, 485.0, 262.0, -0.1, 0.02)
SHARP = Look(0.8, 2.0, 85, 0.2, 0.0)
BOARD = parse_board("charuco:9x6:30:22.5:DICT_5X5_250")


def pose(tilt: float, pan: float, x: float = 0.0, y: float = 0.0) -> np.ndarray:
    out = np.eye(4)
    out[:3, :3] = matrix_from_vector(np.array([tilt, pan, 0.0]))
    out[:3, 3] = np.array([x, y, -0.5]) - out[:3, :3] @ [0.12, 0.075, 0.0]
    return out


def test_a_still_board_may_be_kept_and_a_moving_one_not(film: object) -> None:
    session = Session(BOARD, 960, 540)
    first = film(BOARD, pose(0.3, 0.2), OPTICS, SHARP)  # type: ignore[operator]
    moved = film(BOARD, pose(0.3, 0.2, 0.05), OPTICS, SHARP)  # type: ignore[operator]
    assert session.look(first, 0.0).good
    seen = session.look(moved, 0.2)
    # 5 cm at half a metre and 800 px are 80 px: 0.083 picture widths in 0.2 s.
    assert seen.speed == pytest.approx(0.083 / 0.2, rel=0.1)
    assert seen.trouble is not None
    assert seen.trouble.code == "moving"
    assert session.look(moved, 0.4).good
    assert isinstance(session.keep("a"), View)
    again = session.look(moved, 0.6)
    assert again.trouble is not None
    assert again.trouble.code == "same"
    assert isinstance(session.keep("b"), Refusal)
    assert [each.code for each in session.refused] == ["same"]


def test_an_empty_picture_is_no_board() -> None:
    session = Session(BOARD, 480, 270)
    found = session.look(np.full((270, 480), 120, np.uint8), 0.0)
    assert not found.good
    assert len(found.outline_px) == 0
    assert found.trouble is not None
    assert found.trouble.code == "no-board"


def test_kept_views_become_a_lens(film: object) -> None:
    session = Session(BOARD, 960, 540)
    assert session.advice()[0].code == "views"
    tilts = [(0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5), (0.1, 0.1), (0.4, 0.4), (-0.4, 0.4)]
    for place, (tilt, pan) in enumerate(tilts):
        at = pose(tilt, pan, 0.08 * (place % 3 - 1), 0.04 * (place % 2))
        session.look(film(BOARD, at, OPTICS, SHARP, place), float(place))  # type: ignore[operator]
        assert isinstance(session.keep(), View)
    found = session.result()
    assert found.found.lens.fx_px == pytest.approx(800.0, rel=3e-3)
    assert session.coverage().tilts != (0, 0, 0, 0)


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(BadInput, match="270 x 480"):
        Session(BOARD, 480, 270).look(np.zeros((480, 270), np.uint8), 0.0)
    assert isinstance(Session(BOARD, 480, 270).keep(), Refusal)


def test_pictures_too_small_to_see_a_board_in_are_refused() -> None:
    for board in (BOARD, parse_board("checkerboard:4x7:60")):
        with pytest.raises(BadInput, match="8 x 8 pixels are too small"):
            Session(board, 8, 8)
        assert isinstance(Session(board, 64, 64).add("", np.zeros((64, 64), np.uint8)), Refusal)
