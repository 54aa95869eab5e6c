"""What a lens does to a tag's edges is taken back from the corners that straight lines give."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.space import F64, IDENTITY, look_at
from openset.stage.lens.model import Lens, pinhole
from openset.stage.markers.bow import unbowed
from openset.stage.markers.model import SeenTag
from openset.stage.prints.model import tag_corners_m

from .seen import project_by_opencv, turn

BARREL = Lens(1920, 1080, 1190.0, 1188.0, 963.0, 542.0, -0.15, 0.05, 4e-4, -3e-4)
EYE = look_at((0.0, 0.0, 0.0), (0.0, 0.0, -1.0))
PLACES = np.linspace(0.03, 0.97, 40)


def true_corners(middle_m: tuple[float, float, float]) -> F64:
    return tag_corners_m(0.16) @ turn(0.2, -0.3, 0.4).T + np.array(middle_m)


def by_straight_lines(lens: Lens, corners_m: F64) -> F64:
    """What a detector finds: a line fitted to the picture of each edge, crossed with the one before."""
    lines = []
    for start, end in zip(corners_m, np.roll(corners_m, -1, axis=0), strict=True):
        points = project_by_opencv(lens, EYE, IDENTITY, start + PLACES[:, None] * (end - start))
        middle = points.mean(axis=0)
        lines.append((middle, np.linalg.svd(points - middle)[2][0]))
    found = []
    for (here, along), (there, before) in zip(lines, [lines[-1], *lines[:-1]], strict=True):
        part = np.linalg.solve(np.stack([along, -before], axis=1), there - here)
        found.append(here + part[0] * along)
    return np.array(found)


@pytest.mark.parametrize("middle_m", [(-1.0, 0.5, -1.6), (0.9, -0.4, -1.5), (0.1, 0.0, -1.2)])
def test_corners_come_back_to_where_the_lens_puts_them(middle_m: tuple[float, float, float]) -> None:
    corners = true_corners(middle_m)
    truth = project_by_opencv(BARREL, EYE, IDENTITY, corners)
    straight = by_straight_lines(BARREL, corners)
    (set_right,) = unbowed([SeenTag(3, straight, 1, 55.0)], BARREL)
    before, after = np.abs(straight - truth).max(), np.abs(set_right.corners_px - truth).max()
    assert after < 0.15 * before + 0.002
    assert after < 0.02
    assert (set_right.id, set_right.mended_bits, set_right.margin) == (3, 1, 55.0)


def test_at_the_edge_of_a_barrel_tags_seem_too_large() -> None:
    corners = true_corners((-1.0, 0.5, -1.6))
    truth = project_by_opencv(BARREL, EYE, IDENTITY, corners)
    straight = by_straight_lines(BARREL, corners)
    assert np.ptp(straight, axis=0).sum() > np.ptp(truth, axis=0).sum()


def test_a_lens_without_distortion_changes_nothing() -> None:
    lens = pinhole(1920, 1080, 24, 36)
    tag = SeenTag(1, np.array([[300.0, 200], [420, 210], [410, 330], [290, 320]]))
    (same,) = unbowed([tag], lens)
    assert same.corners_px == pytest.approx(tag.corners_px, abs=1e-9)
    assert unbowed([], lens) == ()


def test_a_tag_without_a_shape_is_left_as_it_is() -> None:
    flat = SeenTag(1, np.array([[300.0, 200], [400, 200], [500, 200], [600, 200]]))
    (same,) = unbowed([flat], pinhole(1920, 1080, 24, 36))
    assert same is flat


def test_at_the_end_of_what_a_lens_can_show_a_tag_stays_as_it_was_seen() -> None:
    """At (10, 10) this fisheye looks 89 degrees aside, where a plane through its rays has no end."""
    fisheye = Lens(1920, 1080, 700.0, 700.0, 960.0, 540.0, fisheye=(0.02, -0.01, 0.0, 0.0))
    tag = SeenTag(1, np.array([[10.0, 10], [70, 10], [70, 70], [10, 70]]))
    point = SeenTag(2, np.full((4, 2), 300.0))
    assert [
        each.corners_px is seen.corners_px
        for each, seen in zip(unbowed([tag, point], fisheye), [tag, point], strict=True)
    ] == [True, True]
