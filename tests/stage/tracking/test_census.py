from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import freed
from openset.formats.opentrackio import Reading, encode, write
from openset.formats.opentrackio_wire import fletcher16
from openset.stage.tracking import census as module
from openset.stage.tracking.census import Census
from openset.stage.tracking.endpoint import parse_endpoint
from openset.stage.tracking.protocols import every_decoder, meaning
from openset.stage.tracking.station import Station

MS = 1_000_000
ANY = parse_endpoint("udp::5000", "in")


def census() -> Census:
    return Census(lambda heard_on: every_decoder(ANY), meaning)


def otrk(number: int, focal_mm: float | None = None) -> bytes:
    reading = Reading(
        (1.0, 2.0, 1.5), 0.1, 0.2, 0.0, focal_mm, sequence=number, sample_time_ns=number * 10 * MS
    )
    raw = write(
        reading,
        sample_id="urn:uuid:00000000-0000-4000-8000-000000000001",
        source_id="urn:uuid:00000000-0000-4000-8000-00000000000a",
    )
    return encode(raw, number)[0]


def d1(x: float = 1.0, pan_deg: float = 0.0, camera: int = 1) -> bytes:
    return freed.encode(freed.D1(math.radians(pan_deg), 0, 0, (x, 2, 1.5), camera_id=camera))


def only(found: Census, now_ms: float) -> Station:
    (station,) = found.stations(round(now_ms * MS))
    return station


def test_a_source_is_told_in_plain_figures() -> None:
    found = census()
    for number in range(101):
        found.hear(otrk(number, 35.0), "192.0.2.7", "55555", number * 10 * MS + 3 * MS)
    station = only(found, 1003)
    assert (station.protocol, station.version, station.sender) == ("OpenTrackIO", "1.0.1", "192.0.2.7")
    assert station.rate_hz == pytest.approx(100.0)
    assert station.position_m == pytest.approx((1.0, 2.0, 1.5))
    assert station.pan_tilt_roll_deg == pytest.approx(
        (math.degrees(0.1), math.degrees(0.2), 0.0), abs=1e-9
    )
    assert station.state == "still"
    assert (station.lost, station.late, station.repeated) == (0, 0, 0)
    assert station.jitter is not None
    assert station.jitter.most_ms == 0.0
    assert station.lateness is not None
    assert station.fields
    assert station.remarks == ()


def test_moving_is_told_from_still() -> None:
    found = census()
    for number in range(50):
        found.hear(d1(x=1.0 + number * 0.001), "192.0.2.7", "40000", number * 20 * MS)
    assert only(found, 1000).state == "moving"
    for number in range(50, 150):
        found.hear(d1(x=1.05), "192.0.2.7", "40000", number * 20 * MS)
    assert only(found, 3000).state == "still"


def test_a_pan_of_a_head_is_a_movement() -> None:
    found = census()
    for number in range(50):
        found.hear(d1(pan_deg=number * 0.02), "192.0.2.7", "40000", number * 20 * MS)
    assert only(found, 1000).state == "moving"


def test_a_silent_source_says_for_how_long() -> None:
    found = census()
    found.hear(d1(), "192.0.2.7", "40000", 0)
    station = only(found, 3200)
    assert station.state == "silent"
    assert any("3.2 s" in remark for remark in station.remarks)


def test_loss_comes_with_what_helps() -> None:
    found = census()
    for number in [*range(10), *range(20, 30)]:
        found.hear(otrk(number, 35.0), "192.0.2.7", "55555", number * 10 * MS)
    station = only(found, 300)
    assert station.lost == 10
    assert any("10 lost (33.3 %)" in remark and "cable" in remark for remark in station.remarks)


def test_bursts_are_named() -> None:
    found = census()
    for number in range(200):  # every ten reports of 10 ms come at once, as after the sleep of a radio
        found.hear(otrk(number), "192.0.2.7", "55555", (number // 10) * 100 * MS + number % 10)
    assert any("bursts" in remark for remark in only(found, 2000).remarks)


def test_an_old_sender_is_named() -> None:
    new = otrk(1)
    old = new[:14] + fletcher16(new[:14] + new[16:], 255).to_bytes(2, "big") + new[16:]
    assert old != new
    found = census()
    found.hear(old, "192.0.2.7", "235.135.1.x:55555 (OpenTrackIO 1.0.0)", 0)
    station = only(found, 1)
    assert any("1.0.0" in remark for remark in station.remarks)


def test_two_senders_of_one_name_stay_apart_and_are_told() -> None:
    found = census()
    for number in range(3):
        found.hear(d1(), "192.0.2.7", "40000", number * 20 * MS)
        found.hear(d1(x=3.0), "192.0.2.8", "40000", number * 20 * MS)
    stations = found.stations(60 * MS)
    assert [station.sender for station in stations] == ["192.0.2.7", "192.0.2.8"]
    assert all(any("another id" in remark for remark in station.remarks) for station in stations)


def test_two_programs_of_one_machine_with_one_camera_number_stay_apart_and_are_told() -> None:
    found = census()
    for number in range(20):
        found.hear(d1(), "192.0.2.7:40001", "40000", number * 20 * MS)
        found.hear(d1(x=3.0), "192.0.2.7:40002", "40000", number * 20 * MS)
    stations = found.stations(400 * MS)
    assert [station.source for station in stations] == [
        "FreeD camera 1 from 192.0.2.7",
        "FreeD camera 1 from 192.0.2.7:40002",
    ]
    assert [station.sender for station in stations] == ["192.0.2.7"] * 2
    assert all(any("another id" in remark for remark in station.remarks) for station in stations)


def test_a_sender_heard_in_two_places_is_not_another_of_its_name() -> None:
    found = census()
    for place in ("55555", "239.135.1.x:55555"):
        found.hear(otrk(1, 35.0), "192.0.2.7:4000", place, 0)
    stations = found.stations(60 * MS)
    assert [station.heard_on for station in stations] == ["55555", "239.135.1.x:55555"]
    assert not any("another id" in remark for station in stations for remark in station.remarks)


def test_a_tracker_that_has_not_found_its_place_is_told() -> None:
    found = census()
    for number in range(3):
        found.hear(freed.encode(freed.D1(0, 0, 0, (0, 0, 0))), "192.0.2.7", "40000", number * 20 * MS)
    assert any("0, 0, 0" in remark for remark in only(found, 50).remarks)


def test_faults_say_what_they_mean_and_whose_they_are() -> None:
    found = census()
    broken = bytearray(d1())
    broken[5] ^= 1
    for _ in range(3):
        found.hear(bytes(broken), "192.0.2.9", "40000", 0)
    found.hear(d1(), "192.0.2.7", "40000", 0)
    (trouble,) = found.troubles()
    assert (trouble.sender, trouble.heard_on, trouble.protocol, trouble.count) == (
        "192.0.2.9",
        "40000",
        "FreeD D1",
        3,
    )
    assert len(trouble.meaning) > 20


def test_strangers_are_shown_by_how_they_begin() -> None:
    found = census()
    for _ in range(4):
        found.hear(b"GET / HTTP/1.1\r\n\r\n", "192.0.2.9", "40000", 0)
    (stranger,) = found.strangers()
    assert (stranger.datagrams, stranger.begins) == (4, b"GET / HTTP/1.1\r\n")
    assert found.stations(0) == ()


def test_a_crowd_costs_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SENDERS", 4)
    monkeypatch.setattr(module, "MOST_SOURCES", 6)
    found = census()
    for sender in range(10):
        for camera in range(3):
            found.hear(d1(camera=camera), f"192.0.2.{sender}", "40000", 0)
    assert len(found.stations(0)) == 6
    assert found.crowded == 30 - 6
    assert found.datagrams == 30


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.binary(max_size=80),
                st.builds(lambda tail: b"OTrk" + tail, st.binary(max_size=60)),
                st.builds(
                    lambda at, bit: _flipped(otrk(1), at, bit), st.integers(0, 10**6), st.integers(0, 7)
                ),
                st.builds(
                    lambda at, bit: _flipped(d1(), at, bit), st.integers(0, 28), st.integers(0, 7)
                ),
            ),
            st.integers(0, 2**62),
        ),
        max_size=12,
    )
)
def test_any_bytes_are_only_counted(arrivals: list[tuple[bytes, int]]) -> None:
    found = census()
    for datagram, arrival_ns in arrivals:
        found.hear(datagram, "192.0.2.1", "5000", arrival_ns)
    for station in found.stations(2**62):
        assert station.reports > 0
    assert found.datagrams == len(arrivals)
    assert all(trouble.count > 0 for trouble in found.troubles())


def _flipped(data: bytes, at: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[at % len(data)] ^= 1 << bit
    return bytes(changed)
