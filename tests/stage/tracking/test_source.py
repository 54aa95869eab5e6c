from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats import freed
from openset.formats.opentrackio import Reading, encode, write
from openset.primitives.space import IDENTITY, Pose
from openset.stage.tracking.freed import FreeDDecoder
from openset.stage.tracking.opentrackio import OpenTrackIODecoder
from openset.stage.tracking.samples import LensReport
from openset.stage.tracking.source import (
    FAULTS,
    MOST_SOURCES,
    SILENCE_NS,
    DatagramSource,
    Wire,
)
from openset.stage.tracking.wire import Heard

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
    # 10 * 40² = 16,000: far past the thousandfold that is refused
    model: Any = {"distortion_model": "Brown-Conrady U-D", "radial": (10.0,)}
    received = fed(source, 2, 10, focal_length_mm=40.0, **model)
    assert (received[0].lens.focal_length_mm, received[0].lens.radial) == (40.0, ())
    received = fed(source, 3, 20, focal_length_mm=1e30)
    assert received[0].lens.focal_length_mm == 40.0
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


def told(wire: Wire, sequence: int, arrival_ms: float, sender: str = "a", **fields: Any) -> list[Any]:
    """What a wire makes of one OpenTrackIO sample."""
    found: list[Any] = []
    for datagram in encode(raw_sample(sequence, **fields), sequence & 0xFFFF):
        found += wire.feed(datagram, sender, round(arrival_ms * MS))
    return found


def test_a_wire_keeps_all_sources_apart_with_a_clock_a_lens_and_numbers_of_their_own() -> None:
    wire = Wire()
    for index in range(100):
        for source, stamp_ms, focal in ((STUDIO_A, 7_000_000, 35.0), (STUDIO_B, 10, 50.0)):
            if source == STUDIO_B and index % 10 == 5:
                continue  # a sample that never comes
            ((name, sample, heard),) = told(
                wire,
                index,
                1000 + 10 * index,
                source=source,
                sample_time_ns=(stamp_ms + 10 * index) * MS,
                focal_length_mm=focal if index % 7 == 0 else None,
            )
            assert name == heard.source
            assert abs(sample.time_ns - (1000 + 10 * index) * MS) < MS
            assert sample.lens.focal_length_mm == focal
    counts = wire.counts
    assert [(each.samples, each.lost) for each in counts.values()] == [(100, 0), (90, 10)]
    assert not wire.faults


def test_protocols_are_told_by_content_in_their_order() -> None:
    wire = Wire()
    packet = freed.encode(freed.D1(0.1, 0, 0, (1, 2, 3), camera_id=4))
    names = [told(wire, 1, 0)[0][0], wire.feed(packet, "192.0.2.7", 0)[0][0]]
    assert names[0].startswith("OpenTrackIO ")
    assert "camera 4" in names[1]
    assert wire.feed(b"GET / HTTP/1.1", "a", 0) == []
    assert wire.faults == {"no protocol known here": 1}


def test_a_single_protocol_is_given_everything_so_that_its_faults_are_named() -> None:
    wire = Wire([OpenTrackIODecoder()])
    assert wire.feed(b"GET / HTTP/1.1", "a", 0) == []
    assert wire.faults == {"not OpenTrackIO": 1}


def test_a_sample_that_comes_over_two_paths_is_a_duplicate_and_not_a_loss() -> None:
    wire = Wire()
    for sequence in range(10):
        for _ in range(2):
            assert told(wire, sequence, 10 * sequence)
    (counts,) = wire.counts.values()
    assert (counts.duplicates, counts.lost, counts.out_of_order) == (10, 0, 0)


def test_a_wire_remembers_so_many_sources_and_no_more() -> None:
    wire = Wire()
    for n in range(MOST_SOURCES + 5):
        told(wire, 1, n, source=f"urn:uuid:00000000-0000-4000-8000-9{n:011}")
        told(wire, n, n, source=STUDIO_A)
    assert len(wire.sources) == MOST_SOURCES
    kept = wire.counts[f"OpenTrackIO {STUDIO_A.removeprefix('urn:uuid:')}"]
    assert kept.samples == MOST_SOURCES + 5, "the one heard all the time stays"


class Reports:
    """A protocol whose datagrams are the numbers of reports written beforehand."""

    name = "written"

    def __init__(self, *reports: Heard) -> None:
        self.faults: Counter[str] = Counter()
        self._reports = reports

    def takes(self, datagram: bytes) -> bool:
        return True

    def feed(self, datagram: bytes, sender: str, arrival_ns: int) -> Sequence[Heard]:
        return [self._reports[datagram[0]]]


def test_a_report_of_bones_is_told_without_a_sample_and_not_followed() -> None:
    bones = Heard("a suit", None, bones={"Hips": IDENTITY})
    assert Wire([Reports(bones)]).feed(b"\0", "a", 0) == [("a suit", None, bones)]
    source = DatagramSource(decoders=[Reports(bones, Heard("a camera", IDENTITY))])
    assert source.feed(b"\0", "a", 0) is None
    assert source.feed(b"\1", "a", 0) is not None
    assert source.counts.faults == {"report without a pose": 1}


def test_the_lens_of_any_protocol_is_completed_and_judged() -> None:
    wire = Wire(
        [
            Reports(
                Heard("a", IDENTITY, LensReport(focal_length_mm=35.0)),
                Heard("a", IDENTITY, LensReport(f_stop=4.0)),
                Heard("a", IDENTITY, LensReport(focal_length_mm=1e7)),
                Heard("a", IDENTITY),
            )
        ]
    )
    found = [wire.feed(bytes([n]), "a", n)[0][1] for n in (0, 1, 2, 3)]
    lenses = [each.lens for each in found if each is not None]
    assert lenses == [LensReport(35.0)] + [LensReport(35.0, f_stop=4.0)] * 3
    assert wire.faults == {"lens report is not of this world": 1}


@pytest.mark.parametrize(
    "pose",
    [
        Pose((1e6, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)),
        Pose((0.0, float("nan"), 0.0), (1.0, 0.0, 0.0, 0.0)),
        Pose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)),
        Pose((0.0, 0.0, 0.0), (float("inf"), 0.0, 0.0, 0.0)),
    ],
)
def test_an_absurd_pose_of_any_protocol_is_counted_and_explained(pose: Pose) -> None:
    wire = Wire([Reports(Heard("a", pose))])
    assert wire.feed(b"\0", "a", 0)[0][1] is None
    assert wire.faults == {"pose is not of this world": 1}


def test_every_fault_counted_here_is_explained() -> None:
    wire = Wire()
    wire.feed(b"?", "a", 0)
    assert set(wire.faults) <= set(FAULTS)
    assert all(text.endswith(".") for text in FAULTS.values())


def test_a_profile_or_a_list_of_protocols_may_be_chosen() -> None:
    packet = freed.encode(freed.D1(0.1, 0, 0, (1, 2, 3)))
    assert DatagramSource(decoders=[FreeDDecoder()]).feed(packet, "head", 0) is not None
    assert DatagramSource(decoders=[OpenTrackIODecoder()]).feed(packet, "head", 0) is None
