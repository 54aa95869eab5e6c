"""One phone against a simulated room: what leaves on the network is where the phone was."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from openset.primitives.space import Pose, pose_from_matrix
from openset.sim.optics import Optics, rotation_from_angles
from openset.sim.prints import Sheet, facing, tag_sheet
from openset.sim.sightings import Look, picture
from openset.sim.walks import Walk
from openset.stage.accuracy.said import spread_from_status
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.live.phone_solver import PhonePlan, PhoneSolver, told_lens
from openset.stage.live.phone_wire import ONE_MOTION, Frame, Motion
from openset.stage.markers.model import PlacedTag, TagMap
from openset.stage.tracking.endpoint import Endpoint
from openset.stage.tracking.opentrackio import OpenTrackIODecoder

OPTICS = Optics(1280, 720, 980.0, 646.0, 356.0, -0.02)
LENS = Lens(1280, 720, 980.0, 980.0, 646.0, 356.0, -0.02)
UP = np.array([0.0, 0.0, 1.0])
LOOK = Look(blur_px=0.7, noise_codes=3.0, jpeg=None, exposure_s=1 / 120)
MS = 1_000_000
PHONE_LATE_MS = 5_000.0
"""The phone's clock shows so much more than the host's."""


def sheets() -> list[Sheet]:
    """Ten tags on a wall and its side, at different depths."""
    random = np.random.default_rng(4)
    return [
        tag_sheet(
            i,
            0.16,
            np.array([(i % 5 - 2) * 0.45, 2.2 + random.uniform(-0.5, 0.2), 1.5 + (i // 5 - 0.5) * 0.5]),
            facing(np.array([random.uniform(-0.5, 0.5), -1, random.uniform(-0.4, 0.4)]), UP),
        )
        for i in range(10)
    ]


def tag_map(given: list[Sheet]) -> TagMap:
    placed = {}
    for sheet in given:
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = sheet.rotation, sheet.position_m
        placed[sheet.id] = PlacedTag(sheet.id, 0.16, pose_from_matrix(matrix))
    return TagMap(placed)


WALK = Walk(3, np.array([0.0, -0.2, 1.5]), rotation_from_angles(0.0, 0.0, 0.0), violence=0.25)


def frame_at(number: int, time_s: float, given: list[Sheet]) -> Frame:
    seen = picture(OPTICS, WALK.from_time(time_s), given, LOOK, np.random.default_rng(number))
    jpeg = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    captured = time_s * 1000 + PHONE_LATE_MS
    return Frame(number, captured, captured + 20, 1280, 720, True, jpeg)


def turning(start_s: float, end_s: float, hz: float = 100.0, bias: float = 0.0) -> Motion:
    """What a perfect gyroscope (with a bias) says, by differences of the walk's own rotations."""
    times = np.arange(start_s, end_s, 1 / hz)
    rates = []
    for t in times:
        before, after = WALK.at(t - 5e-4)[1], WALK.at(t + 5e-4)[1]
        turned = before.T @ after
        rates.append(
            np.array(
                [turned[2, 1] - turned[1, 2], turned[0, 2] - turned[2, 0], turned[1, 0] - turned[0, 1]]
            )
            / 2e-3
            + bias
        )
    return Motion(times * 1000 + PHONE_LATE_MS, np.array(rates), np.zeros((len(times), 3)))


@dataclass
class Rig:
    """A solver, the socket its poses arrive on, and a clock that is told the time."""

    solver: PhoneSolver
    socket: socket.socket
    now_ns: list[int]
    decoder: OpenTrackIODecoder = field(default_factory=OpenTrackIODecoder)

    def shoot(self, time_s: float, frame: Frame) -> None:
        self.now_ns[0] = round((time_s + 0.03) * 1e9)
        self.solver.take(
            frame, self.solver.clock.host_ns(round(frame.captured_ms * MS)), self.now_ns[0]
        )

    def feel(self, motion: Motion) -> None:
        self.now_ns[0] = round((float(motion.ms[-1]) - PHONE_LATE_MS) * MS)
        self.solver.motion(motion)

    def poses(self) -> list[tuple[float, Pose, str]]:
        """(time s, pose, status) of everything that has arrived."""
        out = []
        while True:
            try:
                datagram = self.socket.recv(65536)
            except BlockingIOError:
                return out
            for heard in self.decoder.feed(datagram, "127.0.0.1:1", 0):
                assert heard.pose is not None
                assert heard.stamp_ns is not None
                out.append((heard.stamp_ns / 1e9, heard.pose, heard.status))


@pytest.fixture
def rig_of(tmp_path: Path) -> Iterator[Any]:
    made: list[Rig] = []

    def make(**given: Any) -> Rig:
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(("127.0.0.1", 0))
        listener.setblocking(False)
        now_ns = [10**9]
        plan = PhonePlan(
            Endpoint("opentrackio", "127.0.0.1", listener.getsockname()[1]),
            **{"tags": tag_map(sheets()), "keep": tmp_path / "kept", **given},
            clock=lambda: now_ns[0],
        )
        rig = Rig(PhoneSolver("test", 0, plan), listener, now_ns)
        rig.solver.clock.add(
            round((1000 + PHONE_LATE_MS) * MS), 10**9 + 2 * MS, round((1004 + PHONE_LATE_MS) * MS)
        )
        made.append(rig)
        return rig

    yield make
    for rig in made:
        rig.solver.stop()
        rig.socket.close()


def off(time_s: float, pose: Pose) -> tuple[float, float]:
    """How far from the truth: millimetres, millidegrees."""
    position, rotation = WALK.at(time_s)
    away = float(np.linalg.norm(np.array(pose.position_m) - position)) * 1e3
    cosine = (np.trace(pose.matrix[:3, :3].T @ rotation) - 1) / 2
    return away, float(np.degrees(np.arccos(np.clip(cosine, -1, 1)))) * 1e3


FILE = LensFile("phone", (MeasuredLens(LENS),))


def test_poses_with_a_measured_lens_are_where_the_phone_was(rig_of: Any) -> None:
    rig, room = rig_of(lens=FILE), sheets()
    rig.feel(turning(1.9, 2.4))
    for number in range(5):
        time_s = 2.0 + number / 15
        rig.shoot(time_s, frame_at(number, time_s, room))
    told = rig.poses()
    assert len(told) == 5 + 4 * 3  # 15 pictures a second, steps of 1/60 s between
    errors = np.array([off(time_s, pose) for time_s, pose, _ in told])
    assert np.median(errors[:, 0]) < 1.0
    assert np.median(errors[:, 1]) < 20.0
    assert all(spread_from_status(status) is not None for _, _, status in told)
    status = rig.solver.status()
    assert (status["state"], status["lens"], status["tags_used"]) == ("tracked", "file", 10)
    # Taken at t, solved 30 ms later by the clock that was told the time.
    assert status["capture_to_pose_ms"] == pytest.approx(30.0, abs=0.1)


def test_lost_tags_are_bridged_by_turning_with_growing_spread_and_no_longer_than_half_a_second(
    rig_of: Any,
) -> None:
    rig, room = rig_of(lens=FILE), sheets()
    rig.feel(turning(1.9, 3.5))
    rig.shoot(2.0, frame_at(0, 2.0, room))
    rig.shoot(2.0667, frame_at(1, 2.0667, room))
    rig.poses()
    for number in range(2, 14):
        time_s = 2.0 + number / 15
        rig.shoot(time_s, frame_at(number, time_s, []))
    told = rig.poses()
    assert told[0][2].startswith("turning only, tags lost")
    assert 2.5 < told[-1][0] <= 2.0667 + 0.5
    assert max(off(time_s, pose)[1] for time_s, pose, _ in told) < 60.0
    spreads = [float(np.sqrt(spread_from_status(status)[0, 0])) for _, _, status in told]  # type: ignore[index]
    assert spreads == sorted(spreads)
    assert rig.solver.status()["state"] == "lost"
    rig.shoot(2.95, frame_at(20, 2.95, room))
    assert rig.poses()[-1][2].startswith("tracked")


def test_tags_found_again_after_a_bridge_name_the_step(rig_of: Any) -> None:
    rig, room = rig_of(lens=FILE), sheets()
    rig.feel(replace(turning(1.9, 3.5), turn=np.zeros((160, 3))))  # a gyroscope that is stuck
    rig.shoot(2.0, frame_at(0, 2.0, room))
    for number in range(1, 6):
        rig.shoot(2.0 + number / 15, frame_at(number, 2.0 + number / 15, []))
    rig.poses()
    rig.shoot(2.4, frame_at(6, 2.4, room))
    (_, _, status), *_ = rig.poses()
    assert "tags again after a step of" in status


def test_without_a_lens_file_the_focal_length_is_found_and_its_doubt_is_said(rig_of: Any) -> None:
    rig, room = rig_of(), sheets()
    walk_s = np.linspace(2.0, 14.0, 9)
    for number, time_s in enumerate(walk_s.tolist()):
        rig.shoot(time_s, frame_at(number, time_s, room))
    status = rig.solver.status()
    assert status["lens"] == "tags"
    found, doubt = status["focal_px"], status["focal_doubt_percent"] / 100
    assert abs(found / 980.0 - 1) < max(0.02, 2 * doubt)
    assert 0.0005 < doubt < 0.05


def test_a_lens_too_wide_to_be_told_is_left_out_and_stops_nothing() -> None:
    wide = replace(LENS, fx_px=500.0, fy_px=500.0, k1=0.0, fisheye=(0.0, 0.0, 0.0, 0.0))
    assert told_lens(wide).focal_length_mm is None
    assert told_lens(LENS).focal_length_mm == pytest.approx(980 / 1280 * 36)


def test_a_guessed_lens_makes_the_spread_as_wide_as_its_error(rig_of: Any) -> None:
    """The true focal length is a tenth longer than the guess: two metres off, twenty centimetres."""
    longer = replace(OPTICS, f_px=1084.0)
    rig = rig_of()
    for number, time_s in enumerate((2.0, 2.5)):
        seen = picture(longer, WALK.from_time(time_s), sheets(), LOOK, np.random.default_rng(number))
        jpeg = cv2.imencode(".jpg", seen)[1].tobytes()
        captured = time_s * 1000 + PHONE_LATE_MS
        rig.shoot(time_s, Frame(number, captured, captured, 1280, 720, True, jpeg))
    (time_s, pose, status), *_ = rig.poses()
    held = spread_from_status(status)
    assert held is not None
    off_m = np.subtract(pose.position_m, WALK.at(time_s)[0])
    assert np.linalg.norm(off_m) > 0.1
    # Nine truths in ten lie within 2.5 spreads of three axes (chi squared 6.25).
    assert off_m @ np.linalg.solve(held[:3, :3], off_m) < 6.25
    assert rig.solver.status()["spread_mm"] > 100


def test_the_step_of_a_lens_found_anew_is_named(rig_of: Any) -> None:
    rig, room = rig_of(), sheets()
    rig.shoot(2.0, frame_at(0, 2.0, room))
    lens = rig.solver.lens.lens
    rig.solver.lens.lens = replace(lens, fx_px=lens.fx_px * 1.1, fy_px=lens.fy_px * 1.1)
    rig.shoot(2.1, frame_at(1, 2.1, room))
    rig.shoot(2.2, frame_at(2, 2.2, room))
    first, second, third = (status for _, _, status in rig.poses())
    assert "lens found anew, a step of 2" in second  # a tenth of some 2.3 m: 20 to 29 cm
    assert "anew" not in first + third


def test_what_cannot_have_been_seen_or_felt_yet_poisons_nothing(rig_of: Any) -> None:
    rig = rig_of(lens=FILE)
    solver, whole = rig.solver, frame_at(0, 2.0, sheets())
    rig.now_ns[0] = 2_030_000_000
    ahead = whole.captured_ms + 3_600_000
    solver.picture(replace(whole, captured_ms=ahead))
    _, captured_ns, _ = solver._frames.take(0.0)
    assert captured_ns == solver.clock.host_ns(round(whole.sent_ms * MS))  # when it was sent instead
    solver.picture(replace(whole, captured_ms=ahead, sent_ms=ahead))
    assert solver._frames.take(0.0) is None
    assert solver.faults["a picture of a time that cannot be"] == 2
    solver.motion(Motion(np.array([ahead]), np.zeros((1, 3)), np.zeros((1, 3))))
    solver.own_pose(ahead, Pose((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)), "xr")
    assert rig.poses() == []
    rig.feel(turning(1.9, 2.1))
    rig.shoot(2.0, whole)
    assert solver.status()["state"] == "tracked"
    assert solver._handheld.gyro.covers(2_000_000_000, 2_050_000_000)


def test_a_phone_without_a_map_says_so(rig_of: Any) -> None:
    rig = rig_of(tags=None)
    rig.shoot(2.0, frame_at(0, 2.0, sheets()))
    assert rig.solver.status()["state"] == "no map"
    assert rig.poses() == []


def test_a_damaged_picture_is_counted_and_nothing_else(rig_of: Any) -> None:
    rig = rig_of(lens=FILE)
    whole = frame_at(0, 2.0, sheets())
    rig.shoot(2.0, replace(whole, width_px=640))
    rig.shoot(2.1, replace(whole, jpeg=whole.jpeg[:60]))
    assert rig.solver.faults["a picture could not be decoded"] == 2
    rig.shoot(2.2, whole)
    assert rig.solver.status()["state"] == "tracked"


def test_a_jump_of_the_phones_clock_is_counted_and_the_fusion_begins_anew(rig_of: Any) -> None:
    rig = rig_of(lens=FILE)
    rig.feel(turning(1.9, 2.1))
    rig.solver.clock.add(2_000 * MS, 3_000 * MS, 2_010 * MS)
    rig.solver.trips()
    assert rig.solver.faults["the phone's clock jumped"] == 1


def test_a_kept_picture_lies_in_the_folder_as_it_came(rig_of: Any, tmp_path: Path) -> None:
    rig, whole = rig_of(lens=FILE), frame_at(0, 2.0, sheets())
    assert rig.solver.keeper.ask()
    rig.shoot(2.0, whole)
    assert (tmp_path / "kept" / "0001.jpg").read_bytes() == whole.jpeg
    assert rig.solver.status()["kept"] == 1


def test_motion_bytes_are_packed_as_the_page_packs_them() -> None:
    assert ONE_MOTION.itemsize == struct.calcsize("<d6f")
    with closing(socket.socket()) as probe:
        assert probe is not None
