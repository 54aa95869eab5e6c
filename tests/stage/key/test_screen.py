"""The clean plate from the frame: found, filled, and not fooled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from openset.primitives.colour import yuv420_from_rgb
from openset.stage.key.screen import choose_key, estimate_plate, factor_for, fill, shrink
from openset.stage.key.settings import KeySettings

SETTINGS = KeySettings()
BLUE = (52, 84, 170)


def test_the_plate_behind_the_subject_is_close_to_the_bare_screen(shot_of: Callable[..., Any]) -> None:
    shot = shot_of()
    plate = estimate_plate(shot.picture, SETTINGS)
    truth = shrink(shot.bare, plate.factor)
    wrong = np.abs(plate.linear[1] / truth[1] - 1)
    assert plate.key == "green"
    assert np.median(wrong) < 0.04
    assert np.percentile(wrong, 98) < 0.25


def test_a_blue_screen_is_found_by_itself(shot_of: Callable[..., Any]) -> None:
    assert estimate_plate(shot_of(colour=BLUE).picture, SETTINGS).key == "blue"


def test_the_setting_overrules_the_picture(shot_of: Callable[..., Any]) -> None:
    low = shrink(shot_of().picture, 4)
    assert choose_key(low, KeySettings(screen="blue")) == "blue"


def test_a_picture_without_a_screen_has_no_coverage() -> None:
    grey = yuv420_from_rgb(np.full((3, 64, 96), 120, np.uint8))
    plate = estimate_plate(grey, SETTINGS)
    assert plate.coverage == 0.0
    assert not plate.sure.any()


def test_subject_cells_are_never_sure_screen(shot_of: Callable[..., Any]) -> None:
    shot = shot_of()
    plate = estimate_plate(shot.picture, SETTINGS)
    rows, cells = plate.sure.shape
    low = shot.matte[: rows * 4, : cells * 4].reshape(rows, 4, cells, 4).mean((1, 3))
    assert not plate.sure[low > 0.9].any()
    assert plate.sure[low < 0.01].mean() > 0.97


def test_a_dark_hair_by_the_subject_is_not_taken_into_the_plate_and_a_seam_further_out_is() -> None:
    planes = np.tile(np.array((62, 165, 78), np.uint8)[:, None, None], (1, 720, 1280))
    bare = estimate_plate(yuv420_from_rgb(planes), SETTINGS).linear[1].mean()
    planes[:, :, 640:646] = (planes[:, :, 640:646] * 0.75).astype(np.uint8)
    planes[:, 400:, 560:720] = 60
    plate = estimate_plate(yuv420_from_rgb(planes), SETTINGS)
    assert plate.linear[1, 97:99, 160].min() > 0.92 * bare
    assert plate.linear[1, 30:60, 160].max() < 0.75 * bare


def test_a_step_in_the_cloth_stays_a_step() -> None:
    planes = np.tile(np.array((62, 165, 78), np.uint8)[:, None, None], (1, 180, 320))
    planes[:, 100:] = (planes[:, 100:] * 0.8).astype(np.uint8)
    plate = estimate_plate(yuv420_from_rgb(planes), SETTINGS)
    picture = plate.picture[1]
    assert (plate.difference <= 1.02 * np.maximum(picture, 0)).all()
    assert plate.linear[1, 20, 40] > 1.4 * plate.linear[1, 30, 40]


def test_fill_keeps_what_is_known_and_reaches_everywhere() -> None:
    rng = np.random.default_rng(1)
    plane = rng.random((1, 23, 37)).astype(np.float32) + 1
    weight = (rng.random((23, 37)) > 0.8).astype(np.float32)
    out = fill(plane, weight)
    assert out[0][weight == 1] == pytest.approx(plane[0][weight == 1], abs=1e-6)
    assert out.min() >= plane[0][weight == 1].min() - 1e-5
    assert out.max() <= plane[0][weight == 1].max() + 1e-5


def test_shrink_takes_the_mean_of_each_cell_even_at_the_rim() -> None:
    planes = np.full((3, 30, 50), 128, np.uint8)
    low = shrink(yuv420_from_rgb(planes), 4)
    assert low.shape == (3, 8, 13)
    assert low == pytest.approx(np.full_like(low, (128 / 255) ** 2), abs=0.005)


def test_wide_pictures_use_larger_cells() -> None:
    assert (factor_for(1920), factor_for(3840)) == (4, 8)
