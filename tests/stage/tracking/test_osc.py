"""OSC decoders and encoders, against the datagrams apps send."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.osc import BROKEN, EMPTY, UNKNOWN, Message, encode, encode_bundle
from openset.formats.osc_table import read_table
from openset.primitives.space import (
    Pose,
    angle_between_rad,
    pan_tilt_roll_from_pose,
    pose_from_pan_tilt_roll,
)
from openset.stage.tracking.field_of_view import fov_of_lens
from openset.stage.tracking.osc import ADDRESS, FAULTS, JSON, NO_POSE, VALUES, OscDecoder, OscEncoder
from openset.stage.tracking.samples import LensReport, TrackSample
from openset.stage.tracking.wire import Heard

HALF = math.sqrt(0.5)
HOST, OTHER_PORT = "10.0.0.7", "10.0.0.7:50001"
PHONE = f"{HOST}:50000"
LEVEL = (0.0, 0.0, 0.0, 1.0)
TABLE = read_table(
    """name = "Head"
[[message]]
address = "/cam/*/place"
arguments = ["x", "y", "z"]
[[message]]
address = "/cam/*/look"
arguments = ["pan", "tilt", "roll", "fov", "focus_distance_m", "f_stop", "time_s"]
"""
)


def sample(pose: Pose | None = None) -> TrackSample:
    lens = LensReport(focal_length_mm=35.0, focus_distance_m=2.5, f_stop=2.8, sensor_width_mm=36.0)
    return TrackSample(7, pose or pose_from_pan_tilt_roll((1.0, 2.0, 1.5), 0.3, -0.1, 0.02), lens)


def one(decoder: OscDecoder, *messages: Message) -> Heard:
    (heard,) = decoder.feed(encode_bundle(messages), PHONE, 5)
    return heard


def test_a_vmc_camera_is_heard_with_its_lens() -> None:
    heard = one(
        OscDecoder(),
        Message("/VMC/Ext/OK", (1,)),
        Message("/VMC/Ext/T", (2.5,)),
        Message("/VMC/Ext/Cam", ("Camera", 1.0, 1.5, 2.0, *LEVEL, 90.0)),
    )
    assert heard.source == f"VMC camera Camera from {HOST}"
    assert heard.pose is not None
    assert heard.pose.position_m == (1.0, 2.0, 1.5)
    assert pan_tilt_roll_from_pose(heard.pose) == pytest.approx((0, 0, 0))
    assert heard.lens is not None
    assert heard.lens.focal_length_mm == pytest.approx(10.125)
    assert (heard.stamp_ns, heard.fields, heard.status) == (2_500_000_000, ("field of view",), "")


def test_vmc_bones_and_trackers_are_their_own_sources() -> None:
    body, tracker = (
        OscDecoder().feed(encode_bundle([message]), PHONE, 5)[0]
        for message in (
            Message("/VMC/Ext/Bone/Pos", ("Hips", 0.0, 1.0, 0.0, *LEVEL)),
            Message("/VMC/Ext/Tra/Pos", ("LHR-1", 0.0, 1.0, 0.0, *LEVEL)),
        )
    )
    assert (body.source, body.pose) == (f"VMC body from {HOST}", None)
    assert body.bones == {"Hips": Pose((0.0, 0.0, 1.0), (1.0, 0.0, 0.0, 0.0))}
    assert tracker.source == f"VMC tracker LHR-1 from {HOST}"
    assert tracker.pose is not None
    assert pan_tilt_roll_from_pose(tracker.pose) == pytest.approx((0, 0, 0))


def test_a_performer_that_has_not_loaded_is_not_ready() -> None:
    camera = Message("/VMC/Ext/Cam", ("Camera", 0.0, 0.0, 0.0, *LEVEL, 90.0))
    assert one(OscDecoder(), Message("/VMC/Ext/OK", (0,)), camera).status == "not ready"


def test_a_phones_place_and_rotation_are_one_report_however_they_come() -> None:
    place = Message("/ZIGSIM/kofi/arkitposition", (0.5, 1.5, -2.0))
    look = Message("/ZIGSIM/kofi/arkitrotation", (0.0, HALF, 0.0, HALF))
    together = one(OscDecoder(), place, look)
    decoder = OscDecoder()
    assert decoder.feed(encode(place), PHONE, 5) == []
    (apart,) = decoder.feed(encode(look), OTHER_PORT, 6)
    assert apart == together
    assert decoder.feed(encode(look), PHONE, 7) == []  # the next place is still to come
    assert together.source == f"ZIG SIM kofi from {HOST}"
    assert together.pose is not None
    assert together.pose.position_m == (0.5, 2.0, 1.5)
    assert pan_tilt_roll_from_pose(together.pose) == pytest.approx((math.pi / 2, 0, 0), abs=1e-6)


def test_a_phone_sends_json_as_well() -> None:
    data = {"arkit": {"position": [0, 1, 0], "rotation": [0, 0, 0, 1]}, "gravity": {"x": 0}}
    text = json.dumps({"device": {"uuid": "kofi"}, "sensordata": data}).encode()
    decoder = OscDecoder()
    assert decoder.takes(text)
    (heard,) = decoder.feed(text, PHONE, 5)
    assert heard.pose is not None
    assert heard.pose.position_m == (0.0, 0.0, 1.0)
    assert heard.fields == ("gravity",)


def test_a_phone_without_arkit_tells_its_attitude_only() -> None:
    # Upright, looking level along +Y: see tests/formats/test_zigsim.py.
    decoder = OscDecoder(held="upright")
    heard = one(decoder, Message("/ZIGSIM/kofi/quaternion", (HALF, 0.0, 0.0, HALF)))
    assert heard.status == "attitude only"
    assert heard.pose is not None
    assert pan_tilt_roll_from_pose(heard.pose) == pytest.approx((0, 0, 0), abs=1e-6)
    one(
        decoder,
        Message("/ZIGSIM/kofi/arkitposition", (0.0, 0.0, 0.0)),
        Message("/ZIGSIM/kofi/arkitrotation", LEVEL),
    )
    quaternion = Message("/ZIGSIM/kofi/quaternion", (HALF, 0.0, 0.0, HALF))
    assert decoder.feed(encode(quaternion), PHONE, 5) == []  # ARKit's pose is the better one


def test_a_table_joins_what_comes_apart_and_keeps_cameras_apart() -> None:
    decoder = OscDecoder(TABLE)
    lens = (60.0, 2.5, 2.8, 12.0)
    heard = [
        each
        for message in (
            Message("/cam/a/place", (1.0, 2.0, 1.5)),
            Message("/cam/b/place", (9.0, 9.0, 9.0)),
            Message("/cam/a/look", (10.0, 0.0, 0.0, *lens)),
            Message("/cam/a/look", (20.0, 0.0, 0.0, *lens)),
            Message("/cam/a/place", (1.1, 2.0, 1.5)),
        )
        for each in decoder.feed(encode(message), PHONE, 5)
    ]
    assert [each.source for each in heard] == [f"Head a from {HOST}"] * 2
    poses = [each.pose for each in heard]
    assert all(poses)
    assert [each.position_m[0] for each in poses if each] == pytest.approx([1.0, 1.1])
    assert [math.degrees(pan_tilt_roll_from_pose(each)[0]) for each in poses if each] == pytest.approx(
        [10.0, 20.0], abs=1e-5
    )
    assert heard[0].lens is not None
    assert fov_of_lens(heard[0].lens) == pytest.approx(math.radians(60), rel=1e-6)
    assert (heard[0].lens.focus_distance_m, heard[0].stamp_ns) == (2.5, 12_000_000_000)
    assert heard[0].fields == ("field of view", "focus distance", "iris", "time")


def test_a_half_that_comes_again_does_not_wait_for_the_other() -> None:
    # A lens that is only sent when it changes must not hold the poses back.
    table = read_table(
        '[[message]]\naddress = "/p"\narguments = ["x", "y", "z"]\n'
        '[[message]]\naddress = "/r"\narguments = ["pan"]\n'
    )
    decoder = OscDecoder(table)
    decoder.feed(encode_bundle([Message("/p", (0.0, 0.0, 0.0)), Message("/r", (1.0,))]), PHONE, 0)
    moving = [decoder.feed(encode(Message("/p", (x, 0.0, 0.0))), PHONE, 1) for x in (1.0, 2.0, 3.0)]
    assert [len(each) for each in moving] == [0, 1, 1]


def test_a_bundles_time_is_the_senders_stamp() -> None:
    table = read_table('[[message]]\naddress = "/p"\narguments = ["x", "y", "z"]\n')
    bundle = encode_bundle([Message("/p", (1.0, 2.0, 3.0))], 1_700_000_000_500_000_000)
    (heard,) = OscDecoder(table).feed(bundle, PHONE, 5)
    assert heard.stamp_ns == 1_700_000_000_500_000_000


def test_a_name_that_nothing_could_print_is_no_name() -> None:
    decoder = OscDecoder()
    half = b'{"device":{"name":"a\\ud800"},"sensordata":{"quaternion":{"x":0,"y":0,"z":0,"w":1}}}'
    assert decoder.feed(half, PHONE, 5) == []
    assert decoder.faults == {"no JSON of ZIG SIM": 1}


def test_a_vmc_camera_survives_the_wire() -> None:
    encoder, decoder = OscEncoder(camera="B"), OscDecoder()
    bones = {
        "Hips": Pose((0.0, 0.1, 1.0), (1.0, 0.0, 0.0, 0.0)),
        "root": Pose((1.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)),
    }
    sent = sample()
    (datagram,) = encoder.encode(sent, 10, bones=bones)
    camera, body = decoder.feed(datagram, "a", 5)
    assert camera.pose is not None
    assert camera.pose.position_m == pytest.approx((1.0, 2.0, 1.5))
    assert angle_between_rad(camera.pose, sent.stage_from_camera) < 2e-3
    assert fov_of_lens(camera.lens) == pytest.approx(fov_of_lens(sent.lens), rel=1e-6)
    assert set(body.bones or {}) == {"Hips", "root"}
    assert camera.stamp_ns == 0


def test_a_table_goes_out_as_it_comes_in() -> None:
    sent = sample()
    (datagram,) = OscEncoder(TABLE, "b").encode(sent, 10)
    (heard,) = OscDecoder(TABLE).feed(datagram, "x", 5)
    assert heard.source == "Head b from x"
    assert heard.pose is not None
    assert angle_between_rad(heard.pose, sent.stage_from_camera) < 2e-3
    assert heard.lens is not None
    assert heard.lens.f_stop == pytest.approx(2.8)


def test_faults_are_counted_by_name_and_explained() -> None:
    decoder = OscDecoder()
    for datagram in (
        b"\xd1" + bytes(28),
        b"/abc",
        encode_bundle([]),
        encode(Message("/VMC/Ext/Cam", ("Camera",))),
        encode(Message("/ZIGSIM/a/arkitposition", (1.0,))),
        encode(Message("/ZIGSIM/b/gravity", (0.0, 0.0, 1.0))),
        encode(Message("/other", (1.0,))),
        b'{"device": 1}',
    ):
        assert not decoder.feed(datagram, PHONE, 5)
    assert decoder.faults == {
        UNKNOWN: 1, BROKEN: 1, EMPTY: 1, VALUES: 2, NO_POSE: 1, ADDRESS: 1, JSON: 1,
    }  # fmt: skip
    assert set(decoder.faults) <= set(FAULTS)
    absurd = sample(Pose((1e300, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)))
    encoder = OscEncoder()
    assert encoder.encode(absurd, 0) == ()
    assert encoder.faults == {VALUES: 1}


def test_a_crowd_of_made_up_cameras_does_not_fill_the_memory() -> None:
    decoder = OscDecoder(TABLE)
    for number in range(2000):
        decoder.feed(encode(Message(f"/cam/{number}/place", (0.0, 0.0, 0.0))), PHONE, 5)
        decoder.feed(encode(Message(f"/ZIGSIM/{number}/gravity", (0.0,))), PHONE, 5)
    assert len(decoder._halves) <= 256
    assert len(decoder._phones) <= 256


anything = st.one_of(
    st.floats(width=32), st.integers(-(2**31), 2**31 - 1), st.text("ab", max_size=4), st.none()
)
addresses = st.sampled_from(
    ["/VMC/Ext/Cam", "/VMC/Ext/Bone/Pos", "/ZIGSIM/a/arkitposition", "/ZIGSIM/a/arkitrotation",
     "/ZIGSIM/a/quaternion", "/cam/a/place", "/cam/a/look", "/x"]
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(addresses, st.lists(anything, max_size=9)), max_size=4), st.binary(max_size=60)
)
def test_a_decoder_never_raises(sent: list[tuple[str, list[Any]]], noise: bytes) -> None:
    for decoder in (OscDecoder(), OscDecoder(TABLE)):
        messages = [Message(address, tuple(values)) for address, values in sent]
        for datagram in (encode_bundle(messages), noise, b"/" + noise, b'{"device"' + noise):
            decoder.takes(datagram)
            decoder.feed(datagram, PHONE, 5)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.floats()] * 3), st.lists(st.none() | st.floats(), min_size=5, max_size=5))
def test_an_encoder_never_raises_whatever_the_numbers(
    place: tuple[float, float, float], lens: list[float | None]
) -> None:
    pose = Pose(place, (1.0, 0.0, 0.0, 0.0))
    report = LensReport(*lens[:3], sensor_width_mm=lens[3], sensor_height_mm=lens[4])
    for encoder in (OscEncoder(), OscEncoder(TABLE)):
        for datagram in encoder.encode(TrackSample(0, pose, report), 5):
            assert datagram
            assert all(map(math.isfinite, place))
