"""NatNet frames, built byte by byte from the public layout of several versions."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.natnet import (
    FAULTS,
    LIKELY,
    OTHER,
    SHORT,
    UNKNOWN,
    Body,
    NatNetError,
    decode_frame,
    decode_server,
    guess,
)

Version = tuple[int, int]
single = st.floats(-1000, 1000, width=32)
bodies = st.builds(
    Body,
    st.integers(0, 2**32 - 1),
    st.tuples(*[single] * 3),
    st.tuples(*[single] * 4),
    st.booleans(),
    st.floats(0, 1, width=32),
)


def message(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def body_bytes(body: Body, version: Version) -> bytes:
    w, x, y, z = body.rotation_wxyz
    out = struct.pack("<I7f", body.number, *body.position, x, y, z, w)
    if version < (3, 0):
        out += struct.pack("<I3fIf", 1, 0.0, 0.0, 0.0, 9, 0.02)  # one marker: place, id, size
    return out + struct.pack("<fH", body.error_m, bool(body.tracked))


def frame_bytes(
    version: Version, sent: list[Body], number: int = 7, time_s: float = 2.5, extra: bytes = b""
) -> bytes:
    """A frame with something in every part, so that none can be skipped by luck."""

    def part(count: int, content: bytes) -> bytes:
        size = struct.pack("<I", len(content)) if version >= (4, 1) else b""
        return struct.pack("<I", count) + size + content

    labelled = struct.pack("<I3ff", 65537, 1.0, 2.0, 3.0, 0.01) + struct.pack("<H", 8)
    labelled += struct.pack("<f", 0.001) if version >= (3, 0) else b""
    channels = struct.pack("<IIIff", 1, 1, 2, 0.5, 0.25)  # number, one channel of two values
    out = struct.pack("<I", number)
    out += part(1, b"all\0" + struct.pack("<I6f", 2, *range(6)))
    out += part(2, struct.pack("<6f", *range(6)))
    out += part(len(sent), b"".join(body_bytes(each, version) for each in sent))
    out += part(1, struct.pack("<II", 1, len(sent)) + b"".join(body_bytes(b, version) for b in sent))
    if version >= (4, 1):
        out += part(1, struct.pack("<II", 1, 1) + bytes(38) + struct.pack("<I", 1) + bytes(26))
    out += part(1, labelled)
    out += part(1, channels) if version >= (2, 9) else b""
    out += part(1, channels) if version >= (2, 11) else b""
    out += struct.pack("<II", 0, 0)
    out += struct.pack("<d" if version >= (2, 7) else "<f", time_s)
    out += bytes(24) if version >= (3, 0) else b""
    return message(7, out + struct.pack("<H", 0) + extra + bytes(4))


BODIES = [
    Body(3, (1.0, 1.5, -2.0), (1.0, 0.0, 0.0, 0.0), True, 0.0625),
    Body(4, (0.5, 0.25, 0.0), (0.0, 0.0, 1.0, 0.0), False, 0.5),
]


@pytest.mark.parametrize("version", LIKELY)
def test_every_version_gives_its_bodies(version: Version) -> None:
    frame = decode_frame(frame_bytes(version, BODIES), version)
    assert (frame.number, frame.bodies, frame.time_s) == (7, tuple(BODIES), 2.5)


@pytest.mark.parametrize("version", LIKELY)
def test_the_version_is_found_from_a_frame_alone(version: Version) -> None:
    found, frame = guess(frame_bytes(version, BODIES))
    assert found == version
    assert frame.bodies == tuple(BODIES)


def test_a_newer_servers_longer_end_is_read_over() -> None:
    assert decode_frame(frame_bytes((4, 1), BODIES, extra=bytes(8)), (4, 1)).bodies == tuple(BODIES)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LIKELY), st.lists(bodies, max_size=4), st.integers(0, 2**32 - 1))
def test_frames_come_back_as_they_were(version: Version, sent: list[Body], number: int) -> None:
    frame = decode_frame(frame_bytes(version, sent, number), version)
    assert (frame.number, frame.bodies) == (number, tuple(sent))


@pytest.mark.parametrize("version", [(2, 11), (3, 0), (4, 1)])
def test_an_independent_reader_reads_the_same_bytes(version: Version) -> None:
    natnet = pytest.importorskip("natnet", reason="natnet, an independent reader, is not installed")
    buffer = pytest.importorskip("natnet.packet_buffer").PacketBuffer(frame_bytes(version, BODIES)[4:])
    theirs = natnet.DataFrame.read_from_buffer(buffer, natnet.Version(*version))
    ours = decode_frame(frame_bytes(version, BODIES), version)
    assert theirs.prefix.frame_number == ours.number
    assert theirs.suffix.timestamp == ours.time_s
    for one, two in zip(theirs.rigid_bodies, ours.bodies, strict=True):
        x, y, z, w = one.rot
        assert (one.id_num, one.pos, (w, x, y, z)) == (two.number, two.position, two.rotation_wxyz)
        assert (one.tracking_valid, one.marker_error) == (two.tracked, two.error_m)


def test_a_server_says_its_version() -> None:
    answer = message(1, b"Motive".ljust(256, b"\0") + bytes((3, 1, 0, 0)) + bytes((4, 1, 0, 0)))
    server = decode_server(answer)
    assert (server.name, server.version, server.stream) == ("Motive", (3, 1, 0, 0), (4, 1))


@pytest.mark.parametrize(
    ("datagram", "fault"),
    [
        (b"", UNKNOWN),
        (b"\xd1" + bytes(28), UNKNOWN),
        (frame_bytes((4, 1), BODIES)[:-1], UNKNOWN),
        (message(5, bytes(20)), OTHER),
        (message(7, b""), SHORT),
        (message(7, bytes(4) + b"\xff\xff\xff\xff" + bytes(40)), SHORT),
        (message(7, bytes(12) + b"\xff\xff\xff\x7f" * 2 + bytes(40)), SHORT),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(datagram: bytes, fault: str) -> None:
    for version in LIKELY:
        with pytest.raises(NatNetError) as caught:
            decode_frame(datagram, version)
        assert caught.value.fault == fault
        assert FAULTS[fault]
    with pytest.raises(NatNetError):
        guess(datagram)
    with pytest.raises(NatNetError):
        decode_server(datagram)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(LIKELY), st.data())
def test_changed_frames_raise_only_the_named_error(version: Version, data: st.DataObject) -> None:
    content = bytearray(frame_bytes(version, BODIES)[4:])
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    datagram = message(7, bytes(content[: data.draw(st.integers(0, len(content)))]))
    for read in (guess, lambda each: decode_frame(each, version), decode_server):
        try:
            read(datagram)
        except NatNetError:
            continue


@given(st.binary(max_size=80))
def test_arbitrary_bytes_raise_only_the_named_error(noise: bytes) -> None:
    for datagram in (noise, message(7, noise), message(1, noise)):
        for read in (guess, decode_frame, decode_server):
            try:
                read(datagram)
            except NatNetError:
                continue
