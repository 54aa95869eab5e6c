from __future__ import annotations

import random
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats import freed
from openset.formats.opentrackio import Reading, encode, write
from openset.stage.tracking.source import SILENCE_NS, DatagramSource

MS = 1_000_000
STUDIO_A, STUDIO_B = (f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))


def raw_sample(
    sequence: int, *, source: str = STUDIO_A, x_m: float = 1.0, **fields: Any
) -> dict[str, Any]:
    reading = Reading((x_m, 2.0, 1.5), 0.1, 0.2, 0.3, sequence=sequence, **fields)
    sample_id = f"urn:uuid:00000000-0000-4000-8000-{sequence:012x}"
    return write(reading, sample_id=sample_id, source_id=source, include_static=True)


def fed(
    into: DatagramSource, sequence: int, arrival_ms: float, sender: str = "a", **fields: Any
) -> Any:
    received = None
    for datagram in encode(raw_sample(sequence, **fields), sequence & 0xFFFF):
        received = into.feed(datagram, sender, round(arrival_ms * MS))
    return received


def test_an_opentrackio_datagram_becomes_a_sample_with_its_raw_form() -> None:
    received = fed(DatagramSource(), 1, 100)
    assert received is not None
    sample, raw = received
    assert sample.time_ns == 100 * MS
    assert sample.sequence == 1
    assert sample.stage_from_camera.position_m == pytest.approx((1.0, 2.0, 1.5))
    assert raw["sourceId"] == STUDIO_A


def test_a_freed_datagram_becomes_a_sample_stamped_on_arrival() -> None:
    received = DatagramSource().feed(freed.encode(freed.D1(0.1, 0, 0, (1, 2, 3))), "head", 7 * MS)
    assert received is not None
    assert received[0].time_ns == 7 * MS
    assert received[1] is None


def test_stamps_of_the_trackers_clock_become_times_of_the_engines() -> None:
    source = DatagramSource()
    rng = random.Random(1)
    errors = []
    for index in range(400):
        stamp = 1_763_800_000_000_000_000 + index * 10 * MS
        late_ms = rng.uniform(0, 8)
        received = fed(source, index, 5000 + index * 10 + late_ms, sample_time_ns=stamp)
        errors.append(received[0].time_ns / MS - 5000 - index * 10)
    assert max(map(abs, errors[100:])) < 0.5


def test_lost_and_late_packets_are_counted_by_their_numbers() -> None:
    source = DatagramSource()
    for sequence in (1, 2, 5, 4, 6, 6, 30_000, 30_001):
        fed(source, sequence, 10 * sequence)
    counts = source.counts
    assert (counts.out_of_order, counts.duplicates) == (1, 1)  # 4 came late, 6 came twice
    assert counts.lost == 1  # 3 never came; the jump to 30000 is a restart
    assert counts.samples == counts.packets == 8


def test_sequence_numbers_may_wrap() -> None:
    source = DatagramSource()
    for sequence in (65534, 65535, 0, 1):
        fed(source, sequence, 10)
    assert (source.counts.lost, source.counts.out_of_order) == (0, 0)


def test_a_second_tracker_on_the_port_is_counted_and_takes_over_only_after_silence() -> None:
    source = DatagramSource()
    assert fed(source, 1, 0)
    assert fed(source, 1, 10, sender="b", source=STUDIO_B) is None
    assert source.counts.faults == {"another tracker": 1}
    assert fed(source, 2, SILENCE_NS / MS + 20, sender="b", source=STUDIO_B)
    assert fed(source, 2, SILENCE_NS / MS + 30) is None


def test_the_sensor_size_sent_now_and_then_holds_in_between() -> None:
    source = DatagramSource()
    fed(source, 1, 0, focal_length_mm=35.0, sensor_width_mm=24.9, sensor_height_mm=14.0)
    received = fed(source, 2, 10, focal_length_mm=36.0)
    assert received[0].lens.sensor_width_mm == 24.9
    assert received[0].lens.focal_length_mm == 36.0


def test_a_lens_report_from_another_world_is_counted_and_not_used() -> None:
    source = DatagramSource()
    fed(source, 1, 0, focal_length_mm=35.0, distortion_model="Brown-Conrady U-D", radial=(1e-4,))
    received = fed(source, 2, 10, focal_length_mm=9_000.0)
    assert received[0].lens.radial == ()
    received = fed(source, 3, 20, focal_length_mm=1e30)
    assert received[0].lens.focal_length_mm == 9_000.0
    assert source.counts.faults["lens report is not of this world"] >= 2


def cbor_datagram(sample: dict[str, Any]) -> bytes:
    """A sample no writer of ours would send, with a right header around it."""
    payload = cbor2.dumps(sample)
    head = b"OTrk\x00\x02\x00\x01" + bytes(4) + (0x8000 | len(payload)).to_bytes(2, "big")
    first = second = 0
    for byte in head + payload:
        first = (first + byte) % 256
        second = (second + first) % 256
    return head + bytes((second, first)) + payload


@pytest.mark.parametrize(
    "place",
    [
        {"x": float("nan"), "y": 0.0, "z": 0.0},
        {"x": float("inf"), "y": 0.0, "z": 0.0},
        {"x": 1e308, "y": 1e308, "z": 0.0},
        {"x": 10**400, "y": 0, "z": 0},
        {"x": "1", "y": 0, "z": 0},
        None,
    ],
)
def test_a_pose_that_is_not_of_this_world_is_only_counted(place: object) -> None:
    source = DatagramSource()
    rotation = {"pan": 0.0, "tilt": 0.0, "roll": 0.0}
    raw = {"transforms": [{"translation": place, "rotation": rotation}]}
    assert source.feed(cbor_datagram(raw), "a", 0) is None
    assert sum(source.counts.faults.values()) == 1


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\xd1", b"OTrk", b"OTrk\x00\x01", b"OTrk\x00\x02"])
)
def test_no_bytes_do_worse_than_be_counted(tail: bytes, head: bytes) -> None:
    source = DatagramSource()
    if source.feed(head + tail, "a", 0) is None:
        assert source.counts.packets == 1
    assert fed(source, 1, 3000) is not None


def test_flipping_any_byte_of_a_packet_never_raises() -> None:
    source = DatagramSource()
    (datagram,) = encode(raw_sample(1), 1)
    for index in range(len(datagram)):
        broken = bytearray(datagram)
        broken[index] ^= 0x55
        source.feed(bytes(broken), "a", index * MS)
    assert source.counts.packets == len(datagram)
    assert sum(source.counts.faults.values()) > 0.9 * len(datagram)
