from __future__ import annotations

import gc
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from openset.formats import freed
from openset.formats.opentrackio import Reading, Reassembler, encode, write
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.stage.live.bridge import Bridge
from openset.stage.live.figures import Figures, as_json
from openset.stage.live.inlet import LiveInlet
from openset.stage.live.outlet import FileOutlet, Outlet, UdpOutlet
from openset.stage.live.recorded import Report
from openset.stage.tracking.endpoint import parse_endpoint
from openset.stage.tracking.files import load_track
from openset.stage.tracking.samples import TrackSample
from openset.stage.tracking.wire import Heard

MS = 1_000_000


class Given:
    """An input that says what it was given, one at a time, and moves the clock as they come."""

    def __init__(self, reports: list[Report], clock: list[int], gap_ns: int = 10 * MS) -> None:
        self.title, self.ended, self.faults = "given", False, {"broken": 2}
        self._reports, self._clock, self._gap_ns = iter(reports), clock, gap_ns

    def receive(self, timeout_s: float) -> list[Report]:
        self._clock[0] += self._gap_ns
        found = next(self._reports, None)
        self.ended = found is None
        return [] if found is None else [found]

    def close(self) -> None:
        pass


def report(source: str, number: int, time_ns: int | None = None) -> Report:
    time_ns = number * 10 * MS if time_ns is None else time_ns
    pose = pose_from_pan_tilt_roll((number / 100, 2.0, 1.5), 0.1, 0.2, 0.3)
    heard = Heard(source, pose, sequence=number)
    return Report(source, TrackSample(time_ns, pose, sequence=number), heard, time_ns)


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(5)
        yield one


def target(receiver: socket.socket, protocol: str) -> UdpOutlet:
    host, port = receiver.getsockname()
    return UdpOutlet(parse_endpoint(f"{protocol}://{host}:{port}", "out"))


def test_every_report_goes_to_every_output(receiver: socket.socket, tmp_path: Path) -> None:
    clock = [0]
    reports = [report(f"camera {1 + n % 2}", n // 2) for n in range(20)]
    outlets: list[Outlet] = [target(receiver, "freed"), FileOutlet(tmp_path / "t.otrk.jsonl")]
    total = Bridge(Given(reports, clock), outlets, clock=lambda: clock[0]).run()
    for outlet in outlets:
        outlet.close()
    assert [outlet.reports for outlet in outlets] == [20, 20]
    assert {freed.decode(receiver.recv(100)).camera_id for _ in range(20)} == {1, 2}
    assert len(load_track(tmp_path / "t.otrk.jsonl").samples) == 20
    assert [(each.source, each.reports) for each in total.sources] == [
        ("camera 1", 10),
        ("camera 2", 10),
    ]
    assert total.faults == {"broken": 2}


def test_only_the_source_that_is_wanted_is_carried(receiver: socket.socket) -> None:
    clock = [0]
    reports = [report(f"FreeD camera {n} from 192.0.2.1", 1) for n in (1, 12, 2)]
    outlet = target(receiver, "freed")
    total = Bridge(Given(reports, clock), [outlet], only="CAMERA 1", clock=lambda: clock[0]).run()
    outlet.close()
    assert [each.source for each in total.sources] == ["FreeD camera 1 from 192.0.2.1"]
    assert len(total.ignored) == 2


def test_each_second_has_its_own_figures(receiver: socket.socket) -> None:
    clock = [0]
    ticks: list[Figures] = []
    reports = [report("a", n) for n in range(250) if n not in (30, 31)]
    outlet = target(receiver, "freed")
    total = Bridge(Given(reports, clock), [outlet], clock=lambda: clock[0]).run(on_tick=ticks.append)
    outlet.close()
    # One report each 10 ms: 100 a second, in and out.
    assert [round(tick.rate_in_hz) for tick in ticks] == [100, 100]
    assert [round(tick.rate_out_hz) for tick in ticks] == [100, 100]
    assert total.lost == 2
    assert total.reports == 248
    assert total.age is not None


@pytest.mark.parametrize("cameras", [1, 2])
def test_the_rate_counts_gaps_and_not_reports(cameras: int) -> None:
    clock = [0]
    ticks: list[Figures] = []
    # 26 reports of each camera, 40 ms apart, reach over one second.
    rounds = [[report(str(each), n) for each in range(cameras)] for n in range(26)]

    class Rounds(Given):
        def receive(self, timeout_s: float) -> list[Report]:
            clock[0] += 40 * MS
            self.ended = not rounds
            return rounds.pop(0) if rounds else []

    total = Bridge(Rounds([], clock), [], clock=lambda: clock[0]).run(on_tick=ticks.append)
    assert total.rate_in_hz == pytest.approx(25 * cameras)
    assert ticks[0].rate_in_hz == pytest.approx(25 * cameras)


def test_silence_is_told_every_five_seconds() -> None:
    clock = [0]
    heard: list[float] = []

    class Silent(Given):
        def receive(self, timeout_s: float) -> list[Report]:
            clock[0] += 100 * MS
            return []

    Bridge(Silent([], clock), [], clock=lambda: clock[0]).run(seconds=16, on_silence=heard.append)
    assert [round(each) for each in heard] == [5, 10, 15]


def test_a_bridge_whose_only_file_fails_ends_and_one_with_a_receiver_goes_on(
    small_disk: Path, receiver: socket.socket
) -> None:
    with (small_disk / "fill").open("ab", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(1 << 20)):
            pass
    clock = [0]
    broken = FileOutlet(small_disk / "t.otrk.jsonl")
    total = Bridge(
        Given([report("a", n) for n in range(50)], clock), [broken], clock=lambda: clock[0]
    ).run()
    assert total.reports < 50
    both: list[Outlet] = [broken, target(receiver, "freed")]
    total = Bridge(
        Given([report("a", n) for n in range(50)], clock), both, clock=lambda: clock[0]
    ).run()
    assert both[1].reports == 50
    for outlet in both:
        outlet.close()


def test_figures_are_json(receiver: socket.socket) -> None:
    clock = [0]
    outlet = target(receiver, "freed")
    total = Bridge(
        Given([report("a", n) for n in range(5)], clock), [outlet], clock=lambda: clock[0]
    ).run()
    outlet.close()
    figures = orjson.loads(orjson.dumps(as_json(total)))
    assert figures["samples"] == 5
    assert figures["outputs"][0]["samples"] == 5
    assert figures["jitter_ms"] == {"median": 0.0, "p99": 0.0}


def test_a_long_run_does_not_grow(tmp_path: Path) -> None:
    clock = [0]

    def reports() -> Iterator[Report]:
        for number in range(12_000):
            if number == 6_000:
                gc.collect()
                tracemalloc.start()
                marks.append(tracemalloc.get_traced_memory()[0])
            yield report(f"camera {number % 3}", number // 3)
        gc.collect()
        marks.append(tracemalloc.get_traced_memory()[0])

    marks: list[int] = []
    given = Given([], clock, gap_ns=MS)
    given._reports = reports()
    outlet = UdpOutlet(parse_endpoint("opentrackio://127.0.0.1:9", "out"))
    Bridge(given, [outlet], clock=lambda: clock[0]).run()
    outlet.close()
    tracemalloc.stop()
    assert marks[1] - marks[0] < 2_000_000


def test_live_in_live_out_over_real_sockets(receiver: socket.socket) -> None:
    inlet = LiveInlet(parse_endpoint("freed://127.0.0.1:0?profile=z-cam", "in"))
    outlet = target(receiver, "opentrackio")
    bridge = Bridge(inlet, [outlet])
    done: list[Figures] = []
    thread = threading.Thread(target=lambda: done.append(bridge.run(seconds=20)))
    thread.start()
    reassembler = Reassembler()
    found: list[dict[str, Any]] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(20):
            pose = freed.D1(0.1, 0.2, 0.3, (number / 10, 2, 1.5), zoom=3500, focus=25000)
            sender.sendto(freed.encode(pose), ("127.0.0.1", inlet.port))
            sample = reassembler.feed(receiver.recv(65536))
            assert sample is not None
            found.append(sample)
    bridge.stop()
    thread.join()
    inlet.close()
    outlet.close()
    assert [s["transforms"][-1]["translation"]["x"] for s in found] == pytest.approx(
        [n / 10 for n in range(20)], abs=1e-5
    )
    # Z CAM: zoom in hundredths of a millimetre, focus in tenths.
    assert found[-1]["lens"]["pinholeFocalLength"] == pytest.approx(35.0)
    assert found[-1]["lens"]["focusDistance"] == pytest.approx(2.5)
    assert done[0].reports == 20


def test_opentrackio_passes_with_everything_it_says(receiver: socket.socket) -> None:
    raw = write(
        Reading((1.0, 2.0, 3.0), 0.1, 0.2, 0.3, 35.0, sequence=7, slate="1-A-t01", sample_time_ns=5),
        sample_id="urn:uuid:00000000-0000-4000-8000-000000000001",
        source_id="urn:uuid:00000000-0000-4000-8000-000000000002",
    )
    raw["custom"] = {"note": "kept"}
    inlet = LiveInlet(parse_endpoint("opentrackio://127.0.0.1:0", "in"))
    outlet = target(receiver, "opentrackio")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(encode(raw, 9)[0], ("127.0.0.1", inlet.port))
    bridge = Bridge(inlet, [outlet])
    thread = threading.Thread(target=bridge.run)
    thread.start()
    sample = Reassembler().feed(receiver.recv(65536))
    bridge.stop()
    thread.join()
    inlet.close()
    outlet.close()
    assert sample is not None
    assert {key: sample[key] for key in raw} == raw
