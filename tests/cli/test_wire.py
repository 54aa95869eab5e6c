from __future__ import annotations

import os
import resource
import signal
import socket
import threading
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from openset.cli.output import Output
from openset.cli.wire import ending, run_bridge, run_replay, silence_line, tick_line
from openset.formats import freed, osc, vmc
from openset.formats.opentrackio import Reading, write
from openset.primitives.errors import AlreadyExists, BadInput, PortInUse, TrackNotFound
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.stage.live.figures import Figures, SourceFigures
from openset.stage.live.inlet import LiveInlet
from openset.stage.tracking.endpoint import parse_endpoint
from openset.stage.tracking.flow import Spread

USUAL = {
    "write": None, "only": "", "seconds": None, "speed": 1.0, "loop": False, "rate": "",
    "profile": "raw",
}  # fmt: skip


def bridge(source: str, *targets: str, **more: object) -> int:
    return run_bridge(Output(True), source, targets, **{**USUAL, **more})  # type: ignore[arg-type]


def figures(*sources: str, ignored: tuple[str, ...] = ()) -> Figures:
    spread = Spread(0.12, 1.57)
    told = tuple(SourceFigures(name, 5, 50.0, 1, 0, 0, spread) for name in sources)
    return Figures(1.0, 50, 50.0, 100.0, told, 1, 2, 0, spread, spread, {"broken": 3}, (), ignored)


@pytest.fixture
def take(tmp_path: Path) -> Path:
    path = tmp_path / "t.otrk.jsonl"
    sample = write(
        Reading((1.0, 2.0, 1.5), 0.1, 0.2, 0.3, 35.0, sequence=1),
        sample_id="urn:uuid:00000000-0000-4000-8000-000000000001",
        source_id="urn:uuid:00000000-0000-4000-8000-000000000002",
    )
    lines = [{"arrival_ns": n * 10**6, "time_ns": n * 10**6, "sample": sample} for n in range(5)]
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return path


def test_a_take_becomes_a_file_of_freed_packets(
    take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "t.freed"
    assert bridge(str(take), str(out)) == 0
    assert len(freed.decode_dump(out.read_bytes())[0]) == 5
    answer = orjson.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["samples"], answer["lost"]) == (True, 5, 0)
    assert answer["outputs"] == [
        {"to": str(out), "targets": {}, "samples": 5, "faults": {}, "trouble": ""}
    ]


def test_the_summary_names_the_group_of_each_source(
    take: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [orjson.loads(line) for line in take.read_bytes().splitlines()]
    for n, line in enumerate(lines):
        line["source"] = f"camera {n % 2}"
    take.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    to = "opentrackio://239.135.1.9:40999@127.0.0.1"
    assert run_bridge(Output(False), str(take), [to], **USUAL) == 0  # type: ignore[arg-type]
    said = capsys.readouterr().out
    assert "239.135.1.9:40999: camera 0" in said
    assert "239.135.1.10:40999: camera 1" in said


def test_an_input_that_stays_silent_is_an_error_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    code = bridge("freed://127.0.0.1:0", "freed://127.0.0.1:9", seconds=0.05)
    assert code == TrackNotFound.exit_code
    assert "openset listen" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "targets", "more", "says"),
    [
        ("freed://127.0.0.1:0", [], {}, "OUT"),
        ("freed://127.0.0.1:0", ["freed://127.0.0.1:9"], {"speed": 2.0}, "--speed"),
        ("freed://127.0.0.1:0", ["freed://127.0.0.1:9"], {"loop": True}, "--loop"),
        ("livelink://127.0.0.1:0", ["freed://127.0.0.1:9"], {}, "cannot be received"),
        ("freed://127.0.0.1:0", ["natnet://127.0.0.1:9"], {}, "cannot be sent"),
        ("freed://127.0.0.1:0", ["freed://127.0.0.1:9?profile=zcam"], {}, "z-cam"),
        ("freed://127.0.0.1:0", ["osc://127.0.0.1:9"], {}, "needs a table"),
        ("freed://127.0.0.1:40917", ["freed://127.0.0.1:40917"], {}, "hear itself"),
        ("freed://:40917", ["freed://localhost:40917"], {}, "hear itself"),
        ("freed://:40917", ["vmc://127.0.0.1:40917"], {}, "hear itself"),
        ("take.freed", ["freed://127.0.0.1:9"], {"rate": "fast"}, "--rate"),
    ],
)
def test_what_cannot_be_carried_is_one_clear_line(
    source: str, targets: list[str], more: dict[str, object], says: str
) -> None:
    with pytest.raises(BadInput) as caught:
        bridge(source, *targets, **more)
    assert says in caught.value.line


def test_a_port_that_is_taken_and_a_file_that_is_there_are_named(take: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(PortInUse):
            bridge(f"freed://127.0.0.1:{other.getsockname()[1]}", "freed://127.0.0.1:9")
    with pytest.raises(AlreadyExists):
        bridge(str(take), "freed://127.0.0.1:9", write=take)


def test_only_recordings_are_replayed(take: Path) -> None:
    with pytest.raises(BadInput, match="bridge"):
        run_replay(
            Output(True), "freed://:0", ["freed://127.0.0.1:9"], only="", seconds=None, speed=1.0,
            loop=False, rate="",
        )  # fmt: skip
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        to = f"freed://127.0.0.1:{receiver.getsockname()[1]}"
        code = run_replay(
            Output(True), str(take), [to], only="", seconds=None, speed=10.0, loop=False, rate=""
        )
        assert code == 0
        assert freed.decode(receiver.recv(100)).position_m == (1.0, 2.0, 1.5)


def test_a_second_is_told_on_one_line() -> None:
    line = tick_line(figures("FreeD camera 1"))
    assert line == (
        "in 50.0/s  out 100.0/s  lost 1  out of order 2  jitter 99 % 1.6 ms  age 0.1 ms\n"
        "  faults 3  FreeD camera 1"
    )
    calm = replace(figures("FreeD camera 1 from 192.0.2.1:40000"), late=0, faults={})
    assert tick_line(calm) == (
        "in 50.0/s  out 100.0/s  lost 1  jitter 99 % 1.6 ms  age 0.1 ms  FreeD camera 1…"
    )
    for each in (
        figures("a" * 200),
        replace(calm, rate_in_hz=31000.0, rate_out_hz=310000.0, lost=10**6),
    ):
        assert max(map(len, tick_line(each).splitlines())) <= 80
    assert tick_line(figures("a", "b")).endswith("2 sources")


def test_silence_says_what_to_look_at() -> None:
    inlet = LiveInlet(parse_endpoint("freed://127.0.0.1:0", "in"))
    try:
        line = silence_line(inlet, "", figures(), 5.0)
        assert "firewall" in line
        assert str(inlet.port) in line
        assert "camera 2" in silence_line(inlet, "camera 1", figures(ignored=("FreeD camera 2",)), 5.0)
        nothing = replace(figures(), reports=0)
        inlet.seen["OpenTrackIO"] = 40
        assert "OpenTrackIO arrives there instead" in silence_line(inlet, "", nothing, 5.0)
        assert "firewall" in silence_line(inlet, "", figures(), 5.0)  # a stray before it all began
        inlet.seen.clear()
        inlet.seen[""] = 3
        assert "no known protocol" in silence_line(inlet, "", nothing, 5.0)
    finally:
        inlet.close()


def test_a_port_without_a_group_says_how_multicast_is_heard() -> None:
    for text, told in (("opentrackio://:0", True), ("opentrackio://127.0.0.1:0", False)):
        inlet = LiveInlet(parse_endpoint(text, "in"))
        try:
            assert ("opentrackio://239.135.1.1" in silence_line(inlet, "", figures(), 5.0)) is told
        finally:
            inlet.close()


def test_bones_without_a_camera_are_said_to_be_that() -> None:
    pose = pose_from_pan_tilt_roll((0.0, 0.0, 1.0), 0.0, 0.0, 0.0)
    datagram = osc.encode_bundle(vmc.encode(vmc.Report((), None, {"Head": pose})))
    inlet = LiveInlet(parse_endpoint("vmc://127.0.0.1:0", "in"))
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(datagram, ("127.0.0.1", inlet.port))
        while not inlet.datagrams:
            assert inlet.receive(0.05) == []
        line = silence_line(inlet, "", replace(figures(), reports=0), 5.0)
    finally:
        inlet.close()
    assert "bones arrive and no camera" in line


def test_a_name_that_no_source_has_is_answered_with_those_there_are(
    take: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = bridge(str(take), "freed://127.0.0.1:9", only="crane")
    assert code == TrackNotFound.exit_code
    assert "no source is called 'crane'; heard is OpenTrackIO 0000" in capsys.readouterr().err


def test_a_disk_that_fills_is_said_at_once_and_the_others_go_on(
    take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [orjson.loads(line) for line in take.read_bytes().splitlines()]
    for n, line in enumerate(lines):
        line["arrival_ns"] = n * 400 * 10**6  # 1.6 s, so that a second is told while it runs
    take.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (900, limit[1]))
    try:
        code = bridge(str(take), "freed://127.0.0.1:9", write=tmp_path / "kept.otrk.jsonl")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    said = capsys.readouterr()
    assert code != 0
    told = [n for n, line in enumerate(said.err.splitlines()) if "kept.otrk.jsonl" in line]
    ticks = [n for n, line in enumerate(said.err.splitlines()) if line.startswith("in ")]
    assert told[1] == ticks[0] + 2  # a second with trouble in it takes two lines
    assert "1 of 2 outputs ended" in said.err
    kept, sent = (output["samples"] for output in reversed(orjson.loads(said.out)["outputs"]))
    assert (sent, kept) == (5, (tmp_path / "kept.otrk.jsonl").read_bytes().count(b"\n"))


def test_the_first_interrupt_asks_and_the_second_interrupts() -> None:
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    with ending(asked.set):
        os.kill(os.getpid(), signal.SIGINT)
        assert asked.wait(5)
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the signal comes while it waits
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(5)
    assert signal.getsignal(signal.SIGINT) is before
