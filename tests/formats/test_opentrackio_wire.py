"""OpenTrackIO datagrams: what is sent comes back, and hostile bytes do no harm."""

from __future__ import annotations

import random
import struct
import tracemalloc
from typing import Any

import cbor2
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.opentrackio_wire import MAX_PAYLOAD, Reassembler, encode, fletcher16

SAMPLE: dict[str, Any] = {"transforms": [{"translation": {"x": 1.5}, "rotation": {}}], "note": "ö" * 40}

texts = st.text(st.characters(codec="utf-8"), max_size=20)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
trees = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
samples = st.dictionaries(texts, trees, max_size=6)


def datagram(
    payload: bytes, *, encoding: int = 1, sequence: int = 1, offset: int = 0, last: bool = True
) -> bytes:
    """One well-formed segment around any payload."""
    head = struct.pack(">4sBBHIH", b"OTrk", 0, encoding, sequence, offset, last << 15 | len(payload))
    return head + struct.pack(">H", fletcher16(head + payload)) + payload


def fletcher_by_hand(data: bytes, modulus: int) -> int:
    first = second = 0
    for byte in data:
        first = (first + byte) % modulus
        second = (second + first) % modulus
    return second << 8 | first


@given(st.binary(max_size=3000), st.sampled_from([255, 256]))
def test_the_checksum_is_fletcher_16_byte_by_byte(data: bytes, modulus: int) -> None:
    assert fletcher16(data, modulus) == fletcher_by_hand(data, modulus)


def test_the_checksum_is_exact_for_the_longest_datagram() -> None:
    data = b"\xff" * (14 + 32767)
    assert fletcher16(data) == fletcher_by_hand(data, 256)


def test_a_datagram_has_the_sixteen_bytes_of_the_standard() -> None:
    assert encode({}, 0x1234) == [bytes.fromhex("4f54726b 00 01 1234 00000000 8002 9341") + b"{}"]


@given(samples, st.integers(0, 70000), st.sampled_from(["json", "cbor"]), st.integers(20, 1500))
@settings(max_examples=60)
def test_any_sample_survives_any_segmentation(
    sample: dict[str, Any], sequence: int, encoding: Any, size: int
) -> None:
    receiver = Reassembler()
    got = [
        receiver.feed(part) for part in encode(sample, sequence, encoding=encoding, max_payload=size)
    ]
    assert got[-1] == sample
    assert got[:-1] == [None] * (len(got) - 1)
    assert not receiver.faults


@given(st.permutations(range(9)), st.sampled_from(["json", "cbor"]))
@settings(max_examples=30)
def test_segments_may_arrive_in_any_order_and_twice(order: list[int], encoding: Any) -> None:
    sample = {"blob": "x" * 800}
    segments = encode(sample, 7, encoding=encoding, max_payload=100)
    assert len(segments) == 9
    receiver = Reassembler()
    got = [receiver.feed(segments[index]) for index in order for _ in range(2)]
    assert [one for one in got if one is not None] == [sample]
    assert receiver.faults == {"duplicate segment": 9}


def test_a_lost_segment_costs_its_own_sample_only() -> None:
    receiver = Reassembler()
    got = []
    for sequence in range(20):
        segments = encode({"n": sequence, "blob": "x" * 300}, sequence, max_payload=100)
        del segments[1 : 2 if sequence == 3 else 1]
        got += [one["n"] for segment in segments if (one := receiver.feed(segment))]
    assert got == [n for n in range(20) if n != 3]
    assert not receiver.faults, "the gap may yet be filled"
    for sequence in range(30, 38):
        receiver.feed(encode({"blob": "x" * 300}, sequence, max_payload=100)[0])
    assert receiver.faults == {"segment lost": 1}


def test_a_sender_that_never_counts_is_still_received() -> None:
    receiver = Reassembler()
    got = []
    for n in range(5):
        for segment in encode({"n": n, "blob": str(n) * 300}, 0, max_payload=100):
            got.append(receiver.feed(segment))
    assert [one["n"] for one in got if one] == [0, 1, 2, 3, 4]


def test_two_senders_may_use_the_same_sequence_numbers() -> None:
    receiver = Reassembler()
    first, second = ({"n": n, "blob": str(n) * 150} for n in (1, 2))
    a, b = (encode(sample, 5, max_payload=100) for sample in (first, second))
    got = [
        receiver.feed(part, sender)
        for pair in zip(a, b, strict=True)
        for part, sender in zip(pair, "ab", strict=True)
    ]
    assert [one for one in got if one] == [first, second]


def test_a_datagram_of_version_1_0_0_is_received() -> None:
    payload = orjson.dumps(SAMPLE)
    head = struct.pack(">4sBBHIH", b"OTrk", 0, 1, 9, 0, 0x8000 | len(payload))
    assert fletcher16(head + payload, 255) != fletcher16(head + payload)
    old = head + struct.pack(">H", fletcher16(head + payload, 255)) + payload
    receiver = Reassembler()
    assert receiver.feed(old) == SAMPLE
    assert receiver.old_checksum
    assert receiver.notes == {"checksum of version 1.0.0": 1}
    assert not receiver.faults
    assert receiver.feed(encode(SAMPLE, 10)[0]) == SAMPLE
    assert not receiver.old_checksum


def test_a_whole_datagram_worked_out_by_hand() -> None:
    # bytes 0-13 are 4f 54 72 6b 00 01 00 00 00 00 00 00 80 02, then 7b 7d. Sum 1 modulo 256:
    # 79 + 84 + 114 + 107 + 1 + 128 + 2 + 123 + 125 = 763 = 2 * 256 + 251 -> 0xfb.
    # Sum 2 weighs the first byte by 16, the last by 1: 79*16 + 84*15 + 114*14 + 107*13 + 1*11 + 128*4
    # + 2*3 + 123*2 + 125*1 = 1264 + 1260 + 1596 + 1391 + 11 + 512 + 6 + 246 + 125 = 6411 = 25*256 + 11.
    assert encode({}, 0) == [bytes.fromhex("4f54726b 00 01 0000 00000000 8002 0bfb 7b7d")]


@given(
    st.lists(st.tuples(samples, st.integers(0, 3), st.integers(20, 200)), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
@settings(max_examples=50, deadline=None)
def test_senders_shuffled_into_each_other_all_come_through(
    sent: list[tuple[dict[str, Any], int, int]], dice: random.Random
) -> None:
    parts = []
    for index, (sample, sender, size) in enumerate(sent):
        whole = {**sample, "n": index}
        parts += [(part, sender) for part in encode(whole, index, max_payload=size)]
    dice.shuffle(parts)
    receiver = Reassembler()
    got = [one for part, sender in parts if (one := receiver.feed(part, sender)) is not None]
    assert sorted(one["n"] for one in got) == list(range(len(sent)))
    assert not receiver.faults


@given(st.sets(st.integers(0, 29), max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_of_thirty_samples_only_those_lose_that_lost_a_segment(
    lossy: set[int], dice: random.Random
) -> None:
    receiver = Reassembler()
    got = []
    for n in range(30):
        segments = encode({"n": n, "blob": "x" * 300}, n, max_payload=100)
        if n in lossy:
            segments.pop(dice.randrange(len(segments)))
        dice.shuffle(segments)
        got += [one["n"] for segment in segments if (one := receiver.feed(segment))]
    assert got == [n for n in range(30) if n not in lossy]
    assert receiver.faults["segment lost"] <= len(lossy)


def test_two_hundred_senders_may_each_be_in_the_middle_of_a_sample() -> None:
    receiver = Reassembler()
    sent = [encode({"n": n, "blob": "x" * 250}, 9, max_payload=100) for n in range(200)]
    got = []
    for place in range(len(sent[0])):
        got += [one for n, parts in enumerate(sent) if (one := receiver.feed(parts[place], n))]
    assert [one["n"] for one in got] == list(range(200))
    assert not receiver.faults


def test_a_segment_that_comes_again_after_its_sample_is_only_a_duplicate() -> None:
    receiver = Reassembler()
    segments = encode({"blob": "x" * 300}, 5, max_payload=100)
    assert [receiver.feed(part) for part in segments][-1] is not None
    assert receiver.feed(segments[1]) is None
    assert receiver.faults == {"duplicate segment": 1}


def test_a_sender_too_many_makes_the_one_silent_for_longest_give_way() -> None:
    receiver = Reassembler()
    first, rest = encode({"blob": "x" * 150}, 5, max_payload=100)
    for sender in range(Reassembler.MAX_SENDERS + 1):
        assert receiver.feed(first, sender) is None
    assert receiver.faults == {"segment lost": 1}
    assert receiver.feed(rest, 0) is None
    assert receiver.feed(rest, Reassembler.MAX_SENDERS) is not None


def test_a_default_segment_fits_an_ethernet_frame_unsplit() -> None:
    segments = encode({"blob": "x" * 5000}, 1)
    assert max(map(len, segments)) + 28 == 1500
    assert MAX_PAYLOAD == 1456


@pytest.mark.parametrize("size", [0, -1, 32768])
def test_an_impossible_segment_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="1 to 32767"):
        encode(SAMPLE, 1, max_payload=size)


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize(
    ("packet", "fault"),
    [
        (b"", "not OpenTrackIO"),
        (b"OTrk", "not OpenTrackIO"),
        (b"\xd1" * 29, "not OpenTrackIO"),
        (datagram(b"{}")[:-1], "truncated"),
        (datagram(b"{}") + b" ", "longer than its header says"),
        (datagram(b"{}")[:-1] + b"]", "checksum"),
        (datagram(b"{}", encoding=0x80), "unknown encoding"),
        (datagram(b"{"), "bad JSON"),
        (datagram(b""), "bad JSON"),
        (datagram(b'{"a":NaN}'), "bad JSON"),
        (datagram(b'{"a":1e999}'), "bad JSON"),
        (datagram(b'{"a":"\xff"}'), "bad JSON"),
        (datagram(nested(5000)), "bad JSON"),
        (datagram(nested(254)), "bad JSON"),
        (datagram(b"[1]"), "not a sample"),
        (datagram(b"x" * 10, offset=65530, last=False), "too large"),
        (datagram(b"x", offset=0xFFFFFFFF), "too large"),
        (datagram(b"", offset=10, last=False), "empty segment"),
        (datagram(b"", encoding=2), "bad CBOR"),
        (datagram(cbor2.dumps({"a": float("nan")}), encoding=2), "bad CBOR"),
        (datagram(cbor2.dumps({"a": float("inf")}), encoding=2), "bad CBOR"),
        (datagram(cbor2.dumps({1: 2}), encoding=2), "bad CBOR"),
        (datagram(cbor2.dumps({"a": b"bytes"}), encoding=2), "bad CBOR"),
        (datagram(cbor2.dumps({"a": 2**200}), encoding=2), "bad CBOR"),
        (datagram(cbor2.dumps(cbor2.CBORTag(35, "(a+)+$")), encoding=2), "bad CBOR"),
        (datagram(bytes.fromhex("a16161") + b"\x81" * 3000 + b"\x00", encoding=2), "bad CBOR"),
        (datagram(bytes.fromhex("9bffffffffffffffff"), encoding=2), "bad CBOR"),
        (datagram(bytes.fromhex("7bffffffffffffffff"), encoding=2), "bad CBOR"),
        (datagram(bytes.fromhex("bb0000ffffffffffff"), encoding=2), "bad CBOR"),
        (datagram(bytes.fromhex("d81c81d81d00"), encoding=2), "bad CBOR"),
        (datagram(cbor2.dumps([0] * 12000), encoding=2), "not a sample"),
        (datagram(cbor2.dumps([1]), encoding=2), "not a sample"),
    ],
)
def test_what_cannot_be_a_sample_is_counted_under_its_name(packet: bytes, fault: str) -> None:
    receiver = Reassembler()
    assert receiver.feed(packet) is None
    assert receiver.faults == {fault: 1}
    assert receiver.feed(encode(SAMPLE, 1)[0]) == SAMPLE


def test_whatever_is_received_can_be_written_again() -> None:
    received = Reassembler().feed(datagram(nested(250)))
    assert orjson.loads(orjson.dumps(received)) == received


def test_segments_that_overlap_are_not_joined() -> None:
    receiver = Reassembler()
    assert receiver.feed(datagram(b'{"a":', last=False)) is None
    assert receiver.feed(datagram(b':"b"', offset=4, last=False)) is None
    assert receiver.feed(datagram(b"}", offset=8)) is None
    assert receiver.faults == {"segments overlap": 1}


@given(st.lists(st.binary(max_size=64), max_size=20), st.booleans())
@settings(max_examples=200)
def test_random_bytes_never_raise(packets: list[bytes], dressed: bool) -> None:
    receiver = Reassembler()
    for packet in packets:
        receiver.feed(datagram(packet, encoding=2) if dressed else packet)


@given(st.data())
@settings(max_examples=200)
def test_a_damaged_datagram_never_raises(data: st.DataObject) -> None:
    whole = bytearray(encode(SAMPLE, 1, encoding=data.draw(st.sampled_from(["json", "cbor"])))[0])
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    payload = bytes(whole[16:])
    receiver = Reassembler()
    receiver.feed(bytes(whole))
    receiver.feed(datagram(payload, encoding=data.draw(st.sampled_from([1, 2]))))


def test_unfinished_samples_never_grow_memory() -> None:
    dice = random.Random(1)
    receiver = Reassembler()

    def flood(count: int) -> None:
        for _ in range(count):
            sequence, offset = dice.randrange(65536), dice.randrange(65000)
            receiver.feed(datagram(b"x" * 1400, sequence=sequence, offset=offset, last=False), sequence)
            receiver.feed(datagram(b"x", sequence=3, offset=offset, last=False))

    flood(1000)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    flood(4000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 2 * Reassembler.MAX_HELD
    assert receiver.faults["segment lost"] > 3000


def test_cbor_may_say_that_it_is_cbor() -> None:
    payload = bytes.fromhex("d9d9f7") + cbor2.dumps(SAMPLE)
    assert Reassembler().feed(datagram(payload, encoding=2)) == SAMPLE
