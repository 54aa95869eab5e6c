"""A pose is no surer than the map and the lens it stands on: checked against drawn maps and lenses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.space import Pose, look_at, pose_from_matrix
from openset.stage.lens.derivatives import parameters_of, with_parameters
from openset.stage.markers.edge import outward
from openset.stage.markers.model import CameraView, PoseEstimate, SeenTag, TagMap
from openset.stage.markers.pose import solve_pose
from openset.stage.markers.uncertainty import with_uncertainty

from .seen import LENS, ceiling, placed, see, turn

WITNESS = look_at((0.1, -0.2, 1.2), (0.1, 0.1, 2.7))
TAG_SD = np.array([1e-3, 1e-3, 1e-3, 5e-3, 5e-3, 5e-3])
LENS_SD = np.array([1.0, 1.0, 0.5, 0.5, 1e-3, 1e-3, 1e-4, 1e-4, 1e-3])


def drawn(tags: TagMap, random: np.random.Generator) -> TagMap:
    """The map with each tag off by as much as TAG_SD says."""
    out = {}
    for number, tag in tags.tags.items():
        off = random.normal(size=6) * TAG_SD
        matrix = tag.stage_from_tag.matrix
        turned = matrix[:3, :3] @ turn(*off[3:])
        out[number] = placed(number, tag.size_m, matrix[:3, 3] + off[:3], turned)
    return TagMap(out)


def apart(found: Pose) -> np.ndarray:
    return np.array(found.position_m) - np.array(WITNESS.position_m)


def test_the_map_s_own_error_is_carried_into_the_pose() -> None:
    tags, random = ceiling(), np.random.default_rng(3)
    unsure = TagMap({n: replace(t, covariance=np.diag(TAG_SD**2)) for n, t in tags.tags.items()})
    views = [CameraView(LENS, see(tags, lambda _: WITNESS, sd_px=0.01))]
    exact = solve_pose(views, tags, WITNESS)
    assert exact is not None
    stated = np.sqrt(np.diag(with_uncertainty(exact, views, unsure).covariance))[:3]
    errors = []
    for _ in range(60):
        found = solve_pose(views, drawn(tags, random), WITNESS)
        assert found is not None
        errors.append(apart(found.stage_from_body))
    # Sixty draws know a deviation to nine per cent.
    assert stated == pytest.approx(np.std(errors, axis=0), rel=0.35)
    assert stated.min() > 5 * np.sqrt(np.diag(exact.covariance))[:3].min()


def test_burnt_out_paper_that_moves_all_edges_in_takes_no_doubt_off_the_pose() -> None:
    tags, seen = ceiling(), see(ceiling(), lambda _: WITNESS, sd_px=0.01)
    unsure = TagMap({n: replace(t, covariance=np.diag(TAG_SD**2)) for n, t in tags.tags.items()})
    corners = np.stack([tag.corners_px for tag in seen])
    stated = []
    for edge_px in (0.0, -0.8):
        moved = corners + edge_px * outward(corners)
        burnt = tuple(SeenTag(tag.id, at) for tag, at in zip(seen, moved, strict=True))
        views = [CameraView(LENS, burnt)]
        found = solve_pose(views, tags, WITNESS)
        assert found is not None
        stated.append(np.sqrt(np.diag(with_uncertainty(found, views, unsure).covariance)))
    assert stated[1] == pytest.approx(stated[0], rel=0.05)


def test_the_lens_s_own_error_is_carried_into_the_pose() -> None:
    tags, random = ceiling(), np.random.default_rng(4)
    views = [CameraView(LENS, see(tags, lambda _: WITNESS, sd_px=0.01))]
    exact = solve_pose(views, tags, WITNESS)
    assert exact is not None
    stated = np.sqrt(np.diag(with_uncertainty(exact, views, tags, np.diag(LENS_SD**2)).covariance))[:3]
    errors = []
    for _ in range(60):
        wrong = with_parameters(LENS, parameters_of(LENS) + random.normal(size=9) * LENS_SD)
        found = solve_pose([replace(views[0], lens=wrong)], tags, WITNESS)
        assert found is not None
        errors.append(apart(found.stage_from_body))
    assert stated == pytest.approx(np.std(errors, axis=0), rel=0.35)


def test_what_is_not_known_to_be_wrong_adds_nothing() -> None:
    tags = ceiling()
    views = [CameraView(LENS, see(tags, lambda _: WITNESS))]
    found = solve_pose(views, tags)
    assert found is not None
    assert with_uncertainty(found, views, tags) is found
    assert with_uncertainty(found, views, tags, [None]) is found
    assert pose_from_matrix(found.stage_from_body.matrix).position_m == found.stage_from_body.position_m


def test_a_second_camera_s_tags_count_though_its_picture_was_taken_later() -> None:
    tags = ceiling()
    unsure = TagMap({n: replace(t, covariance=np.diag(TAG_SD**2)) for n, t in tags.tags.items()})
    beside = Pose((0.12, 0.03, -0.02), look_at((0, 0, 0), (0.3, 0.1, -1.0)).rotation_wxyz)
    late_s, speed = 0.016, np.array([0.8, 0.1, 0.0])
    moving = WITNESS.matrix
    moving[:3, 3] += speed * late_s
    stated = []
    for late, then in ((0.0, WITNESS), (late_s, pose_from_matrix(moving))):
        second = see(tags, lambda _, at=then: at, body_from_camera=beside, sd_px=0.02, seed=1)
        views = [
            CameraView(LENS, see(tags, lambda _: WITNESS, sd_px=0.02)),
            CameraView(LENS, second, beside),
        ]
        exact = PoseEstimate(WITNESS, np.eye(6) * 1e-12, 0.05, 20, 0, np.array([*speed, 0, 0, 0]))
        found = with_uncertainty(exact, views, unsure, None, [0.0, late])
        stated.append(np.sqrt(np.diag(found.covariance))[:3])
    # 16 ms and 1.3 cm later nearly the same tags are seen from nearly the same place.
    assert stated[1] == pytest.approx(stated[0], rel=0.1)
