"""The keyer on simulated cloth, and on the real clip where it is present."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from openset.primitives.colour import rgb_from_yuv420, yuv420_from_rgb
from openset.primitives.errors import BadInput
from openset.primitives.image import Yuv420, empty_yuv420
from openset.stage.key.keyer import Keyer
from openset.stage.key.report import KeyReport
from openset.stage.key.settings import KeySettings

BLUE = (52, 84, 170)


def run(keyer: Keyer, picture: Yuv420, grey: int = 100) -> tuple[KeyReport, np.ndarray, np.ndarray]:
    """(report, matte 0..1, composite R'G'B') over flat grey."""
    background = np.full((3, picture.height, picture.width), grey, np.uint8)
    out, matte = empty_yuv420(picture.width, picture.height), np.empty_like(picture.y)
    report = keyer.process(picture, background, out, matte)
    return report, matte.astype(np.float32) / 255, rgb_from_yuv420(out)


@pytest.mark.parametrize("colour", [(62, 165, 78), BLUE])
@pytest.mark.parametrize("subject", [(190, 140, 115), (30, 30, 34), (225, 225, 225), (128, 128, 128)])
def test_the_defaults_key_a_figure_before_an_uneven_cloth(
    shot_of: Callable[..., Any], colour: tuple[int, int, int], subject: tuple[int, int, int]
) -> None:
    shot = shot_of(colour=colour, subject=subject)
    report, matte, _ = run(Keyer(320, 180), shot.picture)
    assert np.abs(matte - shot.matte).mean() < 0.012
    assert matte[shot.matte < 0.001].mean() < 0.002
    assert matte[shot.matte > 0.999].mean() > 0.995
    assert report.score > 50


def test_a_captured_clean_plate_follows_the_light(shot_of: Callable[..., Any]) -> None:
    shot = shot_of()
    keyer = Keyer(320, 180)
    keyer.set_clean_plate(shot.bare)
    dimmed = Yuv420((shot.picture.y * 0.9 + 1.6).astype(np.uint8), shot.picture.u, shot.picture.v)
    report, matte, _ = run(keyer, dimmed)
    assert report.gain < 0.95
    assert matte[shot.matte < 0.001].mean() < 0.01


def test_a_solid_greenish_shirt_has_no_hole(shot_of: Callable[..., Any]) -> None:
    shot = shot_of(subject=(118, 130, 96), grain=0.003)
    solid = shot.matte > 0.999
    _, open_matte, _ = run(Keyer(320, 180, KeySettings(core=1.0)), shot.picture)
    _, matte, _ = run(Keyer(320, 180), shot.picture)
    assert matte[solid].mean() > open_matte[solid].mean()
    assert np.median(matte[solid]) == 1.0


def test_skin_keeps_its_colour(shot_of: Callable[..., Any]) -> None:
    shot = shot_of(subject=(214, 160, 132), grain=0.0)
    _, _, rgb = run(Keyer(320, 180), shot.picture)
    inside = np.median(rgb[:, shot.matte > 0.999], axis=1)
    assert np.abs(inside - (214, 160, 132)).max() <= 3


def test_nothing_of_the_last_frame_stays_when_the_camera_pans(shot_of: Callable[..., Any]) -> None:
    keyer = Keyer(320, 180)
    run(keyer, shot_of(at=0.35).picture)
    _, after, _ = run(keyer, shot_of(at=0.65).picture)
    _, fresh, _ = run(Keyer(320, 180), shot_of(at=0.65).picture)
    assert np.array_equal(after, fresh)


def test_a_wall_beside_the_cloth_is_not_subject(shot_of: Callable[..., Any]) -> None:
    shot = shot_of()
    planes = rgb_from_yuv420(shot.picture)
    planes[:, :, :60], planes[:, :, 270:] = 120, 90
    _, matte, _ = run(Keyer(320, 180), yuv420_from_rgb(planes))
    assert matte[:, :52].max() == 0.0
    assert matte[:, 280:].max() == 0.0
    assert matte[shot.matte > 0.999].mean() > 0.99


def test_a_thin_spot_inside_a_solid_subject_is_closed(shot_of: Callable[..., Any]) -> None:
    shot = shot_of(grain=0.0)
    planes = rgb_from_yuv420(shot.picture)
    planes[:, 60:84, 150:170] = np.array((150, 175, 150), np.uint8)[:, None, None]
    _, matte, _ = run(Keyer(320, 180), yuv420_from_rgb(planes))
    assert matte[66:78, 155:165].min() > 0.95


def test_a_gap_between_arm_and_body_stays_open(shot_of: Callable[..., Any]) -> None:
    shot = shot_of(grain=0.0)
    planes, bare = rgb_from_yuv420(shot.picture), rgb_from_yuv420(shot.bare)
    planes[:, 60:90, 150:174] = bare[:, 60:90, 150:174]
    _, matte, _ = run(Keyer(320, 180), yuv420_from_rgb(planes))
    assert matte[66:84, 156:168].max() < 0.1


def test_without_a_screen_everything_is_subject() -> None:
    picture = yuv420_from_rgb(np.full((3, 64, 96), 120, np.uint8))
    report, matte, rgb = run(Keyer(96, 64), picture, grey=10)
    assert report.score == 0
    assert matte.min() == 1.0
    assert np.abs(rgb.astype(int) - 120).max() <= 2


def test_the_clock_given_is_the_one_read(shot_of: Callable[..., Any]) -> None:
    ticks = iter([1_000_000, 8_500_000])
    keyer = Keyer(320, 180, clock=lambda: next(ticks))
    assert run(keyer, shot_of().picture)[0].ms == pytest.approx(7.5)


def test_a_picture_of_another_size_is_refused_with_both_sizes(shot_of: Callable[..., Any]) -> None:
    with pytest.raises(BadInput, match=r"320x180.*1280x720"):
        run(Keyer(1280, 720), shot_of().picture)


def test_the_real_clip_keys_with_the_defaults(shared_data: Path) -> None:
    clip = shared_data / "greenscreen" / "fight_green.mp4"
    with av.open(str(clip)) as container:
        frame = next(container.decode(video=0))
    data = frame.to_ndarray(format="yuv420p")
    h, w = frame.height, frame.width
    u, v = (data[h + i * h // 4 : h + (i + 1) * h // 4].reshape(h // 2, w // 2) for i in (0, 1))
    picture = Yuv420(data[:h].copy(), u.copy(), v.copy())
    report, matte, _ = run(Keyer(w, h), picture)
    assert report.screen_coverage > 0.85
    assert report.score > 60
    assert 0.05 < matte.mean() < 0.09
    assert (matte[:100] < 0.02).mean() > 0.999
