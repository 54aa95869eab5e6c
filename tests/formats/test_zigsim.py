"""ZIG SIM's poses, against a phone held in the hand."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import osc
from openset.formats.osc import Message
from openset.formats.zigsim import (
    Phone,
    ZigSimError,
    attitude,
    decode,
    decode_json,
    encode,
    is_zigsim,
    pose,
)
from openset.primitives.space import pan_tilt_roll_from_pose

HALF = math.sqrt(0.5)
LEVEL = (1.0, 0.0, 0.0, 0.0)
turns = st.tuples(*[st.floats(-1, 1, width=32)] * 4).filter(lambda q: math.hypot(*q) > 0.1)
places = st.tuples(*[st.floats(-100, 100, width=32)] * 3)


def test_a_phone_at_the_sessions_start_looks_ahead() -> None:
    got = pose((0.5, 1.5, -2.0), LEVEL)
    assert got.position_m == (0.5, 2.0, 1.5)
    assert pan_tilt_roll_from_pose(got) == pytest.approx((0.0, 0.0, 0.0))


def test_a_turn_about_arkits_y_is_a_pan_to_the_left() -> None:
    assert pan_tilt_roll_from_pose(pose((0, 0, 0), (HALF, 0.0, HALF, 0.0)))[0] == pytest.approx(
        math.pi / 2
    )
    tipped = pose((0, 0, 0), (math.cos(0.1), math.sin(0.1), 0.0, 0.0))
    assert pan_tilt_roll_from_pose(tipped) == pytest.approx((0.0, 0.2, 0.0))


def test_an_upright_phone_gives_an_upright_picture() -> None:
    # From sideways (lower end right) to upright the phone turns 90 degrees clockwise as its holder
    # sees it: ARKit's x, which ran right, now runs down. Right-handed about z (towards the holder)
    # that is -90 degrees: q = (cos -45, 0, 0, sin -45).
    got = pose((0, 0, 0), (HALF, 0.0, 0.0, -HALF), "upright")
    assert pan_tilt_roll_from_pose(got) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    sideways = pose((0, 0, 0), (HALF, 0.0, 0.0, -HALF), "sideways")
    assert pan_tilt_roll_from_pose(sideways) == pytest.approx((0.0, 0.0, math.pi / 2))


def test_an_attitude_says_where_the_phone_looks_but_not_where_it_is() -> None:
    # Lying on its back (attitude 1 0 0 0) its camera looks straight down.
    assert (attitude(LEVEL, "upright").matrix[:3, :3] @ [0, 0, -1]).tolist() == pytest.approx(
        [0, 0, -1]
    )
    # Raised upright, +90 degrees about its x: it looks level along +Y, upper end up.
    raised = attitude((HALF, HALF, 0.0, 0.0), "upright")
    assert pan_tilt_roll_from_pose(raised) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert raised.position_m == (0.0, 0.0, 0.0)
    # Then turned sideways, upper end to the left: +90 about its own z (towards the viewer).
    # (h, h, 0, 0) * (h, 0, 0, h) = (1/2, 1/2, -1/2, 1/2).
    turned = attitude((0.5, 0.5, -0.5, 0.5), "sideways")
    assert pan_tilt_roll_from_pose(turned) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)


def test_osc_and_json_say_the_same() -> None:
    messages = [
        Message("/ZIGSIM/kofi/arkitposition", (1.0, 1.5, -2.0)),
        Message("/ZIGSIM/kofi/arkitrotation", (0.0, HALF, 0.0, HALF)),
        Message("/ZIGSIM/kofi/gravity", (0.0, -1.0, 0.0)),
        Message("/deviceinfo", ("kofi", "iPhone", "ios", "17", 1170, 2532)),
    ]
    phone = decode(messages)[0]
    assert phone == Phone("kofi", (1.0, 1.5, -2.0), (HALF, 0.0, HALF, 0.0), None, ("gravity",))
    text = {
        "device": {"name": "Kofi's phone", "uuid": "kofi"},
        "timestamp": "2026_11_22_10:00:00.000",
        "sensordata": {
            "arkit": {
                "position": {"x": 1.0, "y": 1.5, "z": -2.0},
                "rotation": {"x": 0.0, "y": HALF, "z": 0.0, "w": HALF},
            },
            "gravity": {"x": 0.0, "y": -1.0, "z": 0.0},
        },
    }
    assert decode_json(json.dumps(text).encode()) == phone


def test_older_addresses_without_the_apps_name_are_known() -> None:
    assert is_zigsim(Message("/abc/arkitrotation"))
    assert is_zigsim(Message("/ZIGSIM/abc/gyro"))
    assert not is_zigsim(Message("/VMC/Ext/Cam"))


@settings(max_examples=60, deadline=None)
@given(st.none() | places, st.none() | turns, st.none() | turns)
def test_a_phone_survives_the_wire(place: Any, turn: Any, level: Any) -> None:
    phone = Phone("abc", place, turn, level)
    sent = encode(phone)
    if sent:
        assert decode(osc.decode(osc.encode_bundle(sent)).messages) == [phone]


@pytest.mark.parametrize(
    "arguments", [(), (1.0, 2.0), (1.0, 2.0, math.nan), (1e30, 0.0, 0.0), ("1", "2", "3")]
)
def test_a_broken_value_is_counted(arguments: tuple[Any, ...]) -> None:
    (phone,) = decode([Message("/ZIGSIM/a/arkitposition", arguments)])
    assert (phone.position, phone.broken) == (None, 1)


@pytest.mark.parametrize(
    "datagram",
    [b"", b"[]", b"{}", b'{"device": 1}', b'{"device": {}, "sensordata": []}', b"\xff{", b"[" * 60_000],
)
def test_what_is_no_zig_sim_json_is_refused(datagram: bytes) -> None:
    with pytest.raises(ZigSimError) as caught:
        decode_json(datagram)
    assert caught.value.at.startswith("byte")


def test_a_datagram_of_absurd_length_is_refused_unread() -> None:
    with pytest.raises(ZigSimError, match="longer"):
        decode_json(b" " * 70_000)


trees = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "y", "z", "w", "arkit", "position", "rotation"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), trees, trees)
def test_any_bytes_and_any_json_raise_only_the_named_error(noise: bytes, one: Any, two: Any) -> None:
    texts = [noise, json.dumps({"device": one, "sensordata": two}).encode()]
    texts.append(
        json.dumps({"device": {"uuid": "a"}, "sensordata": {"arkit": one, "quaternion": two}}).encode()
    )
    for text in texts:
        try:
            phone = decode_json(text)
        except ZigSimError:
            continue
        assert isinstance(phone, Phone)
