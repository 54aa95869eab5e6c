"""The lens that drew the views comes out, and its doubt is honest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.stage.calibrate.agreement import disagreement
from openset.stage.calibrate.intrinsics import calibrate
from openset.stage.calibrate.sighting import SeenBoard, View
from openset.stage.lens.measured import MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.prints.model import parse_board

LENS = Lens(1920, 1080, 1450.0, 1452.0, 975.3, 528.7, -0.21, 0.09, 0.0007, -0.0005, -0.015)
WIDE = Lens(1920, 1080, 700.0, 700.0, 955.0, 545.0, fisheye=(-0.02, 0.004, -0.002, 0.0003))
BOARD = parse_board("charuco:9x6:30")


def seen(
    lens: Lens, count: int, seed: int, make_poses: object, make_views: object, **more: object
) -> list[View]:
    random = np.random.default_rng(seed)
    poses = make_poses(lens, BOARD, count, random)  # type: ignore[operator]
    return list(make_views(lens, BOARD, poses, random, **more))  # type: ignore[operator]


def test_twenty_views_give_a_lens_to_a_tenth_of_a_pixel(make_poses: object, make_views: object) -> None:
    found = calibrate(seen(LENS, 20, 1, make_poses, make_views), BOARD, 1920, 1080)
    assert disagreement(LENS, found.lens).rms_px < 0.12
    assert found.lens.fx_px == pytest.approx(LENS.fx_px, rel=3e-4)
    assert found.lens.fisheye is None
    assert not found.shaped
    assert 0.02 < found.map_uncertainty_px < 0.3
    # Noise of 0.05 px an axis is 0.0707 px a corner.
    assert found.rms_px == pytest.approx(0.0707, rel=0.1)


def test_wrong_corners_are_dropped(make_poses: object, make_views: object) -> None:
    views = seen(LENS, 14, 2, make_poses, make_views)
    random = np.random.default_rng(9)
    spoilt = []
    for view in views:
        off = np.zeros_like(view.seen.corners_px)
        off[random.integers(0, len(off), 3)] = random.uniform(1, 4, (3, 2))
        spoilt.append(replace(view, seen=SeenBoard(view.seen.index, view.seen.corners_px + off)))
    found = calibrate(spoilt, BOARD, 1920, 1080)
    assert found.corners_dropped >= 30
    assert disagreement(LENS, found.lens).rms_px < 0.2


def test_a_wide_lens_is_told_as_fisheye_by_itself(make_poses: object, make_views: object) -> None:
    found = calibrate(seen(WIDE, 16, 3, make_poses, make_views), BOARD, 1920, 1080)
    assert found.lens.fisheye is not None
    assert found.lens.fx_px == pytest.approx(700.0, rel=1e-3)


def test_a_normal_lens_can_be_forced_to_fisheye(make_poses: object, make_views: object) -> None:
    views = seen(LENS, 10, 4, make_poses, make_views)
    assert calibrate(views, BOARD, 1920, 1080, model="fisheye", thorough=False).lens.fisheye is not None


def test_a_board_printed_askew_is_noticed(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(5)
    lift = random.normal(0.0, 1.0, BOARD.points_m.shape) * [8e-5, 8e-5, 3e-4]
    views = seen(LENS, 10, 6, make_poses, make_views, lift_m=lift)
    found = calibrate(views, BOARD, 1920, 1080)
    assert found.shaped
    assert disagreement(LENS, found.lens).rms_px < 0.25


def test_a_given_lens_helps_three_views(make_poses: object, make_views: object) -> None:
    views = seen(LENS, 3, 7, make_poses, make_views, noise_px=0.3)
    alone = calibrate(views, BOARD, 1920, 1080)
    helped = calibrate(views, BOARD, 1920, 1080, start=MeasuredLens(LENS))
    assert disagreement(LENS, helped.lens).rms_px < disagreement(LENS, alone.lens).rms_px
    assert helped.focal_sd_px < alone.focal_sd_px


def test_two_views_are_too_few(make_poses: object, make_views: object) -> None:
    with pytest.raises(BadInput, match="2 usable views"):
        calibrate(seen(LENS, 2, 8, make_poses, make_views), BOARD, 1920, 1080)


def test_the_stated_map_spread_is_the_true_error(make_poses: object, make_views: object) -> None:
    ratios = []
    for seed in range(12):
        views = seen(LENS, 15, 100 + seed, make_poses, make_views)
        found = calibrate(views, BOARD, 1920, 1080, thorough=False)
        ratios.append(disagreement(LENS, found.lens).rms_px / found.map_spread_px)
    assert 0.6 < float(np.sqrt(np.mean(np.square(ratios)))) < 1.5
