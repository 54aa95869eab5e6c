"""The gpu's projections put points where the lens model does; its shadow boxes hold what they must."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.primitives.space import Pose, look_at
from openset.stage.lens.model import Lens, pinhole, pixel_grid, project
from openset.stage.render.matrices import (
    ShadowBox,
    StraightView,
    clip_from_camera,
    clip_from_world_of,
    corner_rays,
    is_bent,
    shadow_middle,
    straight_view,
    sun_axes,
    warp_nodes,
)

PLAIN = pinhole(640, 360, 24.0, 24.0)
LIMIT = (1280, 720)


@st.composite
def lenses(draw: st.DrawFn) -> Lens:
    """Lenses as real ones are: a few per cent of distortion, an axis near the middle."""
    focal = draw(st.floats(12.0, 85.0))
    lens = pinhole(640, 360, focal, 24.0)
    reach = (24.0 / focal) ** 2 * 0.3  # so that distortion stays one-to-one over the picture
    return replace(
        lens,
        fy_px=lens.fy_px * draw(st.floats(0.95, 1.05)),
        cx_px=320.0 + draw(st.floats(-60.0, 60.0)),
        cy_px=180.0 + draw(st.floats(-40.0, 40.0)),
        k1=draw(st.floats(-0.08, 0.08)) / reach,
        k2=draw(st.floats(-0.02, 0.02)) / reach**2,
        p1=draw(st.floats(-0.003, 0.003)),
        p2=draw(st.floats(-0.003, 0.003)),
    )


def pixels_through(matrix: np.ndarray, view: StraightView, points: np.ndarray) -> np.ndarray:
    """Camera points (n, 3) to pixels by way of clip space."""
    clip = np.c_[points, np.ones(len(points))] @ matrix.T
    ndc = clip[:, :2] / clip[:, 3:]
    return np.stack(
        [(ndc[:, 0] + 1) / 2 * view.width_px, (1 - ndc[:, 1]) / 2 * view.height_px], axis=-1
    )


POINTS = np.array([[0.3, -0.2, -1.0], [-2.0, 1.0, -5.0], [40.0, 20.0, -100.0], [0.0, 0.0, -0.06]])


def test_clip_space_agrees_with_the_pinhole_to_a_billionth_of_a_pixel() -> None:
    lens = replace(PLAIN, cx_px=301.5, cy_px=190.25, fy_px=655.0)
    view = straight_view(lens, LIMIT)
    found = pixels_through(clip_from_camera(view, 0.05), view, POINTS)
    np.testing.assert_allclose(found, project(lens, POINTS), atol=1e-9)


def test_depth_is_one_at_the_near_plane_and_falls_to_zero_without_end() -> None:
    matrix = clip_from_camera(straight_view(PLAIN, LIMIT), 0.05)
    clip = np.array([[0, 0, -0.05, 1], [0, 0, -1, 1], [0, 0, -1e6, 1]]) @ matrix.T
    np.testing.assert_allclose(clip[:, 2] / clip[:, 3], [1.0, 0.05, 5e-8], rtol=1e-9)


def test_a_lens_without_distortion_is_rendered_as_it_is() -> None:
    view = straight_view(PLAIN, LIMIT)
    assert (view.width_px, view.height_px, view.cx_px) == (640, 360, 320.0)
    assert not is_bent(PLAIN)
    assert is_bent(replace(PLAIN, p2=1e-4))


@settings(max_examples=40, deadline=None)
@given(lenses())
def test_every_pixel_of_the_camera_lies_in_the_straight_picture(lens: Lens) -> None:
    view = straight_view(lens, LIMIT)
    nodes = warp_nodes(lens, view, 8).reshape(-1, 2)
    grid = pixel_grid(lens.width_px // 8, lens.height_px // 8)
    inside = nodes.reshape(-(-lens.height_px // 8) + 1, -1, 2)[: grid.shape[0], : grid.shape[1]]
    assert inside.min() > -0.01
    far_corner = np.array([view.width_px, view.height_px])
    assert np.all(inside.reshape(-1, 2).max(axis=0) < far_corner + 0.01)


@settings(max_examples=40, deadline=None)
@given(lenses())
def test_the_nodes_lead_from_the_distorted_pixel_to_the_straight_one(lens: Lens) -> None:
    view = straight_view(lens, LIMIT)
    nodes = warp_nodes(lens, view, 8)
    points = np.array([[0.3, -0.15, -1.0], [-0.2, 0.1, -1.0]]) * [24.0 / lens.focal_length_mm] * 0.9
    points[:, 2] = -1.0
    seen = project(lens, points)
    straight = pixels_through(clip_from_camera(view, 0.05), view, points)
    for pixel, wanted in zip(seen / 8.0, straight, strict=True):
        x, y = np.floor(pixel).astype(int)
        fx, fy = pixel - [x, y]
        block = nodes[y : y + 2, x : x + 2].astype(np.float64)
        upper = block[0, 0] * (1 - fx) + block[0, 1] * fx
        lower = block[1, 0] * (1 - fx) + block[1, 1] * fx
        assert np.abs(upper * (1 - fy) + lower * fy - wanted).max() < 0.1


def test_a_lens_that_bends_without_end_is_rendered_within_the_limit() -> None:
    fisheye = replace(PLAIN, fx_px=180.0, fy_px=180.0, k1=-0.35, k2=0.05)
    view = straight_view(fisheye, LIMIT)
    assert view.width_px <= LIMIT[0]
    assert view.height_px <= LIMIT[1]


def test_corner_rays_look_through_the_corners_of_the_picture() -> None:
    pose = look_at((1.0, 2.0, 3.0), (4.0, 7.0, 2.0))
    view = straight_view(PLAIN, LIMIT)
    corner, across, down = corner_rays(view, pose)
    seen = np.array([corner, corner + across + down]) @ pose.matrix[:3, :3]
    np.testing.assert_allclose(project(PLAIN, seen), [[0.0, 0.0], [640.0, 360.0]], atol=1e-9)


def test_a_shadow_box_is_square_to_its_sun_and_spans_the_whole_set() -> None:
    box = ShadowBox((0.6, 0.0, 0.8), (1.0, 2.0, 0.0), 5.0)
    low, high = np.array([-20.0, -20.0, -1.0]), np.array([20.0, 20.0, 8.0])
    clip, depth_m = clip_from_world_of(box, low, high)
    corners = np.array([[x, y, z, 1] for x in (-20, 20) for y in (-20, 20) for z in (-1, 8)])
    depths = (corners @ clip.T)[:, 2]
    assert 0.0 < depths.min() < depths.max() < 1.0
    assert depth_m > 30.0
    nearer = clip @ np.array([1.0 + 0.6, 2.0, 0.8, 1.0])
    middle = clip @ np.array([1.0, 2.0, 0.0, 1.0])
    np.testing.assert_allclose(middle[:2], 0.0, atol=1e-12)
    np.testing.assert_allclose(nearer[:2], 0.0, atol=1e-12)
    assert nearer[2] > middle[2]  # towards the sun is towards 1


def test_sun_axes_are_square_even_straight_overhead() -> None:
    for towards in ((0.0, 0.0, 1.0), (0.1, -0.9, 0.3)):
        axes = sun_axes(towards)
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)


def test_a_box_lies_ahead_of_the_camera_and_holds_it_until_it_walks() -> None:
    pose = Pose((0.0, 0.0, 1.5), look_at((0, 0, 0), (0, 1, 0)).rotation_wxyz)
    middle = shadow_middle(np.array(pose.position_m), np.array([0.0, 1.0, 0.0]), 10.0, 2048)
    box = ShadowBox((0.0, 0.0, 1.0), middle, 10.0)
    assert 5.5 < middle[1] < 6.5
    assert box.holds(np.array([0.0, 6.0, 0.0]), 0.35)
    assert not box.holds(np.array([0.0, 12.0, 0.0]), 0.35)
