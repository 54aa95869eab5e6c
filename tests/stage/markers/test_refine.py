"""From near the truth to the truth, wrong corners or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.space import look_at
from openset.stage.markers.equations import SeenCorners, seen_corners
from openset.stage.markers.model import CameraView, SeenTag
from openset.stage.markers.refine import Motion, information, refine

from .seen import LENS, room, see, turn

FILM = look_at((0.0, -0.8, 1.5), (0.0, 3.0, 0.9))
PLACE = FILM.matrix[:3, 3], FILM.matrix[:3, :3]
OFF = PLACE[0] + [0.1, -0.15, 0.08], PLACE[1] @ turn(0.05, -0.04, 0.03)


def made(wrong: int = 0, readout_s: float = 0.0) -> tuple[SeenCorners, ...]:
    tags = room()
    seen = list(see(tags, lambda _: FILM, sd_px=0.0))
    for index in range(wrong):
        seen[index] = SeenTag(seen[index].id, seen[index].corners_px + np.array([25.0, -14.0]))
    corners = {number: tag.corners_m for number, tag in tags.tags.items()}
    return seen_corners([CameraView(LENS, tuple(seen), readout_s=readout_s)], corners)


def test_a_start_a_hand_s_breadth_off_ends_at_the_truth() -> None:
    fit = refine(made(), OFF)
    assert fit is not None
    assert fit.position_m == pytest.approx(PLACE[0], abs=1e-6)
    assert fit.rotation == pytest.approx(PLACE[1], abs=1e-6)
    assert fit.distances_px.max() < 1e-4


def test_wrong_corners_pull_unless_they_are_not_trusted() -> None:
    plain, robust = refine(made(wrong=3), OFF), refine(made(wrong=3), OFF, robust=True)
    assert plain is not None
    assert robust is not None
    assert np.linalg.norm(plain.position_m - PLACE[0]) > 0.01
    assert np.linalg.norm(robust.position_m - PLACE[0]) < 0.002


def test_a_velocity_that_is_known_beforehand_stays_near_it_when_rows_say_nothing() -> None:
    motion = Motion(np.array([0.1, 0.0, 0.0, 0.0, 0.2, 0.0]), np.full(6, 0.01))
    fit = refine(made(), PLACE, motion)
    assert fit is not None
    assert fit.motion[:6] == pytest.approx(motion.twist, abs=1e-9)


def test_information_counts_the_velocity_only_where_it_is_solved() -> None:
    seen = made()
    fit = refine(seen, PLACE)
    assert fit is not None
    # One more than the pose's six, and the velocity's and acceleration's twelve: the camera's edges.
    one = information(seen, fit, Motion(np.zeros(6)), 1.0)
    assert one.shape == (7, 7)
    assert information(seen, fit, Motion(np.zeros(6), np.ones(6)), 1.0).shape == (19, 19)
    # Half the error of a corner is four times the information.
    half = information(seen, fit, Motion(np.zeros(6)), 0.5)
    assert half[:6, :6] / one[:6, :6] == pytest.approx(np.full((6, 6), 4.0))
    # What is known of the edges beforehand stays: a spread of 0.15 px.
    known = 1 / 0.15**2
    assert half[6, 6] - known == pytest.approx(4.0 * (one[6, 6] - known))


def test_a_camera_that_sees_edges_inside_is_found_out_and_the_pose_is_as_true() -> None:
    (seen,) = made()
    shrunk = replace(seen, pixels=seen.pixels - 0.3 * seen.outward.reshape(-1, 2), edge_sd_px=10.0)
    fit = refine([shrunk], OFF)
    assert fit is not None
    assert fit.edges_px == pytest.approx([-0.3], abs=1e-6)
    assert np.linalg.norm(fit.position_m - PLACE[0]) < 1e-7


def test_a_start_that_does_not_see_the_tags_is_no_start() -> None:
    behind = look_at((0.0, 6.0, 1.5), (0.0, 9.0, 1.5)).matrix
    assert refine(made(), (behind[:3, 3], behind[:3, :3])) is None
