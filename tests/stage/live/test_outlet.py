from __future__ import annotations

import socket
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import orjson
import pytest

from openset.formats import freed
from openset.formats.opentrackio import Reassembler
from openset.primitives.errors import AlreadyExists, BadInput, NotWritable
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.stage.live.outlet import FileOutlet, UdpOutlet
from openset.stage.live.recorded import Report
from openset.stage.tracking.endpoint import parse_endpoint
from openset.stage.tracking.files import load_track
from openset.stage.tracking.samples import LensReport, TrackSample
from openset.stage.tracking.wire import Heard

MS = 1_000_000


def report(source: str, number: int, x: float = 1.0) -> Report:
    pose = pose_from_pan_tilt_roll((x, 2.0, 1.5), 0.1, 0.2, 0.3)
    lens = LensReport(focal_length_mm=35.0, sensor_width_mm=36.0, sensor_height_mm=20.25)
    sample = TrackSample(number * 10 * MS, pose, lens, sequence=number)
    return Report(source, sample, Heard(source, pose, lens, sequence=number), number * 10 * MS)


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(5)
        yield one


def port_of(one: socket.socket) -> int:
    return int(one.getsockname()[1])


def test_each_source_goes_out_under_an_id_and_number_of_its_own(receiver: socket.socket) -> None:
    outlet = UdpOutlet(parse_endpoint(f"opentrackio://127.0.0.1:{port_of(receiver)}", "out"))
    for place, source in enumerate(["FreeD camera 1 from 192.0.2.1", "VMC camera"]):
        outlet.carry(report(source, 1), place, 0)
    outlet.close()
    reassembler = Reassembler()
    samples = [reassembler.feed(receiver.recv(65536), "") for _ in range(2)]
    assert [sample and sample["sourceNumber"] for sample in samples] == [1, 2]
    assert len({sample["sourceId"] for sample in samples if sample}) == 2
    assert (outlet.reports, outlet.datagrams, outlet.faults) == (2, 2, {})


def test_a_second_source_goes_to_the_group_of_its_own_number() -> None:
    listeners = []
    try:
        for group in ("239.135.1.7", "239.135.1.8"):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            listeners.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((group, port_of(listeners[0]) if len(listeners) > 1 else 0))
            member = socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
            try:
                one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            except OSError as error:
                pytest.skip(f"this machine has no multicast: {error}")
            one.settimeout(5)
        port = port_of(listeners[0])
        outlet = UdpOutlet(parse_endpoint(f"opentrackio://:{port}@127.0.0.1?source=7", "out"))
        outlet.carry(report("one", 1), 0, 0)
        outlet.carry(report("two", 1), 1, 0)
        outlet.close()
        numbers = [Reassembler().feed(one.recv(65536), "") for one in listeners]
    finally:
        for one in listeners:
            one.close()
    assert [sample and sample["sourceNumber"] for sample in numbers] == [7, 8]
    assert outlet.targets == {"one": f"239.135.1.7:{port}", "two": f"239.135.1.8:{port}"}


def test_a_receiver_that_is_not_there_stops_nothing(receiver: socket.socket) -> None:
    port = port_of(receiver)
    receiver.close()
    outlet = UdpOutlet(parse_endpoint(f"freed://127.0.0.1:{port}", "out"))
    for number in range(5):
        outlet.carry(report("a", number), 0, 0)
    assert outlet.trouble is None
    assert outlet.reports == 5
    outlet.close()


def test_what_the_network_refuses_does_not_count_as_sent() -> None:
    outlet = UdpOutlet(parse_endpoint("freed://127.0.0.1:9", "out"))
    outlet.carry(report("a", 1), 0, 0)
    outlet.close()  # every send is refused from here on
    outlet.carry(report("a", 2), 0, 0)
    assert (outlet.reports, outlet.datagrams, outlet.faults.total()) == (1, 1, 1)


def test_a_pose_that_the_protocol_cannot_say_is_counted(receiver: socket.socket) -> None:
    outlet = UdpOutlet(parse_endpoint(f"freed://127.0.0.1:{port_of(receiver)}", "out"))
    outlet.carry(report("a", 1, x=500.0), 0, 0)  # FreeD ends at 131 m
    outlet.carry(report("a", 2, x=5.0), 0, 0)
    outlet.close()
    assert freed.decode(receiver.recv(100)).position_m[0] == 5.0
    assert outlet.faults == {"cannot be said in FreeD D1": 1}


def test_reports_are_held_back_for_as_long_as_was_asked(receiver: socket.socket) -> None:
    outlet = UdpOutlet(parse_endpoint(f"freed://127.0.0.1:{port_of(receiver)}?delay_ms=40", "out"))
    outlet.carry(report("a", 1), 0, 0)
    outlet.carry(report("a", 2), 0, 10 * MS)
    assert outlet.flush(39 * MS) == 40 * MS
    assert outlet.datagrams == 0
    assert outlet.flush(45 * MS) == 50 * MS
    assert outlet.datagrams == 1
    outlet.close()
    assert outlet.datagrams == 2


def test_a_host_nobody_knows_is_one_clear_line() -> None:
    with pytest.raises(BadInput, match=r"no\.such\.host\.invalid"):
        UdpOutlet(parse_endpoint("freed://no.such.host.invalid", "out"))


def test_what_was_carried_is_read_back_as_a_track(tmp_path: Path) -> None:
    path = tmp_path / "carried.otrk.jsonl"
    outlet = FileOutlet(path)
    for number in range(3):
        outlet.carry(report("FreeD camera 1", number), 0, 0)
    outlet.close()
    loaded = load_track(path, start_ns=None)
    assert [sample.time_ns for sample in loaded.samples] == [0, 10 * MS, 20 * MS]
    assert loaded.samples[0].lens is not None
    assert loaded.samples[0].lens.focal_length_mm == 35.0
    assert orjson.loads(path.read_bytes().split(b"\n")[0])["source"] == "FreeD camera 1"


def test_freed_packets_are_kept_end_to_end(tmp_path: Path) -> None:
    path = tmp_path / "carried.freed"
    outlet = FileOutlet(path)
    for number in range(3):
        outlet.carry(report("FreeD camera 4 from 192.0.2.1", number), 0, 0)
    outlet.close()
    assert len(load_track(path, rate=Fraction(50)).samples) == 3
    assert freed.decode(path.read_bytes()[:29]).camera_id == 4


def test_a_file_is_never_written_over_and_never_guessed(tmp_path: Path) -> None:
    (tmp_path / "there.otrk.jsonl").write_bytes(b"kept")
    with pytest.raises(AlreadyExists):
        FileOutlet(tmp_path / "there.otrk.jsonl")
    assert (tmp_path / "there.otrk.jsonl").read_bytes() == b"kept"
    with pytest.raises(BadInput, match="convert"):
        FileOutlet(tmp_path / "camera.usda")
    with pytest.raises(NotWritable):
        FileOutlet(tmp_path / "no-such-folder" / "t.otrk.jsonl")


def test_a_full_disk_ends_the_file_and_nothing_else(small_disk: Path) -> None:
    outlet = FileOutlet(small_disk / "t.otrk.jsonl")
    for number in range(40_000):
        outlet.carry(report("a", number), 0, 0)
        if outlet.trouble is not None:
            break
    outlet.close()
    assert outlet.trouble is not None
    assert outlet.trouble.exit_code == 20
    lines = (small_disk / "t.otrk.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == outlet.reports
    assert lines[-1].endswith(b"\n")
