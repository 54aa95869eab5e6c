from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openset.formats import freed
from openset.formats.opentrackio import Reading, encode, write
from openset.primitives.errors import BadInput
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.stage.live.inlet import LiveInlet, open_tracker, table_of
from openset.stage.live.recorded import Report
from openset.stage.tracking.endpoint import parse_endpoint
from openset.stage.tracking.protocols import encoder_for
from openset.stage.tracking.samples import TrackSample


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        yield one


def d1(camera: int = 1, zoom: int = 0) -> bytes:
    return freed.encode(freed.D1(0.1, 0.2, 0.3, (1, 2, 3), camera_id=camera, zoom=zoom))


def received(inlet: LiveInlet, count: int) -> list[Report]:
    reports: list[Report] = []
    for _ in range(100):
        reports += inlet.receive(0.05)
        if len(reports) >= count:
            break
    return reports


def test_every_source_on_a_port_is_heard_under_its_own_name(sender: socket.socket) -> None:
    inlet = LiveInlet(parse_endpoint("udp://127.0.0.1:0", "in"))
    raw = write(
        Reading((1.0, 2.0, 3.0), 0.1, 0.2, 0.3),
        sample_id="urn:uuid:00000000-0000-4000-8000-000000000001",
        source_id="urn:uuid:00000000-0000-4000-8000-000000000002",
    )
    for datagram in (d1(1), d1(2), *encode(raw, 1)):
        sender.sendto(datagram, ("127.0.0.1", inlet.port))
    reports = received(inlet, 3)
    inlet.close()
    assert len({report.source for report in reports}) == 3
    assert reports[2].heard.raw is not None
    assert inlet.faults == {}


def test_a_delay_makes_reports_as_much_older(sender: socket.socket) -> None:
    inlet = LiveInlet(parse_endpoint("freed://127.0.0.1:0?delay_ms=25", "in"), clock=lambda: 10**9)
    sender.sendto(d1(), ("127.0.0.1", inlet.port))
    (report,) = received(inlet, 1)
    inlet.close()
    assert report.arrival_ns - report.sample.time_ns == 25_000_000


def test_another_protocol_on_the_port_is_recognised(sender: socket.socket) -> None:
    inlet = LiveInlet(parse_endpoint("opentrackio://127.0.0.1:0", "in"))
    for datagram in (d1(), d1(), b"hello"):
        sender.sendto(datagram, ("127.0.0.1", inlet.port))
    while inlet.datagrams < 3:
        assert inlet.receive(0.05) == []
    inlet.close()
    assert inlet.seen == {"FreeD D1": 2, "": 1}


def test_the_stage_listens_with_a_profile_and_a_table(sender: socket.socket, tmp_path: Path) -> None:
    table = tmp_path / "my lens.csv"
    table.write_text("field,count,value\nzoom,0,20\nzoom,1000,120\n", encoding="utf-8")
    samples: list[TrackSample] = []
    heard = threading.Event()

    def take(sample: TrackSample, raw: dict[str, Any] | None) -> None:
        samples.append(sample)
        heard.set()

    escaped = str(table).replace(" ", "%20")
    with open_tracker(f"freed://127.0.0.1:0?table={escaped}&delay_ms=5", take) as tracker:
        sender.sendto(d1(zoom=250), ("127.0.0.1", tracker.port))
        assert heard.wait(20)
    assert samples[0].lens is not None
    assert samples[0].lens.focal_length_mm == pytest.approx(45.0)


def test_a_table_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.csv"):
        table_of(parse_endpoint(f"freed://?table={tmp_path}/none.csv", "in"))
    (tmp_path / "wrong.csv").write_bytes(b"zoom,1\xff,2")
    with pytest.raises(BadInput, match="UTF-8"):
        table_of(parse_endpoint(f"freed://?table={tmp_path}/wrong.csv", "in"))
    (tmp_path / "long.csv").write_bytes(b" " * (2 << 20))
    with pytest.raises(BadInput, match="too long"):
        table_of(parse_endpoint(f"freed://?table={tmp_path}/long.csv", "in"))


def test_the_bones_of_a_body_go_with_the_camera_of_the_same_sender(sender: socket.socket) -> None:
    encoder = encoder_for(parse_endpoint("vmc://127.0.0.1", "out"), "a camera")
    pose = pose_from_pan_tilt_roll((1.0, 2.0, 1.5), 0.1, 0.2, 0.3)
    bones = {"Head": pose_from_pan_tilt_roll((0.0, 0.0, 0.1), 0.0, 0.1, 0.0)}
    inlet = LiveInlet(parse_endpoint("vmc://127.0.0.1:0", "in"))
    for datagram in encoder.encode(TrackSample(0, pose), 0, bones=bones):
        sender.sendto(datagram, ("127.0.0.1", inlet.port))
    (report,) = received(inlet, 1)
    inlet.close()
    assert report.heard.bones is not None
    assert set(report.heard.bones) >= {"Head"}
    assert report.sample.stage_from_camera.position_m == pytest.approx((1.0, 2.0, 1.5), abs=1e-5)
