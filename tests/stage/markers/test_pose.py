"""A camera's pose from mapped tags: right, no surer than it is, and refused where it cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.space import IDENTITY, Pose, look_at, pose_from_matrix
from openset.stage.lens.model import project
from openset.stage.markers.edge import outward
from openset.stage.markers.equations import seen_corners
from openset.stage.markers.model import CameraView, SeenTag, TagMap
from openset.stage.markers.pose import solve, solve_pose

from .seen import CORNER_SD_PX, LENS, ceiling, handheld, off, placed, project_by_opencv, room, see, turn

WITNESS = look_at((0.1, -0.2, 1.2), (0.1, 0.1, 2.7))
FILM = look_at((0.0, -0.8, 1.5), (0.0, 3.0, 0.9))


def test_a_pose_is_found_from_nothing_on_a_ceiling_and_in_a_room() -> None:
    for tags, truth in ((ceiling(), WITNESS), (room(), FILM)):
        found = solve_pose([CameraView(LENS, see(tags, lambda _, at=truth: at))], tags)
        assert found is not None
        millimetres, millidegrees = off(found.stage_from_body, truth)
        assert millimetres < 1.5
        assert millidegrees < 20
        assert found.used >= 8
        assert found.dropped == 0
        assert 0.03 < found.residual_px < 0.12  # 0.05 px a coordinate is 0.07 px a corner


def test_exact_corners_give_the_exact_pose() -> None:
    tags = room()
    views = [CameraView(LENS, see(tags, lambda _: FILM, sd_px=0.0))]
    near = pose_from_matrix(FILM.matrix @ look_at((0.05, 0.02, 0.1), (0.1, 0.0, -9)).matrix)
    for start in (None, near):
        found = solve_pose(views, tags, start)
        assert found is not None
        millimetres, millidegrees = off(found.stage_from_body, FILM)
        assert millimetres < 1e-3
        assert millidegrees < 1e-3


def test_ninety_of_a_hundred_true_poses_lie_within_the_stated_ninety_per_cent() -> None:
    tags, inside, count = ceiling(), 0, 0
    path = handheld(WITNESS, seed=3)
    for frame in range(60):
        seen = see(tags, path, frame / 30, seed=frame)
        found = solve_pose([CameraView(LENS, seen)], tags, path(frame / 30))
        assert found is not None
        apart = np.array(found.stage_from_body.position_m) - path(frame / 30).position_m
        inside += int((np.abs(apart) < 1.645 * np.sqrt(np.diag(found.covariance)[:3])).sum())
        count += 3
    # These errors are a little smaller than expected in the middles of edges, as AprilTag's are.
    assert 0.85 < inside / count < 0.985


def test_each_camera_of_a_rig_has_edges_of_its_own() -> None:
    tags = ceiling()
    second = Pose((0.12, 0.03, -0.02), look_at((0.0, 0.0, 0.0), (0.3, 0.1, -1.0)).rotation_wxyz)
    views = []
    for body, edge_px in ((IDENTITY, 0.2), (second, -0.3)):
        seen = see(tags, lambda _: WITNESS, body_from_camera=body, sd_px=0.0)
        moved = np.stack([tag.corners_px for tag in seen])
        moved = moved + edge_px * outward(moved)
        pushed = tuple(SeenTag(tag.id, at) for tag, at in zip(seen, moved, strict=True))
        views.append(CameraView(LENS, pushed, body, edge_sd_px=1.0))
    found = solve_pose(views, tags)
    assert found is not None
    assert found.edges_px[0][0] == pytest.approx(0.2, abs=0.02)
    assert found.edges_px[1][0] == pytest.approx(-0.3, abs=0.02)
    assert off(found.stage_from_body, WITNESS)[0] < 0.2
    assert 0.0003 < found.edges_px[0][1] < 0.1


def test_two_cameras_of_a_rig_hold_the_pose_better_than_one() -> None:
    tags = ceiling()
    alone = CameraView(LENS, see(tags, lambda _: WITNESS))
    tilted = look_at((0.0, 0.0, 0.0), (0.3, 0.1, -1.0))
    second = Pose((0.12, 0.03, -0.02), tilted.rotation_wxyz)
    seen = see(tags, lambda _: WITNESS, body_from_camera=second, seed=1)
    assert len(seen) > 3
    one = solve_pose([alone], tags)
    both = solve_pose([alone, CameraView(LENS, seen, second)], tags)
    only = solve_pose([CameraView(LENS, seen, second)], tags)
    assert one is not None
    assert both is not None
    assert only is not None
    assert off(both.stage_from_body, WITNESS)[0] < 1.0
    assert off(only.stage_from_body, WITNESS)[0] < 2.0
    assert np.trace(both.covariance) < np.trace(one.covariance)


def test_a_tag_that_has_moved_is_dropped_and_does_not_pull() -> None:
    tags = ceiling()
    seen = see(tags, lambda _: WITNESS)
    victim = seen[len(seen) // 2].id
    moved = dict(tags.tags)
    old = moved[victim]
    shifted = np.array(old.stage_from_tag.position_m) + np.array([0.03, 0.0, 0.0])
    moved[victim] = placed(victim, old.size_m, shifted, old.stage_from_tag.matrix[:3, :3])
    for start in (None, WITNESS):
        found = solve_pose([CameraView(LENS, seen)], TagMap(moved), start)
        assert found is not None
        assert found.dropped == 1
        assert off(found.stage_from_body, WITNESS)[0] < 1.5
    corners = seen_corners([CameraView(LENS, seen)], {n: t.corners_m for n, t in moved.items()})
    solution = solve(corners, None)
    assert solution.dropped == {victim}
    assert 15 < solution.off_px[victim] < 40  # 3 cm at 1.5 m: 0.03 / 1.5 * 1190 = 24 px


def test_half_of_a_map_that_is_wrong_is_found_out() -> None:
    tags = room()
    seen = see(tags, lambda _: FILM)
    wrong = dict(tags.tags)
    for number in range(6):
        tag = tags.tags[number]
        raised = np.array(tag.stage_from_tag.position_m) + np.array([0, 0, 0.4])
        wrong[number] = placed(number, tag.size_m, raised, turn(0.3, 0, 0))
    found = solve_pose([CameraView(LENS, seen)], TagMap(wrong))
    assert found is not None
    assert found.dropped >= 3
    assert off(found.stage_from_body, FILM)[0] < 3.0


def test_one_small_tag_seen_straight_on_is_refused_unless_the_last_pose_is_known() -> None:
    tag = placed(4, 0.1, np.array([0.0, 3.0, 1.5]), turn(np.pi / 2, 0, 0))
    tags = TagMap({4: tag})
    truth = look_at((0.05, 0.0, 1.5), (0.0, 3.0, 1.5))
    refused = 0
    for seed in range(8):
        found = solve_pose([CameraView(LENS, see(tags, lambda _: truth, sd_px=0.1, seed=seed))], tags)
        refused += found is None
        if found is not None:
            # The two poses are one between them: it is told, with the doubt there is.
            apart = np.array(found.stage_from_body.position_m) - truth.position_m
            assert (np.abs(apart) < 4 * np.sqrt(np.diag(found.covariance)[:3])).all()
    assert refused >= 6
    seen = see(tags, lambda _: truth, sd_px=0.1, seed=1)
    views = [CameraView(LENS, seen)]
    known = {4: tag.corners_m}
    assert solve(seen_corners(views, known), None).trouble == "ambiguous"
    followed = solve_pose(views, tags, truth)
    assert followed is not None
    assert followed.used == 1
    apart = np.array(followed.stage_from_body.position_m) - truth.position_m
    assert (np.abs(apart) < 4 * np.sqrt(np.diag(followed.covariance)[:3])).all()


def test_two_tags_with_one_id_do_not_mislead() -> None:
    tags = ceiling()
    seen = list(see(tags, lambda _: WITNESS))
    stranger = SeenTag(seen[0].id, seen[0].corners_px + np.array([300.0, 200.0]))
    found = solve_pose([CameraView(LENS, (*seen, stranger))], tags)
    assert found is not None
    assert found.used == len(seen) - 1
    assert off(found.stage_from_body, WITNESS)[0] < 1.5


def test_nothing_known_in_the_picture_is_no_pose() -> None:
    tags = ceiling()
    view = CameraView(LENS, (SeenTag(400, np.array([[9.0, 9], [60, 9], [60, 60], [9, 60]])),))
    assert solve_pose([view], tags) is None
    assert solve_pose([CameraView(LENS, ())], tags, IDENTITY) is None
    assert solve_pose([], tags) is None


def test_a_start_that_looks_the_other_way_is_left_for_a_fresh_one() -> None:
    tags = ceiling()
    down = look_at((0.1, -0.2, 1.2), (0.1, 0.1, 0.0))
    found = solve_pose([CameraView(LENS, see(tags, lambda _: WITNESS))], tags, down)
    assert found is not None
    assert off(found.stage_from_body, WITNESS)[0] < 1.5


def test_another_map_altogether_is_no_fit() -> None:
    seen = see(ceiling(), lambda _: WITNESS)
    assert solve_pose([CameraView(LENS, seen)], room()) is None


@pytest.mark.parametrize("readout_s", [0.01, 0.02])
def test_a_known_velocity_takes_the_rolling_shutter_out(readout_s: float) -> None:
    tags = room()
    twist = np.array([0.2, -0.1, 0.05, 0.1, 0.15, -0.05])

    def path(time_s: float) -> Pose:
        matrix = FILM.matrix
        matrix[:3, 3] += twist[:3] * time_s
        matrix[:3, :3] = matrix[:3, :3] @ turn(*(twist[3:] * time_s))
        return pose_from_matrix(matrix)

    seen = see(tags, path, 0.0, readout_s=readout_s, sd_px=0.0)
    views = [CameraView(LENS, seen, readout_s=readout_s)]
    ignored = solve_pose(views, tags, FILM)
    modelled = solve_pose(views, tags, FILM, twist=twist)
    assert ignored is not None
    assert modelled is not None
    assert off(ignored.stage_from_body, FILM)[0] > 0.3
    assert off(modelled.stage_from_body, FILM)[0] < 0.01
    assert off(modelled.stage_from_body, FILM)[1] < 0.1


def test_what_is_projected_here_is_what_opencv_projects() -> None:
    points = np.array([[0.2, 3.0, 1.0], [-0.5, 2.5, 0.3]])
    camera = FILM.inverse().matrix
    ours = project(LENS, points @ camera[:3, :3].T + camera[:3, 3])
    assert ours == pytest.approx(project_by_opencv(LENS, FILM, IDENTITY, points), abs=1e-6)
    assert CORNER_SD_PX > 0
