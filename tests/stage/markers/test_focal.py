"""A focal length from tags alone, against truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.space import IDENTITY, look_at
from openset.stage.lens.model import Lens, project
from openset.stage.markers.equations import seen_corners
from openset.stage.markers.focal import LEAST_VIEWS, TagView, find_focal, pose_by_lens
from openset.stage.markers.model import CameraView, PlacedTag, SeenTag, TagMap
from openset.stage.markers.pose import solve

TRUE = Lens(1280, 720, 1010.0, 1010.0, 640.0, 360.0)


def room(flat: bool = False) -> TagMap:
    """Tags on a wall, or standing apart in depth."""
    random = np.random.default_rng(1)
    tags = {}
    for number in range(8):
        x, z = (number % 4 - 1.5) * 0.6, 1.1 + 0.7 * (number // 4)
        y = 2.5 if flat else 2.5 + random.uniform(-0.6, 0.3)
        side = look_at((x, y, z), (x + (0 if flat else random.uniform(-2, 2)), y + 3.0, z))
        tags[number] = PlacedTag(number, 0.16, side)  # its out axis, the camera's back, points to us
    return TagMap(tags)


def views(tags: TagMap, guess: Lens, count: int, noise_px: float = 0.1) -> list[TagView]:
    random = np.random.default_rng(7)
    out = []
    for index in range(count):
        eye = (random.uniform(-1.0, 1.0), random.uniform(-1.0, 0.4), random.uniform(1.0, 2.0))
        pose = look_at(eye, (0.0, 2.5, 1.4))
        inverse = pose.inverse().matrix
        seen = tuple(
            SeenTag(
                tag.id,
                project(TRUE, tag.corners_m @ inverse[:3, :3].T + inverse[:3, 3])
                + noise_px * random.standard_normal((4, 2)),
            )
            for tag in tags.tags.values()
        )
        corners = {tag.id: tag.corners_m for tag in tags.tags.values()}
        found = solve(seen_corners([CameraView(guess, seen, IDENTITY)], corners), pose)
        start = found.estimate.stage_from_body if found.estimate else pose
        out.append(TagView(seen, start))
        assert index < count
    return out


@pytest.mark.parametrize("share", [0.85, 1.0, 1.15])
def test_a_guess_far_off_comes_to_the_truth(share: float) -> None:
    tags = room()
    guess = replace(TRUE, fx_px=TRUE.fx_px * share, fy_px=TRUE.fy_px * share)
    found = find_focal(views(tags, guess, 10), tags, guess)
    assert found is not None
    assert abs(found.lens.fx_px / TRUE.fx_px - 1) < 0.002
    assert found.views == 10
    assert found.residual_px < 0.2


def test_the_doubt_is_larger_than_the_error_and_says_less_with_more_views() -> None:
    tags = room()
    few, many = (find_focal(views(tags, TRUE, count), tags, TRUE) for count in (6, 24))
    assert few is not None
    assert many is not None
    assert abs(few.lens.fx_px / TRUE.fx_px - 1) < few.doubt < 0.05
    assert many.doubt < few.doubt


def test_too_few_views_or_tags_say_nothing() -> None:
    tags = room()
    ready = views(tags, TRUE, LEAST_VIEWS)
    assert find_focal(ready[:-1], tags, TRUE) is None
    alone = TagMap({0: tags.tags[0]})
    assert find_focal(ready, alone, TRUE) is None


def test_how_a_pose_moves_with_its_lens_is_what_solving_again_says() -> None:
    tags = room()
    (view,) = views(tags, TRUE, 1, noise_px=0.0)
    slopes = pose_by_lens(view, tags, TRUE)
    assert slopes is not None
    corners = {tag.id: tag.corners_m for tag in tags.tags.values()}
    for column, change in ((0, {"fx_px": TRUE.fx_px + 2.0}), (2, {"cx_px": TRUE.cx_px + 2.0})):
        other = CameraView(replace(TRUE, **change), view.tags, IDENTITY)
        found = solve(seen_corners([other], corners), view.stage_from_camera)
        assert found.estimate is not None
        moved = np.subtract(
            found.estimate.stage_from_body.position_m, view.stage_from_camera.position_m
        )
        # Corners are weighed a little otherwise there.
        assert moved == pytest.approx(2.0 * slopes[:3, column], abs=0.1 * float(np.linalg.norm(moved)))
    assert pose_by_lens(TagView((), view.stage_from_camera), tags, TRUE) is None
