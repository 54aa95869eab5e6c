"""The simulated plate and its truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from openset.primitives.colour import srgb_decode
from openset.sim.motion import camera_at
from openset.sim.optics import project
from openset.sim.picture import Studio, render
from openset.sim.room import SPILL_LINEAR


def test_the_truth_lies_between_nothing_and_all(small_studio: Studio) -> None:
    picture = small_studio.render(0)
    assert picture.rgb.shape == (3, 180, 320)
    assert picture.alpha.min() == 0.0
    assert picture.alpha.max() == 1.0
    assert ((picture.screen >= 0) & (picture.screen <= 1)).all()
    assert (picture.alpha + picture.screen <= 1.001).all()
    assert picture.foreground.min() >= 0.0


def test_frames_come_out_the_same_in_any_order_and_from_a_new_studio(small_studio: Studio) -> None:
    late, early = small_studio.render(7), small_studio.render(2)
    again = render(small_studio.plan, 7)
    assert np.array_equal(late.rgb, again.rgb)
    assert np.array_equal(late.alpha, again.alpha)
    assert np.array_equal(early.rgb, small_studio.render(2).rgb)


def test_where_the_figure_covers_all_the_picture_is_figure_plus_green_spill(
    small_studio: Studio,
) -> None:
    picture = small_studio.render(3)
    solid = picture.alpha > 0.999
    linear = srgb_decode(picture.rgb.astype(np.float64) / 255.0)
    added = (linear - picture.foreground)[:, solid].mean(axis=1)
    share = added / np.array(SPILL_LINEAR)
    assert (share > 0.02).all()
    assert (share < 0.22).all()


def test_where_there_is_no_figure_the_picture_is_green_cloth(small_studio: Studio) -> None:
    picture = small_studio.render(3)
    cloth = (picture.screen > 0.999) & (picture.alpha == 0.0)
    red, green, blue = picture.rgb[:, cloth].astype(float).mean(axis=1)
    assert cloth.mean() > 0.6
    assert green > 1.7 * max(red, blue)


def test_the_figure_stands_on_the_mark_its_own_optics_name(small_studio: Studio) -> None:
    plan = small_studio.plan
    camera = camera_at(plan, plan.frame_time_s(5))
    ends = np.array([[0.0, 0.0, 1.72], [0.0, 0.0, 0.0]])
    (head_x, head_y), (_, foot_y) = project(
        plan.optics, np.array(camera.position_m), camera.rotation, ends
    )
    alpha = small_studio.render(5).alpha
    rows = np.flatnonzero(alpha.max(axis=1) > 0.9)
    assert abs(rows[0] - head_y) < 3
    assert abs(rows[-1] - foot_y) < 6
    crown = np.flatnonzero(alpha[rows[0] + 1] > 0.5)
    assert abs(crown.mean() - head_x) < 4


def test_the_veil_and_the_hair_leave_pixels_between_figure_and_cloth(small_studio: Studio) -> None:
    alpha = small_studio.render(0).alpha
    mixed = (alpha > 0.1) & (alpha < 0.9)
    assert mixed.sum() > 0.15 * (alpha >= 0.9).sum()


def test_a_slower_shutter_blurs_the_arm_and_keeps_its_amount(small_studio: Studio) -> None:
    plan = replace(small_studio.plan, handheld=0.0)
    sharp, smeared = Studio(replace(plan, shutter_s=0.001)), Studio(replace(plan, shutter_s=0.04))
    differences = []
    for index in range(0, plan.frame_count, 3):
        crisp, soft = sharp.render(index).alpha, smeared.render(index).alpha
        assert abs(soft.sum() / crisp.sum() - 1) < 0.02
        differences.append(np.abs(soft - crisp).max())
    assert max(differences) > 0.3


def test_noise_grows_with_light_as_the_sensor_says(small_studio: Studio) -> None:
    plan = small_studio.plan
    noisy = small_studio.render(0)
    clean = Studio(replace(plan, noise_gain=0.0, noise_read=0.0)).render(0)
    cloth = (noisy.screen > 0.999) & (noisy.alpha == 0.0)
    light = [srgb_decode(p.rgb[1][cloth].astype(np.float64) / 255.0) for p in (noisy, clean)]
    measured = float(np.std(light[0] - light[1]))
    expected = float(np.sqrt(plan.noise_gain * light[1].mean() + plan.noise_read**2))
    assert abs(measured / expected - 1) < 0.15


def test_where_the_cloth_ends_the_truth_says_so(small_studio: Studio) -> None:
    plan = replace(small_studio.plan, cloth_ends=True, camera_from_m=(-0.9, -4.3, 1.5))
    picture = Studio(plan).render(0)
    beside = (picture.alpha == 0.0) & (picture.screen < 0.01)
    assert 0.01 < beside.mean() < 0.4
    red, green, _ = picture.rgb[:, beside].astype(float).mean(axis=1)
    assert abs(red - green) < 12
