"""OSC messages and bundles, byte by byte."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.osc import (
    BROKEN,
    DEEPEST,
    EMPTY,
    FAULTS,
    MOST_MESSAGES,
    UNKNOWN,
    Message,
    OscError,
    decode,
    encode,
    encode_bundle,
    is_osc,
)

# "/oscillator/4/frequency" and 440.0: the example of the OSC 1.0 specification.
EXAMPLE = bytes.fromhex("2f6f7363696c6c61746f722f342f6672657175656e6379002c66000043dc0000")
# "/foo" with 1000, -1, "hello", 1.234, 5.678: the specification's second example.
SECOND = bytes.fromhex(
    "2f666f6f000000002c69697366660000000003e8ffffffff68656c6c6f0000003f9df3b640b5b22d"
)

single = st.floats(width=32, allow_nan=False)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
scalars: st.SearchStrategy[Any] = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    single,
    texts,
    st.binary(min_size=1, max_size=20),
    st.booleans(),
    st.none(),
)
messages = st.builds(
    Message,
    texts.map(lambda text: "/" + text),
    st.lists(st.one_of(scalars, st.lists(scalars, max_size=3).map(tuple)), max_size=6).map(tuple),
    st.none(),
)


def test_the_specifications_examples_are_read_and_written() -> None:
    assert decode(EXAMPLE).messages == (Message("/oscillator/4/frequency", (440.0,)),)
    assert encode(Message("/oscillator/4/frequency", (440.0,))) == EXAMPLE
    (second,) = decode(SECOND).messages
    assert second.arguments == (1000, -1, "hello", pytest.approx(1.234), pytest.approx(5.678))
    assert encode(second) == SECOND


@settings(max_examples=60, deadline=None)
@given(messages)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    assert decode(encode(message)).messages == (message,)


@settings(max_examples=40, deadline=None)
@given(st.lists(messages, min_size=1, max_size=5), st.none() | st.integers(0, 2_085_978_495 * 10**9))
def test_a_bundle_comes_back_with_its_time(sent: list[Message], time_ns: int | None) -> None:
    packet = decode(encode_bundle(sent, time_ns))
    assert [each[:2] for each in packet.messages] == [each[:2] for each in sent]
    assert {each.time_ns for each in packet.messages} == {time_ns}
    assert packet.broken == 0


def test_bundles_in_bundles_are_opened() -> None:
    inner = encode_bundle([Message("/b"), Message("/c", (1,))], 10**18)
    both = encode_bundle([Message("/a")]) + struct.pack(">i", len(inner)) + inner
    assert [each.address for each in decode(both).messages] == ["/a", "/b", "/c"]


def test_a_broken_message_in_a_bundle_costs_itself() -> None:
    bad = b"/x\0\0,fz\0" + bytes(4)
    bundle = encode_bundle([Message("/a")]) + struct.pack(">i", len(bad)) + bad
    packet = decode(bundle)
    assert (packet.messages, packet.broken) == ((Message("/a"),), 1)


@pytest.mark.parametrize(
    ("datagram", "fault", "place"),
    [
        (b"", UNKNOWN, "byte 0"),
        (b"\xd1" + bytes(28), UNKNOWN, "byte 0"),
        (b"/abc", BROKEN, "byte 0"),
        (b"/a\0\0ff\0\0" + bytes(8), BROKEN, "byte 0"),
        (b"/a\0\0,zz\0", BROKEN, "byte 4"),
        (b"/a\0\0,[[\0", BROKEN, "byte 4"),
        (b"/a\0\0,]\0\0", BROKEN, "byte 4"),
        (b"/a\0\0,s\0\0\xff\xfe\0\0", BROKEN, "byte 0"),
        (b"/a\0\0,b\0\0\x7f\xff\xff\xff", BROKEN, "byte 0"),
        (b"/a\0\0,d\0\0\0", BROKEN, "byte 0"),
        (b"#bundle\0" + bytes(8), EMPTY, "byte 16"),
        (b"#bundle\0" + bytes(4), BROKEN, "byte 0"),
        (b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xf0", BROKEN, "byte 16"),
        (b"#bundle\0" + bytes(8) + b"\0\0\0\0", BROKEN, "byte 16"),
        (b"#bundle\0" + bytes(8) + b"\x7f\0\0\0/a\0\0", BROKEN, "byte 16"),
    ],
)
def test_what_is_no_osc_is_refused_with_its_place(datagram: bytes, fault: str, place: str) -> None:
    with pytest.raises(OscError) as caught:
        decode(datagram)
    assert (caught.value.fault, caught.value.at) == (fault, place)
    assert FAULTS[fault]
    assert issubclass(OscError, FormatError)


def test_nested_bundles_and_floods_have_an_end() -> None:
    deep = b"/a\0\0,\0\0\0"
    for _ in range(DEEPEST + 2):
        deep = b"#bundle\0" + bytes(8) + struct.pack(">i", len(deep)) + deep
    with pytest.raises(OscError, match="size"):
        decode(deep)
    one = encode(Message("/a"))
    flood = b"#bundle\0" + bytes(8) + (struct.pack(">i", len(one)) + one) * (MOST_MESSAGES + 9)
    assert len(decode(flood).messages) == MOST_MESSAGES


@pytest.mark.parametrize(
    "message",
    [
        Message("no slash"),
        Message("/a\0b"),
        Message("/a", (1e300,)),
        Message("/a", (2**70,)),
        Message("/a", (object(),)),
        Message("/a", ("\ud800",)),
        Message("/a", ("a\0b",)),
        Message("/a", (b"",)),
    ],
)
def test_what_osc_cannot_hold_is_refused(message: Message) -> None:
    with pytest.raises(OscError):
        encode(message)


def test_a_time_beyond_ntp_is_refused() -> None:
    with pytest.raises(OscError):
        encode_bundle([], 10**20)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_arbitrary_bytes_raise_only_the_named_error(noise: bytes) -> None:
    for datagram in (noise, b"/" + noise, b"/a\0\0," + noise, b"#bundle\0" + noise):
        try:
            packet = decode(datagram)
        except OscError:
            continue
        assert is_osc(datagram)
        assert packet.messages


@settings(max_examples=200, deadline=None)
@given(st.lists(messages, min_size=1, max_size=3), st.data())
def test_a_changed_bundle_raises_only_the_named_error(sent: list[Message], data: st.DataObject) -> None:
    datagram = bytearray(encode_bundle(sent))
    for _ in range(data.draw(st.integers(1, 4))):
        datagram[data.draw(st.integers(0, len(datagram) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(datagram)))
    try:
        packet = decode(bytes(datagram[:cut]))
    except OscError:
        return
    assert all(message.address.startswith("/") for message in packet.messages)
