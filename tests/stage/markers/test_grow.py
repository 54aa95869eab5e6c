"""A first map, from tag to camera to tag."""

from __future__ import annotations

import numpy as np

from openset.sim.walks import stage_round, stage_set
from openset.stage.markers.grow import (
    Look,
    camera_from_tags,
    corners_on_stage,
    groups_of,
    grow,
    look_at_tag,
    misfit,
    tag_from_cameras,
)

from .walked import lens_of, seen_on

LENS = lens_of()
SHEETS = {each.id: each for each in stage_set(3)}
PATH = stage_round(3)
TIMES = np.arange(8) * 3.0
FRAMES = seen_on(PATH, tuple(SHEETS.values()), TIMES, sd_px=0.0)
TRUTH = {each: sheet.stage_from_print for each, sheet in SHEETS.items()}
SIZES = dict.fromkeys(SHEETS, 0.2)


def _looks() -> list[Look]:
    return [
        look_at_tag(index, tag.id, tag.corners_px, LENS, 0.2)
        for index, frame in enumerate(FRAMES)
        for tag in frame
    ]


def test_one_look_at_a_tag_offers_the_pose_it_has() -> None:
    """With corners free of noise the better of the two poses is the true one."""
    look = _looks()[0]
    eye, rotation = PATH.at(0.0)
    wanted = np.eye(4)
    wanted[:3, :3] = rotation.T @ SHEETS[look.id].rotation
    wanted[:3, 3] = rotation.T @ (SHEETS[look.id].position_m - eye)
    np.testing.assert_allclose(look.poses[0], wanted, atol=1e-5)


def test_a_tag_seen_flat_on_from_far_away_is_not_clear() -> None:
    random = np.random.default_rng(1)
    square = np.array([[955.0, 532.0], [972.0, 532.0], [972.0, 549.0], [955.0, 549.0]])
    assert not look_at_tag(0, 1, square + random.normal(0.0, 0.1, (4, 2)), LENS, 0.2).clear


def test_corners_that_are_no_square_offer_nothing_or_something_finite() -> None:
    look = look_at_tag(0, 1, np.zeros((4, 2)), LENS, 0.2)
    assert all(np.isfinite(each).all() for each in look.poses)


def test_everything_grows_from_one_tag() -> None:
    grown = grow(_looks(), SIZES, {108: TRUTH[108]}, LENS.fx_px)
    assert set(grown.tags) == {tag.id for frame in FRAMES for tag in frame}
    for each, pose in grown.tags.items():
        np.testing.assert_allclose(pose[:3, 3], SHEETS[each].position_m, atol=2e-3)
    for picture, pose in grown.cameras.items():
        np.testing.assert_allclose(pose[:3, 3], PATH.at(float(TIMES[picture]))[0], atol=2e-3)


def test_a_tag_in_the_wrong_place_does_not_drag_the_camera_along() -> None:
    looks = [look for look in _looks() if look.picture == 0]
    wrong = dict(TRUTH)
    wrong[looks[2].id] = TRUTH[looks[2].id].copy()
    wrong[looks[2].id][:3, 3] += 0.3
    pose = camera_from_tags(looks, wrong, SIZES, LENS.fx_px)
    assert pose is not None
    np.testing.assert_allclose(pose[:3, 3], PATH.at(0.0)[0], atol=1e-3)


def test_one_unclear_look_places_nothing() -> None:
    look = Look(0, 5, np.zeros((4, 2)), (np.eye(4),), clear=False)
    assert camera_from_tags([look], {5: np.eye(4)}, {5: 0.2}, 1000.0) is None
    assert tag_from_cameras([look], {0: np.eye(4)}, 0.2) is None


def test_groups_are_joined_by_the_pictures_that_show_both() -> None:
    assert groups_of({0: [1, 2], 1: [3, 4], 2: [2, 3], 3: [8, 9], 4: []}) == [{1, 2, 3, 4}, {8, 9}]


def test_points_behind_the_camera_never_fit() -> None:
    points = corners_on_stage(TRUTH[108], 0.2)
    assert misfit(np.eye(4), np.abs(points), np.zeros((4, 2))) == float("inf")
