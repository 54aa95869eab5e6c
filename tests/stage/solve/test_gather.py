"""Sightings as they are gathered: tags by id, natural marks by number, a tenth kept out."""

from typing import Any

import cv2
import numpy as np

from openset.primitives.space import Pose
from openset.sim.prints import tag_sheet
from openset.stage.lens.model import Lens
from openset.stage.markers.bow import unbowed
from openset.stage.markers.detect import TagDetector
from openset.stage.markers.model import PlacedTag
from openset.stage.solve.gather import Gatherer

PLACE = Pose((0.0, 2.5, 1.0), (1.0, 0.0, 0.0, 0.0))


def pictures(count: int) -> list[np.ndarray]:
    """A tag on a stained wall that slides through the picture."""
    random = np.random.default_rng(4)
    wall = cv2.GaussianBlur(random.normal(size=(420, 700)).astype(np.float32), (0, 0), 4)
    wall = np.clip(120 + 30 * wall / wall.std(), 0, 255).astype(np.uint8)
    tag = cv2.resize(tag_sheet(7, 0.2, np.zeros(3), np.eye(3)).texture, (110, 110))
    wall[150:260, 250:360] = tag
    return [np.ascontiguousarray(wall[20:380, 20 + 3 * n : 660 + 3 * n]) for n in range(count)]


def test_a_mapped_tag_comes_first_with_its_corners_where_the_map_has_them() -> None:
    placed = PlacedTag(7, 0.2, PLACE, covariance=1e-6 * np.eye(6))
    gatherer = Gatherer(640, 360, {7: placed})
    for frame, luma in enumerate(pictures(6)):
        gatherer.add(frame, luma)
    sightings, marks = gatherer.result()
    assert gatherer.tags_seen == {7: 6}
    assert marks.tag[:4].tolist() == [7] * 4
    np.testing.assert_allclose(marks.known_m[:4], placed.corners_m)
    np.testing.assert_allclose(marks.known_sd_m[:4], 1e-3)
    assert not marks.known[4:].any()
    corner = sightings.pixels[sightings.mark == 0]
    np.testing.assert_allclose(np.diff(corner[:, 0]), -3.0, atol=0.15)
    assert (sightings.mark >= 4).sum() > 100


def test_a_tenth_is_kept_out_whole_marks_and_whole_tags() -> None:
    gatherer = Gatherer(640, 360, {7: PlacedTag(7, 0.2, PLACE)})
    for frame, luma in enumerate(pictures(20)):
        gatherer.add(frame, luma)
    sightings, marks = gatherer.result()
    natural = marks.tag[sightings.mark] < 0
    for mark in np.unique(sightings.mark[natural]):
        assert len(np.unique(sightings.held_out[sightings.mark == mark])) == 1
    tags = sightings.only(~natural)
    for frame in range(20):
        assert len(np.unique(tags.held_out[tags.frame == frame])) == 1
    assert 0.03 < sightings.held_out.mean() < 0.25


def test_every_tag_has_its_tenth_kept_out_however_few_pictures_are_looked_at() -> None:
    gatherer = Gatherer(640, 360, {7: PlacedTag(7, 0.2, PLACE)})
    for place, luma in enumerate(pictures(20)):
        gatherer.add(10 * place, luma)
    sightings, _ = gatherer.result()
    assert sightings.held_out[sightings.mark == 0].sum() == 2


def test_a_tags_corners_lie_where_its_lens_puts_them() -> None:
    lens = Lens(640, 360, 500.0, 500.0, 320.0, 180.0, -0.25, 0.08)
    (luma,) = pictures(1)
    straight, bowed = Gatherer(640, 360), Gatherer(640, 360)
    straight.add(0, luma)
    bowed.add(0, luma, lens)
    (crossed,) = TagDetector().detect(luma)
    (right,) = unbowed([crossed], lens)
    np.testing.assert_allclose(straight.result()[0].pixels[:4], crossed.corners_px)
    np.testing.assert_allclose(bowed.result()[0].pixels[:4], right.corners_px)
    assert np.abs(right.corners_px - crossed.corners_px).max() > 0.05


def test_without_a_map_tags_are_looked_for_now_and_then_until_one_is_seen(monkeypatch: Any) -> None:
    gatherer = Gatherer(640, 360)
    plain = np.full((360, 640), 100, np.uint8)
    for frame in range(1, 4):
        gatherer.add(frame, plain)
    assert not gatherer.tags_seen
    gatherer.add(10, pictures(1)[0])
    gatherer.add(11, pictures(2)[1])
    assert gatherer.tags_seen == {7: 2}
    _, marks = gatherer.result()
    assert not marks.known.any()
