"""The blocks hold their numbers at the places frame.wgsl and warp.wgsl read them from."""

from __future__ import annotations

import numpy as np

from openset.primitives.space import look_at
from openset.stage.lens.model import pinhole, project
from openset.stage.render.matrices import straight_view
from openset.stage.render.probes import LightGrid
from openset.stage.render.uniforms import (
    FRAME_FLOATS,
    MOST_SUNS,
    brightest,
    grid_texels,
    lamp_table,
    light_block,
    put_box,
    put_camera,
    put_grid,
    warp_block,
)
from openset.stage.scene.model import Lamp, Sun

LENS = pinhole(641, 360, 24.0, 24.0)


def test_the_camera_block_projects_a_point_seen_from_the_eye() -> None:
    pose = look_at((1.0, -4.0, 1.5), (0.0, 0.0, 1.0))
    block = light_block((), 0, 6, np.zeros((9, 3)))
    put_camera(block, straight_view(LENS, (1280, 720)), pose)
    point = np.array([0.4, 0.3, 0.9])
    clip = block[:16].reshape(4, 4).T @ np.r_[point - pose.position_m, 1.0]
    found = (clip[0] / clip[3] + 1) / 2 * 641, (1 - clip[1] / clip[3]) / 2 * 360
    wanted = project(LENS, (point - pose.position_m) @ pose.matrix[:3, :3])
    np.testing.assert_allclose(found, wanted, atol=1e-3)
    np.testing.assert_allclose(block[16:19], pose.position_m)


def test_lights_and_counts_stand_where_the_shader_reads_them() -> None:
    terms = np.arange(27, dtype=float).reshape(9, 3)
    block = light_block((Sun((0.0, 0.0, 2.0), (1, 2, 3)),), 5, 6, terms)
    np.testing.assert_allclose(block[32:68].reshape(9, 4)[:, :3], terms / np.pi, rtol=1e-6)
    assert block[68:76].tolist() == [0, 0, 1, 0, 1, 2, 3, 0]
    assert block[340:344].view(np.uint32).tolist() == [1, 5, 3, 6]
    assert len(block) == FRAME_FLOATS


def test_a_grid_of_light_is_laid_side_on_side() -> None:
    light = np.arange(6 * 2 * 3 * 5 * 4, dtype=np.float32).reshape(6, 2, 3, 5, 4)
    grid = LightGrid((1.0, 2.0, 3.0), 0.5, light)
    block = light_block((), 0, 6, np.zeros((9, 3)))
    put_grid(block, 1, grid)
    assert block[352:360].tolist() == [1.0, 2.0, 3.0, 0.5, 5.0, 3.0, 2.0, 0.0]
    texels = grid_texels(grid)
    assert texels.shape == (12, 3, 5, 4)
    np.testing.assert_array_equal(texels[3], light[1, 1].astype(np.float16))


def test_a_shadow_box_is_written_column_by_column() -> None:
    block = light_block((), 0, 6, np.zeros((9, 3)))
    put_box(block, 2, np.arange(16.0).reshape(4, 4), 0.01, 33.0)
    row = block[140:160]
    assert row[:4].tolist() == [0, 4, 8, 12]
    np.testing.assert_allclose(row[16:18], [0.01, 33.0])


def test_only_the_brightest_suns_are_kept() -> None:
    suns = [Sun((0, 0, 1), (k, k, k)) for k in range(6)]
    assert [sun.irradiance[0] for sun in brightest(suns)] == [5, 4, 3, 2]
    assert len(brightest(suns)) == MOST_SUNS


def test_a_set_without_lamps_still_has_a_row_to_bind() -> None:
    assert lamp_table(()).shape == (1, 8)
    row = lamp_table((Lamp((1, 2, 3), (4, 5, 6), 0.5),))[0]
    assert row.tolist() == [1, 2, 3, 0.5, 4, 5, 6, 0]


def test_the_warp_block_counts_words_that_hold_four_pixels() -> None:
    block = warp_block(LENS, straight_view(LENS, (1280, 720)), 2.0)
    assert block.view(np.uint32)[:4].tolist() == [641, 360, 161, 0]
    assert block[5:].tolist() == [2.0, 641.0, 360.0]
