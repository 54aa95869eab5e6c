"""A rig is followed picture by picture; what is wrong with map, tags, clock or pose is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.space import Pose, look_at, pose_from_matrix
from openset.stage.markers.edge import outward
from openset.stage.markers.follow import Follower, RigCamera
from openset.stage.markers.model import SeenTag, TagMap

from .seen import LENS, ceiling, handheld, off, placed, room, see, turn

WITNESS = look_at((0.1, -0.2, 1.2), (0.1, 0.1, 2.7))
FRAME_NS = 33_333_333


def test_each_pose_is_its_own_picture_s_and_not_smoothed() -> None:
    tags = ceiling()
    path = handheld(WITNESS, seed=1)
    follower = Follower([RigCamera(LENS)], tags)
    for frame in range(20):
        followed = follower.step([see(tags, path, frame * FRAME_NS / 1e9, sd_px=0.0)], frame * FRAME_NS)
        assert followed.state == "tracked"
        assert followed.notes == ()
        assert followed.estimate is not None
        millimetres, millidegrees = off(followed.estimate.stage_from_body, path(frame * FRAME_NS / 1e9))
        assert millimetres < 1e-3
        assert millidegrees < 1e-2


def test_what_a_camera_does_to_edges_is_learned_and_a_lone_tag_is_then_at_its_distance() -> None:
    tags = ceiling()
    alone = next(iter(see(tags, lambda _: WITNESS))).id
    follower, fresh = Follower([RigCamera(LENS)], tags), Follower([RigCamera(LENS)], tags)

    def shrunk(frame: int) -> list[SeenTag]:
        seen = see(tags, lambda _: WITNESS, seed=frame)
        inside = np.stack([tag.corners_px for tag in seen])
        inside = inside - 0.2 * outward(inside)
        return [SeenTag(tag.id, at) for tag, at in zip(seen, inside, strict=True)]

    for frame in range(30):
        followed = follower.step([shrunk(frame)], frame * FRAME_NS)
    assert followed.estimate is not None
    assert followed.estimate.edges_px[0][0] == pytest.approx(-0.2, abs=0.02)
    lone = [tag for tag in shrunk(30) if tag.id == alone]
    known = follower.step([lone], 30 * FRAME_NS).estimate
    assert known is not None
    fresh._before = follower._before
    guessed = fresh.step([lone], 30 * FRAME_NS).estimate
    assert guessed is not None
    assert off(known.stage_from_body, WITNESS)[0] < off(guessed.stage_from_body, WITNESS)[0]
    assert np.trace(known.covariance[:3, :3]) < np.trace(guessed.covariance[:3, :3])


def test_a_moved_tag_is_named_with_how_far_and_given_up() -> None:
    tags = ceiling()
    seen = see(tags, lambda _: WITNESS)
    victim = seen[2].id
    tag = tags.tags[victim]
    shifted = tag.stage_from_tag.matrix[:3, 3] + np.array([0.03, 0.0, 0.0])
    wrong = TagMap(
        {**tags.tags, victim: placed(victim, 0.16, shifted, tag.stage_from_tag.matrix[:3, :3])}
    )
    follower = Follower([RigCamera(LENS)], wrong)
    said: list[str] = []
    for frame in range(20):
        followed = follower.step([see(tags, lambda _: WITNESS, seed=frame)], frame * FRAME_NS)
        said += followed.notes
        assert followed.estimate is not None
        assert off(followed.estimate.stage_from_body, WITNESS)[0] < 1.5
    assert said == [f"tag {victim} has moved 3 cm: map it again"]
    assert follower.moved[victim] == pytest.approx(0.03, abs=0.004)


def test_a_moved_tag_that_is_put_back_counts_again() -> None:
    tags = ceiling()
    victim = see(tags, lambda _: WITNESS)[2].id
    tag = tags.tags[victim]
    shifted = tag.stage_from_tag.matrix[:3, 3] + np.array([0.03, 0.0, 0.0])
    bumped = TagMap(
        {**tags.tags, victim: placed(victim, 0.16, shifted, tag.stage_from_tag.matrix[:3, :3])}
    )
    follower = Follower([RigCamera(LENS)], tags)
    said: list[str] = []
    for frame in range(60):
        hung = bumped if frame < 30 else tags
        said += follower.step([see(hung, lambda _: WITNESS, seed=frame)], frame * FRAME_NS).notes
    assert said == [
        f"tag {victim} has moved 3 cm: map it again",
        f"tag {victim} hangs where it was mapped: it counts again",
    ]
    assert follower.moved == {}


def test_a_zoom_ring_that_is_turned_and_turned_back_costs_no_tag() -> None:
    tags, path = room(), handheld(look_at((0.0, -0.4, 1.5), (0.0, 4.0, 0.9)), seed=1)
    turned = replace(LENS, fx_px=LENS.fx_px * 1.02, fy_px=LENS.fy_px * 1.02)
    follower = Follower([RigCamera(LENS)], tags)
    said: list[str] = []
    for frame in range(100):
        lens = turned if 20 <= frame < 60 else LENS
        seen = see(tags, path, frame * FRAME_NS / 1e9, lens=lens, seed=frame)
        said += follower.step([seen], frame * FRAME_NS).notes
    assert any("was zoom or focus turned?" in text for text in said)
    assert not set(follower.moved) & {tag.id for tag in seen}


def test_a_covered_lens_is_a_state_and_the_pose_comes_back_by_itself() -> None:
    tags = ceiling()
    follower = Follower([RigCamera(LENS)], tags)
    seen = see(tags, lambda _: WITNESS)
    assert follower.step([seen], 0).state == "tracked"
    covered = follower.step([()], FRAME_NS)
    assert covered.state == "no tags"
    assert covered.notes == ("no tag is in the picture",)
    elsewhere = look_at((-0.4, 0.3, 1.0), (-0.3, 0.2, 2.7))
    back = follower.step([see(tags, lambda _: elsewhere)], 20 * FRAME_NS)
    assert back.state == "tracked"
    assert back.estimate is not None
    assert off(back.estimate.stage_from_body, elsewhere)[0] < 1.5


def test_strange_tags_and_a_wrong_map_are_told_apart() -> None:
    follower = Follower([RigCamera(LENS)], room())
    strange = SeenTag(500, np.array([[9.0, 9], [60, 9], [60, 60], [9, 60]]))
    assert follower.step([(strange,)], 0).notes == ("no tag of the map is in the picture, only others",)
    wrong = follower.step([see(ceiling(), lambda _: WITNESS)], FRAME_NS)
    assert wrong.state == "no fit"
    assert "check --lens and --tags" in wrong.notes[0]


def test_a_jump_on_one_tag_s_word_is_held_back_until_the_next_picture_says_so_too() -> None:
    number = 7
    tags = TagMap({number: placed(number, 0.3, np.array([0.4, 3.0, 1.5]), turn(np.pi / 2, 0, 0.5))})
    here = look_at((0.0, 0.0, 1.5), (0.4, 3.0, 1.5))
    there = look_at((0.9, 0.2, 1.4), (0.4, 3.0, 1.5))
    follower = Follower([RigCamera(LENS)], tags)
    for frame in range(3):
        assert follower.step([see(tags, lambda _: here, seed=frame)], frame * FRAME_NS).estimate
    held = follower.step([see(tags, lambda _: there, seed=9)], 3 * FRAME_NS)
    assert held.state == "held"
    assert held.estimate is None
    assert "jumped" in held.notes[-1]
    assert "on the word of one tag" in held.notes[-1]
    confirmed = follower.step([see(tags, lambda _: there, seed=10)], 4 * FRAME_NS)
    assert confirmed.state == "tracked"
    assert "the next picture says so too" in confirmed.notes[-1]


def test_a_jump_that_nobody_repeats_is_never_sent() -> None:
    number = 7
    tags = TagMap({number: placed(number, 0.3, np.array([0.4, 3.0, 1.5]), turn(np.pi / 2, 0, 0.5))})
    here = look_at((0.0, 0.0, 1.5), (0.4, 3.0, 1.5))
    there = look_at((0.9, 0.2, 1.4), (0.4, 3.0, 1.5))
    follower = Follower([RigCamera(LENS)], tags)
    states = [
        follower.step([see(tags, lambda _, at=at: at, seed=frame)], frame * FRAME_NS).state
        for frame, at in enumerate([here, here, there, here, here])
    ]
    assert states == ["tracked", "tracked", "held", "tracked", "tracked"]


def test_a_jump_that_many_tags_tell_is_taken_at_once() -> None:
    tags = ceiling()
    follower = Follower([RigCamera(LENS)], tags)
    follower.step([see(tags, lambda _: WITNESS)], 0)
    cut = look_at((-0.6, 0.4, 1.3), (-0.6, 0.3, 2.7))
    assert follower.step([see(tags, lambda _: cut)], FRAME_NS).state == "tracked"


@pytest.mark.parametrize(
    ("time_ns", "said"),
    [
        (-5_000_000_000, "went back 6.0"),
        (9_000_000_000, "no picture for 8.0 s"),
        (1_000_000_000, "stands still"),
    ],
)
def test_a_jump_of_the_clock_is_named(time_ns: int, said: str) -> None:
    tags = ceiling()
    follower = Follower([RigCamera(LENS)], tags)
    follower.step([see(tags, lambda _: WITNESS)], 1_000_000_000)
    followed = follower.step([see(tags, lambda _: WITNESS)], time_ns)
    assert followed.state == "tracked"
    assert said in followed.notes[0]


def test_two_tags_with_one_id_are_named() -> None:
    tags = ceiling()
    seen = see(tags, lambda _: WITNESS)
    copy = SeenTag(seen[0].id, seen[0].corners_px + np.array([200.0, 100.0]))
    followed = Follower([RigCamera(LENS)], tags).step([(*seen, copy)], 0)
    assert followed.state == "tracked"
    assert followed.notes == (f"two tags with id {seen[0].id} are in the picture: take one down",)


def test_pictures_of_two_cameras_taken_one_after_the_other_make_one_pose() -> None:
    tags = ceiling()
    beside = Pose((0.12, 0.03, -0.02), look_at((0, 0, 0), (0.3, 0.1, -1.0)).rotation_wxyz)
    late_s = 0.010

    def path(time_s: float) -> Pose:
        matrix = WITNESS.matrix
        matrix[:3, 3] += np.array([0.4, 0.1, 0.0]) * time_s
        return pose_from_matrix(matrix)

    rig = [RigCamera(LENS), RigCamera(LENS, beside)]
    told, untold = Follower(rig, tags), Follower(rig, tags)
    errors = []
    for frame in range(6):
        time_s = frame * FRAME_NS / 1e9
        pictures = [
            see(tags, path, time_s, sd_px=0.02, seed=frame),
            see(tags, path, time_s + late_s, body_from_camera=beside, sd_px=0.02, seed=50 + frame),
        ]
        with_times = told.step(pictures, frame * FRAME_NS, [0.0, late_s]).estimate
        without = untold.step(pictures, frame * FRAME_NS).estimate
        assert with_times is not None
        assert without is not None
        errors.append([off(each.stage_from_body, path(time_s))[0] for each in (with_times, without)])
    # 4 mm of travel between the pictures: about half of it goes wrong where nobody says so.
    assert errors[-1][0] < 0.5
    assert errors[-1][1] > 1.0


def test_tags_are_expected_where_the_moving_camera_will_see_them() -> None:
    tags = room()

    def path(time_s: float) -> Pose:
        matrix = look_at((0.0, -1.6, 1.5), (0.0, 3.0, 0.9)).matrix
        matrix[:3, 3] += np.array([1.5, 0.0, 0.0]) * time_s
        return pose_from_matrix(matrix)

    follower = Follower([RigCamera(LENS)], tags)
    assert follower.expected(0, 0) == {}
    for frame in range(2):
        follower.step([see(tags, path, frame * FRAME_NS / 1e9)], frame * FRAME_NS)
    boxes = follower.expected(0, 2 * FRAME_NS)
    seen = {tag.id: tag for tag in see(tags, path, 2 * FRAME_NS / 1e9)}
    assert len(boxes) > 15
    for number, box in boxes.items():
        # 5 cm a picture is 10 px or more at 5 m: the piece lies around where the tag has gone to.
        middle = seen[number].corners_px.mean(axis=0)
        assert (box[0] + box[2]) / 2 == pytest.approx(middle[0], abs=3)
        assert (box[1] + box[3]) / 2 == pytest.approx(middle[1], abs=3)
    some = next(iter(boxes))
    assert some not in follower.expected(0, 2 * FRAME_NS, [some])
    assert follower.expected(0, 0).keys() == boxes.keys()  # a second camera's picture, a little older
    assert follower.expected(0, 60 * FRAME_NS) == {}
    assert follower.expected(0, -60 * FRAME_NS) == {}
