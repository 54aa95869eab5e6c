"""The meaning of the key on colours whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.colour import rgb_from_yuv420, yuv420_from_rgb
from openset.primitives.image import Yuv420
from openset.stage.key.formula import (
    Screen,
    code_from_yuv,
    colour_difference,
    composite,
    matte_and_foreground,
    spill_scale,
    upsample_chroma,
    upsample_screen,
)
from openset.stage.key.settings import KeySettings

SETTINGS = KeySettings()


def screen_of(plate: tuple[float, float, float], cells: tuple[int, int], blue: bool = False) -> Screen:
    """A flat clean plate, linear, with its inverses; nothing forced solid or away."""
    planes = np.zeros((8, *cells), np.float32)
    planes[:3] = np.array(plate, np.float32)[:, None, None]
    planes[3] = 1 / colour_difference(planes[:3], SETTINGS.balance, blue)
    planes[5], planes[7] = 1, 1
    planes[4] = spill_scale(planes[:3], planes[5], SETTINGS, blue)
    return Screen("blue" if blue else "green", planes, 4)


def flat(rgb: tuple[int, int, int], size: tuple[int, int] = (16, 16)) -> Yuv420:
    return yuv420_from_rgb(np.tile(np.array(rgb, np.uint8)[:, None, None], (1, *size)))


@pytest.mark.parametrize("blue", [False, True])
def test_bare_screen_gives_way_to_the_background(blue: bool) -> None:
    code = (60, 90, 170) if blue else (62, 165, 78)
    picture = flat(code)
    screen = screen_of(tuple((np.array(code) / 255) ** 2), (4, 4), blue)
    background = np.full((3, 16, 16), 130, np.uint8)
    out, matte = composite(picture, background, screen, SETTINGS)
    assert matte.max() == 0
    assert np.abs(rgb_from_yuv420(out).astype(int) - 130).max() <= 1


@pytest.mark.parametrize("subject", [(200, 150, 120), (20, 18, 22), (235, 235, 235), (190, 30, 34)])
def test_a_subject_without_green_stays_as_it_is(subject: tuple[int, int, int]) -> None:
    screen = screen_of((0.06, 0.42, 0.09), (4, 4))
    out, matte = composite(flat(subject), np.zeros((3, 16, 16), np.uint8), screen, SETTINGS)
    assert matte.min() == 255
    assert np.abs(rgb_from_yuv420(out).astype(int) - np.array(subject)[:, None, None]).max() <= 2


def test_half_a_black_hair_over_the_screen_darkens_the_background_by_half_in_light() -> None:
    plate = np.array((0.06, 0.42, 0.09), np.float32)
    full = np.zeros((8, 1, 1), np.float32)
    full[:] = screen_of(tuple(plate), (1, 1)).planes
    plain = KeySettings(clip_black=0.0, clip_white=1.0)
    a, f = matte_and_foreground((0.5 * plate)[:, None, None], full, plain, False)
    assert a[0, 0] == pytest.approx(0.5, abs=1e-6)
    assert f.max() == pytest.approx(0.0, abs=1e-6)


def test_yellowish_spill_is_taken_off_red_as_well_as_green() -> None:
    plate = np.array((0.5, 1.0, 0.14), np.float32)
    full = screen_of(tuple(plate), (1, 1)).planes.copy()
    full[6] = 1
    skin = np.array((0.45, 0.26, 0.17), np.float32)
    _, clean = matte_and_foreground(skin[:, None, None], full, SETTINGS, False)
    _, spilled = matte_and_foreground((skin + 0.4 * plate)[:, None, None], full, SETTINGS, False)
    assert np.abs(clean[:, 0, 0] - skin).max() < 1e-6
    assert spilled[0, 0, 0] < 0.55
    assert spilled[1, 0, 0] < 0.45


def test_core_closes_the_matte_and_keep_clears_it() -> None:
    screen = screen_of((0.06, 0.42, 0.09), (4, 4))
    screen.planes[6, :, :2] = 1
    screen.planes[7, :, 3] = 0
    _, matte = composite(flat((62, 165, 78)), np.zeros((3, 16, 16), np.uint8), screen, SETTINGS)
    assert matte[:, 2].min() == 255
    _, matte = composite(flat((200, 150, 120)), np.zeros((3, 16, 16), np.uint8), screen, SETTINGS)
    assert matte[:, 14:].max() == 0


def test_chroma_is_sited_left_and_between_two_rows() -> None:
    plane = (np.arange(4, dtype=np.uint8) * 20 + 100)[None].repeat(3, 0)
    row = upsample_chroma(plane)[0] * 224 + 128
    assert row == pytest.approx([100, 110, 120, 130, 140, 150, 160, 160], abs=1e-3)
    column = upsample_chroma(plane.T.copy())[:, 0] * 224 + 128
    assert column == pytest.approx([100, 105, 115, 125, 135, 145, 155, 160], abs=1e-3)


def test_a_ramp_in_the_screen_stays_a_ramp_when_stretched() -> None:
    planes = np.zeros((8, 5, 6), np.float32)
    planes[0] = np.arange(6) * 4 + 1.5
    wide = upsample_screen(Screen("green", planes, 4), 22, 20)
    assert wide.shape == (8, 20, 22)
    assert wide[0, 7, 2:20] == pytest.approx(np.arange(2, 20), abs=1e-4)


def test_pictures_brighter_than_white_and_blacker_than_black_stay_finite() -> None:
    wild = Yuv420(
        np.array([[0, 255], [255, 0]], np.uint8), np.array([[255]], np.uint8), np.array([[0]], np.uint8)
    )
    assert np.isfinite(code_from_yuv(wild)).all()
    assert code_from_yuv(wild).min() >= 0
