"""The cpu back end against the same look-up written plainly, and against known directions."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from openset.primitives.errors import BadInput
from openset.primitives.space import Pose, look_at, pose_from_pan_tilt_roll
from openset.stage.lens.model import Lens, pinhole, pixel_grid, project, rays
from openset.stage.render.panorama import ALONE_PIXELS, PanoramaRenderer
from openset.stage.scene.dome import directions_of, pixels_of

LENS = replace(pinhole(160, 90, 24.0, 36.0), k1=-0.12, k2=0.03, p1=0.002, cx_px=83.0)


def smooth_panorama(height: int = 128) -> npt.NDArray[np.uint8]:
    x, y = np.meshgrid(np.arange(2 * height), np.arange(height))
    wave = np.sin(2 * np.pi * 3 * x / (2 * height)) * np.sin(np.pi * y / height)
    planes = [127 + 100 * wave, 255 * y / height, 127 + 100 * np.cos(2 * np.pi * x / (2 * height))]
    return np.stack(planes).astype(np.uint8)


def plainly(panorama: npt.NDArray[np.uint8], pose: Pose, lens: Lens) -> npt.NDArray[np.float64]:
    """The same picture in float64 numpy: what the kernel must agree with."""
    height, width = panorama.shape[1:]
    looks = rays(lens, pixel_grid(lens.width_px, lens.height_px)) @ pose.matrix[:3, :3].T
    at = pixels_of(looks, width, height) - 0.5
    x0 = np.floor(at[..., 0]).astype(int)
    y = np.clip(at[..., 1], 0, height - 1)
    y0 = np.minimum(np.floor(y).astype(int), height - 1)
    fx, fy = at[..., 0] - x0, y - y0
    y1 = np.minimum(y0 + 1, height - 1)
    rows = panorama[:, y0, x0 % width] * (1 - fx) + panorama[:, y0, (x0 + 1) % width] * fx
    below = panorama[:, y1, x0 % width] * (1 - fx) + panorama[:, y1, (x0 + 1) % width] * fx
    return np.asarray(rows * (1 - fy) + below * fy)


@pytest.mark.parametrize("pan", [0.0, 1.3, 3.14159, -2.0])
@pytest.mark.parametrize("tilt", [0.0, 0.5, -1.2, 1.4])
def test_every_pixel_agrees_with_the_plain_look_up(pan: float, tilt: float) -> None:
    panorama = smooth_panorama()
    pose = pose_from_pan_tilt_roll((1.0, 2.0, 3.0), pan, tilt, 0.2)
    seen = PanoramaRenderer(panorama).render(pose, LENS)
    assert np.abs(seen - plainly(panorama, pose, LENS)).max() <= 2.0


@pytest.mark.parametrize(("column", "row"), [(512, 256), (700, 200), (3, 300), (1020, 240)])
def test_a_spot_in_the_panorama_lands_where_the_lens_projects_it(column: int, row: int) -> None:
    panorama = np.zeros((3, 512, 1024), np.uint8)
    panorama[:, row, column] = 255
    direction = directions_of(np.array([column + 0.5, row + 0.5]), 1024, 512)
    aim = direction + np.array([0.08, -0.05, 0.06])
    lens = replace(LENS.scaled_to(640, 360), cx_px=331.0)
    pose = look_at((0.0, 0.0, 0.0), (float(aim[0]), float(aim[1]), float(aim[2])))
    in_camera = pose.matrix[:3, :3].T @ direction
    seen = PanoramaRenderer(panorama).render(pose, lens)[1].astype(float)
    middle = (seen[..., None] * pixel_grid(640, 360)).sum(axis=(0, 1)) / seen.sum()
    assert np.linalg.norm(middle - project(lens, in_camera)) < 0.3


def test_the_seam_behind_the_camera_cannot_be_seen() -> None:
    panorama = smooth_panorama()
    behind = PanoramaRenderer(panorama).render(look_at((0, 0, 0), (0.0, -1.0, 0.0)), LENS)
    step = np.abs(np.diff(behind.astype(int), axis=2))
    assert step.max() <= 4


def test_straight_up_and_straight_down_hold_no_hole() -> None:
    grey = np.full((3, 64, 128), 90, np.uint8)
    for tilt in (np.pi / 2, -np.pi / 2):
        pose = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.0, tilt, 0.0)
        assert np.all(PanoramaRenderer(grey).render(pose, LENS) == 90)


@pytest.mark.parametrize("size", [(160, 90), (1920, 1080)])
def test_a_pose_or_lens_that_is_no_number_gives_a_picture_and_no_crash(size: tuple[int, int]) -> None:
    grey = np.full((3, 64, 128), 90, np.uint8)
    lens = pinhole(*size, 24.0, 36.0)
    renderer = PanoramaRenderer(grey)
    nowhere = Pose((0.0, 0.0, 0.0), (float("nan"), 0.0, 0.0, 0.0))
    assert np.all(renderer.render(nowhere, lens) == 90)


def test_threads_share_the_rows_of_a_large_picture_and_change_nothing() -> None:
    panorama = smooth_panorama(256)
    large = replace(LENS.scaled_to(1600, 900), cx_px=810.0)
    pose = pose_from_pan_tilt_roll((1.0, 2.0, 3.0), 3.1, 0.7, 0.2)
    assert large.width_px * large.height_px > ALONE_PIXELS
    seen = PanoramaRenderer(panorama).render(pose, large)
    assert np.abs(seen - plainly(panorama, pose, large)).max() <= 2.0


TWO_AT_ONCE = """
import threading
import numpy as np
from openset.primitives.space import look_at
from openset.stage.lens.model import pinhole
from openset.stage.render.panorama import PanoramaRenderer

def draw():
    renderer = PanoramaRenderer(np.full((3, 256, 512), 90, np.uint8))
    for _ in range(20):
        renderer.render(look_at((0.0, 0.0, 0.0), (0.0, 1.0, 0.0)), pinhole(1280, 720, 24.0, 36.0))

both = [threading.Thread(target=draw) for _ in range(2)]
for thread in both:
    thread.start()
for thread in both:
    thread.join()
"""


def test_two_may_draw_at_once_where_numba_has_only_its_own_threads() -> None:
    """Without libgomp a second caller of a parallel kernel would end the process."""
    environment = {**os.environ, "NUMBA_THREADING_LAYER": "workqueue"}
    ended = subprocess.run([sys.executable, "-c", TWO_AT_ONCE], env=environment, capture_output=True)
    assert ended.returncode == 0, ended.stderr


def test_a_linear_panorama_is_exposed_once_and_shown_encoded() -> None:
    linear = np.full((32, 64, 3), 0.09, np.float32)
    seen = PanoramaRenderer(linear, exposure_ev=1.0).render(look_at((0, 0, 0), (0.0, 1.0, 0.0)), LENS)
    assert np.all(seen == 118)  # 18 % grey in sRGB


def test_the_picture_is_written_where_it_is_wanted() -> None:
    out = np.zeros((3, 90, 160), np.uint8)
    renderer = PanoramaRenderer(smooth_panorama())
    assert renderer.render(look_at((0, 0, 0), (0.0, 1.0, 0.0)), LENS, out) is out
    assert out.max() > 0
    renderer.close()


def test_a_panorama_of_another_shape_is_refused() -> None:
    with pytest.raises(BadInput, match="twice as wide"):
        PanoramaRenderer(np.zeros((3, 64, 100), np.uint8))
