"""A move is OpenTrackIO samples outside and poses, lenses and timecodes inside."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.opentrackio import OpenTrackIOError, validate
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.primitives.time import parse_timecode
from openset.stage.exchange import move as moves
from openset.stage.exchange.loss import lost
from openset.stage.tracking.samples import LensReport, TrackSample

LENS = LensReport(
    focal_length_mm=35.0, sensor_width_mm=36.0, sensor_height_mm=20.25, entrance_pupil_offset_m=0.1
)


def _walk(frames: int = 3) -> list[TrackSample]:
    return [
        TrackSample(
            5_000_000_000 + index * 40_000_000,
            pose_from_pan_tilt_roll((0.1 * index, -2.0, 1.5), 0.01 * index, 0.05, 0.0),
            LENS,
            status="ok",
        )
        for index in range(frames)
    ]


def test_a_move_made_of_samples_gives_them_back() -> None:
    walk = _walk()
    move = moves.move_from_samples("walk", walk, rate=Fraction(25))
    assert move.times_ns == (0, 40_000_000, 80_000_000)
    assert all(not validate(sample) for sample in move.samples)
    for pose, sample in zip(moves.pupil_poses(move), walk, strict=True):
        assert pose is not None
        assert pose.position_m == pytest.approx(sample.stage_from_camera.position_m, abs=1e-9)
    assert moves.lens_reports(move) == [LENS] * 3


def test_the_wire_holds_the_sensor_and_the_move_gives_the_pupil() -> None:
    """The pupil is 0.1 m ahead of the sensor; the camera looks along +Y, so the sensor is behind."""
    level = pose_from_pan_tilt_roll((1.0, 2.0, 3.0), 0.0, 0.0, 0.0)
    sample = moves.sample_of(name="a", index=0, time_ns=0, pose=level, lens=LENS)
    assert sample["transforms"][0]["translation"]["y"] == pytest.approx(1.9)


def test_a_sample_without_a_pose_has_no_transforms_and_is_valid() -> None:
    sample = moves.sample_of(name="a", index=0, time_ns=0, pose=None, lens=LENS)
    assert "transforms" not in sample
    assert validate(sample) == []
    move = moves.CameraMove("a", (sample,), (0,))
    assert moves.pupil_poses(move) == [None]
    assert moves.lens_reports(move) == [LENS]


def test_what_a_later_sample_does_not_repeat_still_holds() -> None:
    first = moves.sample_of(name="a", index=0, time_ns=0, pose=None, lens=LENS)
    second = moves.sample_of(
        name="a", index=1, time_ns=1, pose=None, lens=LensReport(focal_length_mm=50.0)
    )
    reports = moves.lens_reports(moves.CameraMove("a", (first, second), (0, 1)))
    assert reports[1] is not None
    assert (reports[1].focal_length_mm, reports[1].sensor_width_mm) == (50.0, 36.0)


def test_timecode_and_camera_facts_come_through() -> None:
    code = parse_timecode("01:02:03:04", Fraction(25))
    sample = moves.sample_of(
        name="a",
        index=0,
        time_ns=0,
        pose=None,
        rate=Fraction(25),
        timecode=code,
        camera={"make": "ARRI"},
    )
    move = moves.CameraMove("a", (sample,), (0,))
    assert moves.timecodes(move) == [code]
    assert moves.rate_of(move) == 25
    assert moves.fields(move)["static.camera.make"] == ("ARRI",)


def test_a_value_the_standard_forbids_is_refused_by_name() -> None:
    with pytest.raises(OpenTrackIOError, match="transforms"):
        moves.sample_of(
            name="a", index=0, time_ns=0, pose=pose_from_pan_tilt_roll((math.nan, 0, 0), 0, 0, 0)
        )


@pytest.mark.parametrize("rate", ["24000/1001", "24", "25", "30000/1001", "60000/1001", "90"])
def test_the_rate_of_a_regular_move_is_told_by_its_times(rate: str) -> None:
    assert moves.likely_rate(moves.even_times(100, Fraction(rate))) == Fraction(rate)


def test_an_unusual_rate_is_what_was_measured() -> None:
    assert moves.likely_rate([0, 80_000_000, 160_000_000]) == Fraction(25, 2)


def test_a_rate_that_nothing_tells_is_the_one_given() -> None:
    sample = moves.sample_of(name="a", index=0, time_ns=0, pose=None)
    move = moves.CameraMove("a", (sample,), (0,))
    assert moves.rate_of(move) is None
    assert moves.rate_of(move, Fraction(50)) == 50


def test_a_rotation_says_the_same_with_either_sign_of_its_quaternion() -> None:
    walk = _walk(1)
    pose = walk[0].stage_from_camera
    w, x, y, z = pose.rotation_wxyz
    other = replace(walk[0], stage_from_camera=replace(pose, rotation_wxyz=(-w, -x, -y, -z)))
    said = [moves.fields(moves.move_from_samples("a", [each])) for each in (walk[0], other)]
    assert lost(*said) == []


@given(st.floats(-3.1, 3.1), st.floats(-1.5, 1.5), st.floats(-3.1, 3.1))
@settings(max_examples=60, deadline=None)
def test_any_pose_comes_back_from_a_sample(pan: float, tilt: float, roll: float) -> None:
    pose = pose_from_pan_tilt_roll((1.0, -2.0, 0.5), pan, tilt, roll)
    sample = moves.sample_of(name="a", index=0, time_ns=0, pose=pose)
    found = moves.pupil_poses(moves.CameraMove("a", (sample,), (0,)))[0]
    assert found is not None
    assert found.matrix == pytest.approx(pose.matrix, abs=1e-7)


def test_a_chain_of_transforms_is_a_field_of_its_own() -> None:
    sample = moves.sample_of(
        name="a", index=0, time_ns=0, pose=pose_from_pan_tilt_roll((0, 0, 1), 0, 0, 0)
    )
    dolly = {
        "id": "Dolly",
        "translation": {"x": 1.0, "y": 0.0, "z": 0.0},
        "rotation": {"pan": 0.0, "tilt": 0.0, "roll": 0.0},
    }
    sample["transforms"] = [dolly, *sample["transforms"]]
    said = moves.fields(moves.CameraMove("a", (sample,), (0,)))
    assert "transforms" in said
    assert said["pose"][0][0] == pytest.approx((1.0, 0.0, 1.0))  # type: ignore[index]


def test_a_broken_sample_is_not_usable() -> None:
    assert moves.usable({"lens": {"fStop": 4}})
    assert not moves.usable({"transforms": [{"translation": {"x": "far"}}]})


def test_a_measured_rate_goes_into_a_sample_as_a_short_fraction() -> None:
    rate = Fraction(38440425790, 777777777)
    sample = moves.sample_of(name="a", index=0, time_ns=0, pose=None, rate=rate)
    said = sample["timing"]["sampleRate"]
    assert said["denom"] <= 1001
    assert said["num"] / said["denom"] == pytest.approx(float(rate), rel=1e-6)
