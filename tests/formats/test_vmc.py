"""The VMC protocol, in and out, against places and turns worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import osc, vmc
from openset.formats.osc import Message
from openset.formats.vmc import Camera, Report, decode, encode, is_vmc
from openset.primitives.space import Pose, angle_between_rad, pan_tilt_roll_from_pose

HALF = math.sqrt(0.5)
names = st.text("abcXYZ 09", min_size=1, max_size=8).map(str.strip).filter(bool)
turns = (
    st.tuples(*[st.floats(-1, 1)] * 4)
    .filter(lambda q: math.hypot(*q) > 0.1)
    .map(lambda q: tuple(each / math.hypot(*q) for each in q))
)
poses = st.builds(Pose, st.tuples(*[st.floats(-50, 50)] * 3), turns)
reports = st.builds(
    Report,
    st.lists(st.builds(Camera, names, poses, st.floats(0.1, 2.5)), max_size=2).map(tuple),
    st.none() | poses,
    st.dictionaries(names, poses, max_size=3),
    st.dictionaries(names.map(lambda serial: f"tracker {serial}"), poses, max_size=2),
    st.none() | st.booleans(),
    st.none() | st.floats(0, 1000),
)


def camera(*values: Any) -> Camera:
    report = decode([Message("/VMC/Ext/Cam", ("Camera", *values))])
    assert not report.broken
    return report.cameras[0]


def test_a_camera_that_is_not_turned_looks_ahead_from_its_place() -> None:
    got = camera(1.0, 1.5, 2.0, 0.0, 0.0, 0.0, 1.0, 60.0)
    assert got.pose.position_m == (1.0, 2.0, 1.5)
    assert pan_tilt_roll_from_pose(got.pose) == pytest.approx((0.0, 0.0, 0.0))
    assert got.fov_rad == pytest.approx(math.pi / 3)


def test_unitys_turns_keep_their_sense_in_ours() -> None:
    # Unity turns by the left hand: +90 about Y is to the right (our pan -90), +90 about X is down, and
    # +30 about Z is anticlockwise seen from behind (our roll -30): q = (0, 0, sin 15, cos 15).
    right = camera(0.0, 0.0, 0.0, 0.0, HALF, 0.0, HALF, 60.0).pose
    assert pan_tilt_roll_from_pose(right) == pytest.approx((-math.pi / 2, 0.0, 0.0))
    down = camera(0.0, 0.0, 0.0, math.sin(0.2), 0.0, 0.0, math.cos(0.2), 60.0).pose
    assert pan_tilt_roll_from_pose(down) == pytest.approx((0.0, -0.4, 0.0))
    s, c = math.sin(math.radians(15)), math.cos(math.radians(15))
    tilted = camera(0.0, 0.0, 0.0, 0.0, 0.0, s, c, 60.0).pose
    assert pan_tilt_roll_from_pose(tilted) == pytest.approx((0.0, 0.0, -math.radians(30)))


def test_a_bone_keeps_its_local_place_in_swapped_axes() -> None:
    # The upper arm, 0.1 m to the left and 0.05 up of the shoulder, turned 90 degrees about Unity's Y.
    message = Message("/VMC/Ext/Bone/Pos", ("LeftUpperArm", -0.1, 0.05, 0.0, 0.0, HALF, 0.0, HALF))
    bone = decode([message]).bones["LeftUpperArm"]
    assert bone.position_m == (-0.1, 0.0, 0.05)
    assert bone.rotation_wxyz == pytest.approx((HALF, 0.0, 0.0, -HALF))


def test_health_time_root_and_devices_are_read() -> None:
    place = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    report = decode(
        [
            Message("/VMC/Ext/OK", (1, 3, 0)),
            Message("/VMC/Ext/T", (12.5,)),
            Message("/VMC/Ext/Root/Pos", ("root", *place, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0)),
            Message("/VMC/Ext/Tra/Pos", ("LHR-1", *place)),
            Message("/VMC/Ext/Blend/Val", ("Joy", 0.5)),
        ]
    )
    assert (report.loaded, report.time_s, report.unknown, report.broken) == (True, 12.5, 1, 0)
    assert report.root == Pose((0.0, 0.0, 1.0), (1.0, 0.0, 0.0, 0.0))
    assert list(report.devices) == ["tracker LHR-1"]


@settings(max_examples=60, deadline=None)
@given(reports)
def test_a_report_survives_the_wire(report: Report) -> None:
    sent = encode(report)
    back = decode(osc.decode(osc.encode_bundle(sent)).messages if sent else [])
    assert all(map(is_vmc, sent))
    assert (back.loaded, back.broken, back.unknown) == (report.loaded, 0, 0)
    assert back.time_s == (None if report.time_s is None else pytest.approx(report.time_s, rel=1e-6))
    assert [each.name for each in back.cameras] == [each.name for each in report.cameras]
    pairs = [(back.root, report.root)] if report.root else []
    pairs += [(one.pose, two.pose) for one, two in zip(back.cameras, report.cameras, strict=True)]
    pairs += [(back.bones[name], pose) for name, pose in report.bones.items()]
    pairs += [(back.devices[name], pose) for name, pose in report.devices.items()]
    for got, sent_pose in pairs:
        assert got is not None
        assert got.position_m == pytest.approx(sent_pose.position_m, abs=1e-5)
        assert angle_between_rad(got, sent_pose) < 2e-3


@pytest.mark.parametrize(
    "message",
    [
        Message("/VMC/Ext/Cam", ()),
        Message("/VMC/Ext/Cam", ("Camera", 1.0)),
        Message("/VMC/Ext/Cam", (7, *[0.0] * 8)),
        Message("/VMC/Ext/Cam", ("Camera", 0.0, 0.0, math.nan, 0.0, 0.0, 0.0, 1.0, 60.0)),
        Message("/VMC/Ext/Cam", ("Camera", 1e30, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 60.0)),
        Message("/VMC/Ext/Cam", ("Camera", *[0.0] * 8)),
        Message("/VMC/Ext/Bone/Pos", ("Hips", *[0.0] * 6, math.inf)),
        Message("/VMC/Ext/OK", ("yes",)),
        Message("/VMC/Ext/T", (math.inf,)),
        Message("/VMC/Ext/T", (1e300,)),
    ],
)
def test_a_message_that_cannot_be_used_costs_itself(message: Message) -> None:
    good = Message("/VMC/Ext/Cam", ("Camera", *[0.0] * 6, 1.0, 60.0))
    report = decode([message, good])
    assert (report.broken, len(report.cameras)) == (1, 1)


def test_a_field_of_view_no_lens_has_is_left_out() -> None:
    assert camera(*[0.0] * 6, 1.0, 0.0).fov_rad is None
    assert camera(*[0.0] * 6, 1.0, 400.0).fov_rad is None


anything = st.one_of(st.floats(), st.integers(), st.text(max_size=4), st.none(), st.binary(max_size=3))


@given(
    st.sampled_from(["Cam", "Bone/Pos", "Root/Pos", "Hmd/Pos", "OK", "T", "", "Light"]),
    st.lists(anything, max_size=10),
)
def test_any_arguments_are_read_or_counted(what: str, given_: list[Any]) -> None:
    report = decode([Message(f"/VMC/Ext/{what}", tuple(given_))])
    assert isinstance(report, vmc.Report)
