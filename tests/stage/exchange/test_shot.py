"""Moves onto frames and back."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from openset.formats.camera_shot import Optics
from openset.formats.opentrackio import validate
from openset.primitives.errors import BadInput
from openset.primitives.space import IDENTITY, Pose
from openset.stage.exchange import shot as shots
from openset.stage.exchange.loss import lost
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.move import fields, move_from_samples
from openset.stage.tracking.samples import LensReport, TrackSample


def tracker(*times_ms: int) -> CameraMove:
    samples = [
        TrackSample(round(time * 1e6), Pose((time / 100, 0.0, 0.0), IDENTITY.rotation_wxyz))
        for time in times_ms
    ]
    return move_from_samples("walk", samples, rate=Fraction(25))


def test_a_lost_frame_leaves_a_gap_and_the_nearest_sample_wins() -> None:
    # At 25 a frame is 40 ms: 30 and 41 both stand at the second, 41 nearer; none at the third.
    shot = shots.shot_of(tracker(0, 30, 41, 121), Options())
    assert [key.frame for key in shot.keys] == [1, 2, 4]
    assert [key.pose.position_m[0] for key in shot.keys] == pytest.approx([0.0, 0.41, 1.21])


def test_a_files_own_frame_numbers_are_kept(crane: CameraMove) -> None:
    shot = shots.shot_of(crane, Options())
    far = replace(shot, keys=tuple(replace(key, frame=key.frame + 1000) for key in shot.keys))
    again = shots.shot_of(shots.move_of(far, Options()), Options())
    assert [key.frame for key in again.keys] == [key.frame for key in far.keys]


def test_a_shot_says_all_a_pinhole_can(crane: CameraMove) -> None:
    again = shots.move_of(shots.shot_of(crane, Options()), Options())
    gone = lost(fields(crane), fields(again))
    wanted = {"timing.timecode", "lens.entrancePupilOffset", "lens.distortion"}
    assert {name for name in gone if not name.startswith(tuple(wanted))} == set()
    assert not any(validate(sample) for sample in again.samples)


def test_the_slate_is_said_where_every_frames_timecode_follows(crane: CameraMove) -> None:
    assert shots.shot_of(crane, Options()).start_timecode == "10:00:00:00"
    broken = replace(crane, samples=(*crane.samples[:5], *crane.samples[6:], crane.samples[5]))
    assert shots.shot_of(broken, Options()).start_timecode == ""


def test_a_move_without_a_pose_is_refused(crane: CameraMove) -> None:
    bare = [{k: v for k, v in sample.items() if k != "transforms"} for sample in crane.samples]
    with pytest.raises(BadInput, match="no pose"):
        shots.shot_of(replace(crane, samples=tuple(bare)), Options())


def test_a_sensor_larger_than_the_picture_is_cropped_to_its_shape() -> None:
    # A full 36 x 24 sensor under 16:9 gives 36 x 20.25.
    report = LensReport(focal_length_mm=50.0, sensor_width_mm=36.0, sensor_height_mm=24.0)
    optics = shots.optics_of(report, (1920, 1080), Options())
    assert optics is not None
    assert (optics.focal_length_mm, optics.sensor_width_mm) == pytest.approx((50.0, 36.0))
    assert optics.sensor_height_mm == pytest.approx(20.25)


def test_an_unknown_sensor_is_the_options_else_36_mm() -> None:
    report = LensReport(focal_length_mm=50.0)
    assert shots.optics_of(report, None, Options()) == Optics(50.0, 36.0, 20.25)
    wide = shots.optics_of(report, (2000, 1000), Options(sensor_width_mm=24.0))
    assert wide is not None
    assert (wide.sensor_width_mm, wide.sensor_height_mm) == pytest.approx((24.0, 12.0))
    assert shots.optics_of(LensReport(f_stop=2.0), None, Options()) is None
