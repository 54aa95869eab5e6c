"""Views that spoil a lens are left out and named; sets that tell none are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.stage.calibrate.agreement import disagreement
from openset.stage.calibrate.conclude import conclude
from openset.stage.calibrate.sighting import View
from openset.stage.lens.model import Lens
from openset.stage.prints.model import parse_board

LENS = Lens(1920, 1080, 1450.0, 1452.0, 975.3, 528.7, -0.21, 0.09)
BOARD = parse_board("charuco:9x6:30")


def seen(
    lens: Lens, count: int, seed: int, make_poses: object, make_views: object, **more: float
) -> list[View]:
    random = np.random.default_rng(seed)
    poses = make_poses(lens, BOARD, count, random, **more)  # type: ignore[operator]
    return list(make_views(lens, BOARD, poses, random))  # type: ignore[operator]


def test_a_view_at_another_zoom_is_left_out(make_poses: object, make_views: object) -> None:
    views = seen(LENS, 15, 1, make_poses, make_views)
    other = replace(LENS, fx_px=1600.0, fy_px=1602.0)
    stranger = replace(seen(other, 2, 2, make_poses, make_views)[1], name="zoomed")
    found = conclude([*views, stranger], BOARD, 1920, 1080)
    assert [(each.view, each.code) for each in found.refused] == [("zoomed", "misfit")]
    assert disagreement(LENS, found.found.lens).rms_px < 0.2


def test_blurred_views_go_where_sharp_ones_are_enough(make_poses: object, make_views: object) -> None:
    views = [replace(view, blur_px=1.0) for view in seen(LENS, 16, 3, make_poses, make_views)]
    views[4] = replace(views[4], blur_px=3.0)
    found = conclude(views, BOARD, 1920, 1080)
    assert [(each.view, each.code) for each in found.refused] == [("view 4", "blurred")]


def test_a_board_never_tilted_is_no_answer(make_poses: object, make_views: object) -> None:
    views = seen(LENS, 12, 4, make_poses, make_views, tilt_deg=0.5)
    with pytest.raises(BadInput, match=r"do not tell the focal length.*Tilt"):
        conclude(views, BOARD, 1920, 1080)


def test_corners_that_never_saw_the_board_are_warned_of(make_poses: object, make_views: object) -> None:
    views = seen(LENS, 12, 5, make_poses, make_views, reach=0.1)
    found = conclude(views, BOARD, 1920, 1080)
    assert "corners" in [each.code for each in found.warnings]


@pytest.mark.parametrize("sagitta_m", [0.001, 0.002])
def test_a_board_that_bows_alike_in_all_views_keeps_its_views(
    make_poses: object, make_views: object, sagitta_m: float
) -> None:
    lift = _bow(sagitta_m)
    random = np.random.default_rng(2)
    poses = make_poses(LENS, BOARD, 20, random)  # type: ignore[operator]
    views = make_views(LENS, BOARD, poses, random, lift_m=lift)  # type: ignore[operator]
    found = conclude(views, BOARD, 1920, 1080)
    assert found.refused == ()
    assert found.board_bend_m == pytest.approx(sagitta_m, rel=0.1)
    assert disagreement(LENS, found.found.lens).rms_px < 0.15


def test_a_board_bent_in_one_view_is_named_bent(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(2)
    poses = make_poses(LENS, BOARD, 20, random)  # type: ignore[operator]
    views = make_views(LENS, BOARD, poses, random)  # type: ignore[operator]
    views[3] = make_views(  # type: ignore[operator]
        LENS, BOARD, poses, np.random.default_rng(9), lift_m=_bow(0.004)
    )[3]
    refused = conclude(views, BOARD, 1920, 1080).refused
    assert [(each.view, each.code) for each in refused] == [("view 3", "bent")]


def _bow(sagitta_m: float) -> np.ndarray:
    """The board's points lifted by a bow from left to right, highest in the middle."""
    across = BOARD.points_m[:, 0] - BOARD.points_m[:, 0].mean()
    out = np.zeros_like(BOARD.points_m)
    out[:, 2] = sagitta_m * (1.0 - (across / across.max()) ** 2)
    return out


def test_a_board_bent_in_all_views_is_named(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(6)
    x = BOARD.points_m[:, 0] - BOARD.points_m[:, 0].mean()
    lift = np.zeros_like(BOARD.points_m)
    lift[:, 2] = 0.003 * (1.0 - (x / x.max()) ** 2)
    poses = make_poses(LENS, BOARD, 16, random)  # type: ignore[operator]
    views = make_views(LENS, BOARD, poses, random, lift_m=lift)  # type: ignore[operator]
    found = conclude(views, BOARD, 1920, 1080)
    assert "board-bent" in [each.code for each in found.warnings]
    assert found.board_bend_m == pytest.approx(0.003, abs=0.001)
