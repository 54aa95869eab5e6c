"""A crew plugs in what it owns: real processes and sockets, from a phone's OSC to a stage that listens
to OpenTrackIO, from a take back to a live tracker.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from openset.formats import freed
from openset.formats.opentrackio import Reading, write
from openset.primitives.errors import BadInput
from openset.primitives.space import angle_between_rad, pose_from_pan_tilt_roll
from openset.stage.tracking.endpoint import parse_endpoint
from openset.stage.tracking.files import load_track
from openset.stage.tracking.live import UdpTracker
from openset.stage.tracking.protocols import encoder_for
from openset.stage.tracking.samples import TrackSample

PATIENCE_S = 60.0
POSES = [pose_from_pan_tilt_roll((n / 50, -3.0, 1.6), n / 100, 0.02, -0.01) for n in range(40)]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "openset", *arguments]


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A running bridge and the port it listens on, which it says first."""
    process = subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        first = process.stderr.readline()
        address = first.split(" ->")[0]
        port = parse_endpoint(address, "in").port if "://" in address else 0
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield process, port
    finally:
        process.kill()
        process.communicate()


class Heard:
    """What a listening stage was told."""

    def __init__(self) -> None:
        self.samples: list[TrackSample] = []
        self.raw: list[dict[str, Any] | None] = []
        self._changed = threading.Condition()

    def __call__(self, sample: TrackSample, raw: dict[str, Any] | None) -> None:
        with self._changed:
            self.samples.append(sample)
            self.raw.append(raw)
            self._changed.notify_all()

    def wait_for(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self.samples) >= count, PATIENCE_S)


@pytest.fixture
def group() -> Iterator[tuple[UdpTracker, Heard]]:
    """A stage that listens to OpenTrackIO's multicast on this machine alone."""
    heard = Heard()
    try:
        tracker = UdpTracker("udp:239.135.1.61:0@127.0.0.1", heard)
    except BadInput as trouble:
        pytest.skip(f"this machine has no multicast: {trouble.line}")
    with tracker:
        yield tracker, heard


def one_by_one(datagrams: Sequence[bytes], port: int, arrived: Callable[[int], bool]) -> None:
    """Send each when the one before has arrived at the other end: what is tested is not the network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number, datagram in enumerate(datagrams, start=1):
            sender.sendto(datagram, ("127.0.0.1", port))
            assert arrived(number)


def test_a_phone_s_osc_reaches_a_stage_as_opentrackio(group: tuple[UdpTracker, Heard]) -> None:
    tracker, heard = group
    phone = encoder_for(parse_endpoint("vmc://127.0.0.1", "out"), "phone")
    datagrams = [
        data for n, pose in enumerate(POSES) for data in phone.encode(TrackSample(n, pose), n * 10**7)
    ]
    target = f"opentrackio://239.135.1.61:{tracker.port}@127.0.0.1"
    with started("bridge", "vmc://127.0.0.1:0", target, "--json") as (bridge, port):
        one_by_one(datagrams, port, heard.wait_for)
        bridge.send_signal(signal.SIGINT)
        answer = json.loads(bridge.communicate(timeout=PATIENCE_S)[0])
    assert bridge.returncode == 0
    assert answer["samples"] == len(POSES)
    assert answer["lost"] == 0
    for sample, pose in zip(heard.samples, POSES, strict=True):
        # VMC speaks in 32-bit floats: 1e-7 of some metres.
        assert sample.stage_from_camera.position_m == pytest.approx(pose.position_m, abs=1e-5)
        assert angle_between_rad(sample.stage_from_camera, pose) < 1e-5


def test_two_z_cams_reach_a_stage_with_their_lenses_and_a_kill_leaves_whole_lines(
    tmp_path: Path,
) -> None:
    written = tmp_path / "carried.otrk.jsonl"
    packets = [
        freed.encode(
            freed.D1(0.1, 0.2, 0.0, (n / 10, 2, 1.5), zoom=5000, focus=30000, camera_id=camera)
        )
        for n in range(20)
        for camera in (1, 2)
    ]
    heard = Heard()
    with UdpTracker("udp:127.0.0.1:0", heard) as stage:
        source, target = "freed://127.0.0.1:0?profile=z-cam", f"opentrackio://127.0.0.1:{stage.port}"
        with started("bridge", source, target, "--write", str(written)) as (bridge, port):
            # The stage follows one of two cameras: every second packet reaches it.
            one_by_one(packets, port, lambda number: heard.wait_for((number + 1) // 2))
            wait_until(lambda: written.read_bytes().count(b"\n") == len(packets))
            bridge.send_signal(signal.SIGKILL)
            bridge.wait()
    lens = heard.samples[-1].lens
    assert lens is not None
    assert (lens.focal_length_mm, lens.focus_distance_m) == (50.0, 3.0)
    lines = written.read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") for line in lines)
    assert {orjson.loads(line)["source"] for line in lines} == {
        "FreeD camera 1 from 127.0.0.1",
        "FreeD camera 2 from 127.0.0.1",
    }
    loaded = load_track(written)
    assert (len(loaded.samples), loaded.skipped) == (len(packets), 0)


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_take_is_sent_to_two_receivers_with_the_spacing_it_was_recorded_with(
    group: tuple[UdpTracker, Heard], tmp_path: Path
) -> None:
    tracker, heard = group
    written = tmp_path / "first.otrk.jsonl"
    times_ms = [0, 20, 40, 65, 80, 300, 320]
    with written.open("wb") as stream:
        for n, time_ms in enumerate(times_ms):
            sample = write(
                Reading((n / 10, 2.0, 1.5), 0.1, 0.2, 0.3, 35.0, sequence=n),
                sample_id=f"urn:uuid:00000000-0000-4000-8000-{n:012x}",
                source_id="urn:uuid:00000000-0000-4000-8000-000000000001",
            )
            line = {"arrival_ns": time_ms * 10**6, "time_ns": time_ms * 10**6, "sample": sample}
            stream.write(orjson.dumps(line) + b"\n")
    again = Heard()
    with UdpTracker("udp:127.0.0.1:0", again) as other:
        done = subprocess.run(
            command(
                "replay", str(written), "--json",
                "--to", f"udp://239.135.1.61:{tracker.port}@127.0.0.1",
                "--to", f"freed://127.0.0.1:{other.port}",
            ),
            capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert heard.wait_for(len(times_ms))
        assert again.wait_for(len(times_ms))
    answer = json.loads(done.stdout)
    assert [output["samples"] for output in answer["outputs"]] == [len(times_ms)] * 2
    stamps = [sample.source_time_ns for sample in heard.samples]
    assert stamps[0] is not None
    assert [(stamp - stamps[0]) / 1e6 for stamp in stamps if stamp is not None] == times_ms
    assert [s.stage_from_camera.position_m[0] for s in heard.samples] == pytest.approx(
        [n / 10 for n in range(len(times_ms))]
    )
    assert [s.sequence for s in heard.samples] == list(range(len(times_ms)))
    assert [s.stage_from_camera.position_m[0] for s in again.samples] == pytest.approx(
        [n / 10 for n in range(len(times_ms))], abs=1e-5
    )


def test_listen_names_who_sends_and_what_is_wrong() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stop = threading.Event()

    def send() -> None:
        packet = freed.encode(freed.D1(0.1, 0.2, 0.0, (1, 2, 1.5), camera_id=7))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not stop.wait(0.02):
                sender.sendto(packet, ("127.0.0.1", port))
                sender.sendto(packet[:-1] + bytes((packet[-1] ^ 1,)), ("127.0.0.1", port))
                sender.sendto(b"hello", ("127.0.0.1", port))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        done = subprocess.run(
            command("listen", f"udp://127.0.0.1:{port}", "--seconds", "1", "--json"),
            capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        said = subprocess.run(
            command("listen", f"udp://127.0.0.1:{port}", "--seconds", "0.5"),
            capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
    finally:
        stop.set()
        thread.join()
    answer = json.loads(done.stdout)
    (source,) = answer["sources"]
    assert source["source"].startswith("FreeD camera 7")
    assert source["position_m"] == [1.0, 2.0, 1.5]
    assert source["state"] == "still"
    (fault,) = answer["faults"]
    assert "checksum" in fault["fault"]
    assert fault["meaning"]
    (stranger,) = answer["strangers"]
    assert bytes.fromhex(stranger["begins"]) == b"hello"
    assert "FreeD camera 7 from 127.0.0.1" in said.stdout
    assert "note: carries no time" in said.stdout
