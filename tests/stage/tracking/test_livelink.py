from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.livelink_json import decode
from openset.primitives.space import Pose, angle_between_rad, pose_from_pan_tilt_roll
from openset.stage.tracking.livelink import FAULTS, VALUES, LiveLinkEncoder
from openset.stage.tracking.samples import LensReport, TrackSample

LENS = LensReport(
    focal_length_mm=18.0, focus_distance_m=2.5, f_stop=2.8, sensor_width_mm=36.0, sensor_height_mm=24.0
)
POSE = pose_from_pan_tilt_roll((1.0, 2.0, 1.5), 0.3, -0.1, 0.02)


def test_a_sample_goes_out_as_one_subject_with_its_lens() -> None:
    (datagram,) = LiveLinkEncoder("CamA").encode(TrackSample(7, POSE, LENS), 0)
    (subject,) = decode(datagram)
    assert subject.name == "CamA"
    assert subject.pose is not None
    assert subject.pose.position_m == pytest.approx((1.0, 2.0, 1.5))
    assert angle_between_rad(subject.pose, POSE) < 1e-6
    assert subject.lens == pytest.approx(
        {"FieldOfView": 90.0, "FocalLength": 18.0, "Aperture": 2.8, "FocusDistance": 250.0}
    )


def test_what_the_camera_is_goes_out_first_on_change_and_every_two_seconds() -> None:
    encoder = LiveLinkEncoder("A", "camera")
    second = 1_000_000_000
    sent = [
        len(encoder.encode(TrackSample(0, POSE, lens), at))
        for at, lens in (
            (0, None),
            (1 * second, None),
            (1 * second, LENS),
            (2 * second, LENS),
            (3 * second, LENS),
        )
    ]
    assert sent == [2, 1, 2, 1, 2]
    static, frame = encoder.encode(TrackSample(5 * second, POSE, LENS), 9 * second)
    assert json.loads(static)["A"][1]["FilmBackHeight"] == 24.0
    assert decode(frame)[0].time_s == 5.0


def test_a_pose_that_is_not_finite_is_counted_not_sent() -> None:
    encoder = LiveLinkEncoder()
    assert encoder.encode(TrackSample(0, Pose((math.nan, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))), 0) == ()
    assert encoder.faults == {VALUES: 1}
    assert FAULTS[VALUES]


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.floats()] * 3), st.lists(st.none() | st.floats(), min_size=5, max_size=5))
def test_an_encoder_never_raises_whatever_the_numbers(
    place: tuple[float, float, float], lens: list[float | None]
) -> None:
    pose = Pose(place, (1.0, 0.0, 0.0, 0.0))
    report = LensReport(*lens[:3], sensor_width_mm=lens[3], sensor_height_mm=lens[4])
    for encoder in (LiveLinkEncoder(), LiveLinkEncoder("A", "camera")):
        for datagram in encoder.encode(TrackSample(0, pose, report), 5):
            assert datagram
            assert all(map(math.isfinite, place))
