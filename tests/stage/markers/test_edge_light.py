"""Edges found again in light lie where the paper's are, however wide the lens spreads them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.sim.optics import Optics
from openset.sim.prints import Sheet, tag_sheet
from openset.sim.sightings import Look, picture, still, tag_corners
from openset.stage.markers.edge import outward
from openset.stage.markers.edge_light import _relit, relit, warm_up
from openset.stage.markers.model import SeenTag

OPTICS = Optics(400, 300, 500.0, 200.0, 150.0)
EYE, STRAIGHT = np.zeros(3), np.eye(3)
LOOK = Look(0.7, 2.0, None, 0.0, 0.0)


def hung(tilt_rad: float = 0.3) -> Sheet:
    turn = np.array(
        [
            [np.cos(tilt_rad), 0.0, np.sin(tilt_rad)],
            [0.0, 1.0, 0.0],
            [-np.sin(tilt_rad), 0.0, np.cos(tilt_rad)],
        ]
    )
    roll = np.array([[np.cos(0.2), -np.sin(0.2), 0.0], [np.sin(0.2), np.cos(0.2), 0.0], [0, 0, 1]])
    return tag_sheet(11, 0.2, np.array([0.02, 0.01, -1.1]), turn @ roll)


def seen(look: Look, push_px: float) -> tuple[np.ndarray, np.ndarray]:
    """The corners found from ones that were pushed aside, and the true ones."""
    sheet = hung()
    luma = picture(OPTICS, still(EYE, STRAIGHT), [sheet], look, np.random.default_rng(5))
    truth = tag_corners(OPTICS, EYE, STRAIGHT, sheet)
    middle = truth.mean(axis=0)
    pushed = truth + push_px * np.sign(truth - middle)
    (found,) = relit([SeenTag(11, pushed)], luma)
    return found.corners_px, truth


@pytest.mark.parametrize("blur_px", [0.5, 0.7, 1.5, 2.5])
@pytest.mark.parametrize("push_px", [-1.0, 0.0, 0.8])
def test_corners_come_to_the_true_ones_from_a_pixel_off(blur_px: float, push_px: float) -> None:
    found, truth = seen(replace(LOOK, blur_px=blur_px), push_px)
    assert np.abs(found - truth).max() < 0.08


def test_a_dim_tag_is_as_true_as_a_bright_one() -> None:
    sheet = hung()
    luma = picture(OPTICS, still(EYE, STRAIGHT), [sheet], LOOK, np.random.default_rng(5))
    truth = tag_corners(OPTICS, EYE, STRAIGHT, sheet)
    (found,) = relit([SeenTag(11, truth - 0.5)], luma // 2)
    assert np.abs(found.corners_px - truth).max() < 0.06


def test_burnt_out_paper_moves_all_four_edges_in_alike() -> None:
    sheet = hung()
    luma = picture(OPTICS, still(EYE, STRAIGHT), [sheet], LOOK, np.random.default_rng(5))
    truth = tag_corners(OPTICS, EYE, STRAIGHT, sheet)
    burnt = 255.0 * np.minimum(3.0 * (luma / 255.0) ** 2.2, 1.0) ** (1 / 2.2)
    (found,) = relit([SeenTag(11, truth)], np.rint(burnt).astype(np.uint8))
    push = outward(truth[None])[0]
    edge_px = float((found.corners_px - truth).ravel() @ push.ravel() / (push.ravel() @ push.ravel()))
    assert -0.7 < edge_px < -0.3
    assert np.abs(found.corners_px - edge_px * push - truth).max() < 0.05


def test_a_tag_whose_edges_are_not_there_keeps_its_corners() -> None:
    corners = np.array([[20.0, 20.0], [60.0, 20.0], [60.0, 60.0], [20.0, 60.0]])
    for luma in (np.full((90, 90), 130, np.uint8), np.zeros((50, 50), np.uint8)):
        (found,) = relit([SeenTag(3, corners)], luma)
        np.testing.assert_array_equal(found.corners_px, corners)


@pytest.mark.parametrize("roll_rad", [0.0, 0.2])
@pytest.mark.parametrize("border_px", [4.2, 6.0])
def test_a_large_tag_beside_the_pictures_border_is_as_true_as_another(
    border_px: float, roll_rad: float
) -> None:
    turn = np.array(
        [
            [np.cos(roll_rad), -np.sin(roll_rad), 0.0],
            [np.sin(roll_rad), np.cos(roll_rad), 0.0],
            [0.0, 0.0, 1.0],
        ]
    )
    middle = tag_sheet(11, 0.2, np.array([0.0, 0.0, -1.0]), turn)
    right = border_px - tag_corners(OPTICS, EYE, STRAIGHT, middle)[:, 0].min()
    sheet = replace(middle, position_m=np.array([right / OPTICS.f_px, 0.0, -1.0]))
    truth = tag_corners(OPTICS, EYE, STRAIGHT, sheet)
    assert truth[:, 0].min() == pytest.approx(border_px)
    luma = picture(OPTICS, still(EYE, STRAIGHT), [sheet], LOOK, np.random.default_rng(5))
    (found,) = relit([SeenTag(11, truth + 0.4 * np.sign(truth.mean(axis=0) - truth))], luma)
    assert np.abs(found.corners_px - truth).max() < 0.06


def test_a_tag_whose_edge_is_covered_is_left_out_where_others_hold_the_pose() -> None:
    one, other = (
        tag_sheet(number, 0.12, np.array([x, 0.0, -1.1]), np.eye(3))
        for number, x in ((4, -0.2), (5, 0.05))
    )
    third = tag_sheet(6, 0.12, np.array([0.25, 0.0, -1.1]), np.eye(3))
    sheets = [one, other, third]
    luma = picture(OPTICS, still(EYE, STRAIGHT), sheets, LOOK, np.random.default_rng(5))
    truth = [tag_corners(OPTICS, EYE, STRAIGHT, sheet) for sheet in sheets]
    left, top = np.rint(truth[1].min(axis=0)).astype(int)
    luma[top - 6 : top + 6, left - 8 : left + 70] = 24
    tags = [SeenTag(sheet.id, corners) for sheet, corners in zip(sheets, truth, strict=True)]
    assert [tag.id for tag in relit(tags, luma)] == [4, 6]
    (alone,) = relit([tags[1]], luma)
    np.testing.assert_array_equal(alone.corners_px, truth[1])


def test_a_thumb_over_a_part_of_an_edge_hardly_moves_it() -> None:
    sheet = hung()
    luma = picture(OPTICS, still(EYE, STRAIGHT), [sheet], LOOK, np.random.default_rng(5))
    truth = tag_corners(OPTICS, EYE, STRAIGHT, sheet)
    x, y = np.rint(0.7 * truth[0] + 0.3 * truth[1]).astype(int)
    luma[y - 4 : y + 12, x - 7 : x + 7] = 150
    (found,) = relit([SeenTag(11, truth + 0.3)], luma)
    assert np.abs(found.corners_px - truth).max() < 0.15


def test_no_picture_waits_for_the_compiler_whatever_memory_it_lies_in() -> None:
    warm_up()
    before = list(_relit.signatures)
    assert before
    sheet = hung()
    luma = picture(OPTICS, still(EYE, STRAIGHT), [sheet], LOOK, np.random.default_rng(5))
    tags = [SeenTag(11, tag_corners(OPTICS, EYE, STRAIGHT, sheet))]
    wide = np.repeat(luma, 2, axis=1)[:, ::2]
    locked = luma.copy()
    locked.flags.writeable = False
    for each in (luma, wide, locked):
        relit(tags, each)
    assert _relit.signatures == before
