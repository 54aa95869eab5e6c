"""JSON Live Link, against a camera where Unreal shows it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.livelink_json import (
    LiveLinkError,
    Subject,
    decode,
    encode,
    encode_frame,
    encode_static,
    field_of_view_deg,
)
from openset.primitives.space import Pose, angle_between_rad, pose_from_pan_tilt_roll

HALF = math.sqrt(0.5)
turns = (
    st.tuples(*[st.floats(-1, 1)] * 4)
    .filter(lambda q: math.hypot(*q) > 0.1)
    .map(lambda q: tuple(each / math.hypot(*q) for each in q))
)
poses = st.builds(Pose, st.tuples(*[st.floats(-1e4, 1e4)] * 3), turns)
lenses = st.dictionaries(
    st.sampled_from(["FieldOfView", "FocalLength", "Aperture", "FocusDistance"]), st.floats(0.1, 1e4)
)


def test_a_camera_stands_where_unreal_shows_it() -> None:
    # 1 m right, 2 m ahead, 1.5 m up, panned 90 degrees to the left: yaw -90 in Unreal.
    pose = pose_from_pan_tilt_roll((1.0, 2.0, 1.5), math.pi / 2, 0.0, 0.0)
    root = json.loads(encode(Subject("CamA", pose, {"FocalLength": 35.0})))
    (bone,) = root["CamA"]
    assert (bone["Name"], bone["Parent"], bone["Scale"]) == ("Camera", -1, [1.0, 1.0, 1.0])
    assert bone["Location"] == pytest.approx([200.0, 100.0, 150.0])
    x, y, z, w = bone["Rotation"]
    sign = math.copysign(1.0, w)
    assert [sign * each for each in (x, y, z, w)] == pytest.approx([0.0, 0.0, -HALF, HALF])
    assert bone["FocalLength"] == 35.0


def test_the_camera_dialect_says_first_what_will_come() -> None:
    pose = Pose((0.0, 0.0, 0.0), (HALF, HALF, 0.0, 0.0))
    subject = Subject("A", pose, {"FocalLength": 35.0}, 2.5, {"FilmBackWidth": 36.0})
    static = json.loads(encode_static(subject))["A"]
    assert static == [
        {"Role": "Camera"},
        {"Location": True, "Rotation": True, "FocalLength": True, "FilmBackWidth": 36.0},
    ]
    frame = json.loads(encode_frame(subject))["A"]
    assert frame[:2] == [{"Role": "Camera"}, {"Time": 2.5}]
    assert set(frame[2]) == {"L", "R", "FocalLength"}
    assert frame[2]["R"] == pytest.approx([0.0, 0.0, 0.0, 1.0])


def test_a_field_of_view_is_across() -> None:
    assert field_of_view_deg(18.0, 36.0) == pytest.approx(90.0)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=10), poses, lenses, st.floats(0, 1e6))
def test_a_subject_survives_either_dialect(name: str, pose: Pose, lens: Any, time_s: float) -> None:
    subject = Subject(name, pose, lens, time_s)
    for sent in (encode(subject), encode_frame(subject)):
        (back,) = decode(sent)
        assert back.pose is not None
        assert (back.name, back.lens) == (name, lens)
        assert back.pose.position_m == pytest.approx(pose.position_m, abs=1e-9)
        assert angle_between_rad(back.pose, pose) < 1e-6
    assert decode(encode_static(subject))[0].static == {}


@pytest.mark.parametrize(
    "subject",
    [
        Subject("a", None),
        Subject("a", Pose((math.nan, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))),
        Subject("a", Pose((1e300, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))),
        Subject("a", Pose((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)), {"Aperture": math.inf}),
    ],
)
def test_what_json_cannot_say_is_refused(subject: Subject) -> None:
    with pytest.raises(LiveLinkError):
        encode(subject)
    with pytest.raises(LiveLinkError):
        encode_frame(subject)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"[]",
        b"{}",
        b'{"a": 1}',
        b'{"a": []}',
        b'{"a": [1]}',
        b'{"a": [{}]}',
        b"[" * 60_000,
        b"\xff",
    ],
)
def test_what_is_no_live_link_is_refused(datagram: bytes) -> None:
    with pytest.raises(LiveLinkError):
        decode(datagram)


trees = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["Role", "L", "R", "Location", "Rotation", "Time"]), inner)
    ),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), trees)
def test_any_bytes_and_any_json_raise_only_the_named_error(noise: bytes, tree: Any) -> None:
    for text in (noise, json.dumps({"a": tree}).encode(), json.dumps(tree).encode()):
        try:
            subjects = decode(text)
        except LiveLinkError:
            continue
        assert subjects
