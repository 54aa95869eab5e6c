"""The shooting day goes wrong, and the real command is driven through it: one clear line, a code of its
own, and nothing lost that was recorded. (Cut-off clips and tracks are in tests/cli/test_shoot.py.)
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import cbor2
import numpy as np
import orjson
import pytest

from openset.formats import opentrackio, opentrackio_wire
from openset.sim import tracker
from openset.sim.files import write_day
from openset.sim.live import TrackerSender
from openset.sim.plan import DayPlan
from openset.sim.rig import free_udp_port
from openset.stage.record.files import read_take, verify_take
from openset.stage.scene.files import write_set
from openset.stage.scene.model import Scene
from openset.store.production import create_production

PLAN = DayPlan(seed=4, width_px=160, height_px=90, duration_s=3.0)
FRAMES = 75
LONG_PLAN = DayPlan(seed=4, width_px=160, height_px=90, duration_s=60.0)
RESERVE_BYTES = 4 << 20


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("day")
    write_day(folder, PLAN)
    return folder


def make_film(folder: Path) -> Path:
    made = create_production(folder, title="Film", rate=Fraction(25))
    write_set(Scene("sky", dome=np.full((32, 64, 3), 0.4, np.float32)), made.root / "sets" / "sky")
    return made.root


def shoot(film: Path, day: Path, *more: str, track: str = "") -> list[str]:
    track = track or str(day / "track.otrk.jsonl")
    return [
        sys.executable, "-m", "openset", "shoot", str(film), "--plate", str(day / "plate.mp4"),
        "--track", track, "--set", "sky", "--scene", "1", "--shot", "A", "--backend", "cpu",
        "--port", "0", "--matte", "--json", *more,
    ]  # fmt: skip


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def the_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of trouble."""
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("openset:")]
    return line


def until(wanted: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 90
    while not wanted():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_disk_that_fills_in_mid_take_keeps_what_is_on_it(small_disk: Path, day: Path) -> None:
    film = make_film(small_disk / "film")
    free = shutil.disk_usage(small_disk).free
    (small_disk / "last week").write_bytes(bytes(free - RESERVE_BYTES - (250 << 10)))
    done = run(shoot(film, day))
    assert done.returncode == 20
    assert "1-A-t01" in the_line(done)
    figures = json.loads(done.stdout)
    folder = film / "takes" / "1-A-t01"
    record = read_take(folder)
    assert (record.state, figures["ok"], figures["exit_code"]) == ("closed", False, 20)
    assert 5 < record.frames < FRAMES
    assert figures["recorded"] == record.frames == record.counts["recorded"]
    assert figures["frames_in"] == figures["recorded"] + figures["recording_lost"]
    assert verify_take(folder).ok


def test_a_read_only_production_is_named_and_untouched(small_disk: Path, day: Path) -> None:
    film = make_film(small_disk / "film")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = run(shoot(film, day))
    assert done.returncode == 21
    assert str(film) in the_line(done)
    figures = json.loads(done.stdout)
    assert (figures["recorded"], figures["takes"]) == (0, [])
    assert list((film / "takes").iterdir()) == []


def test_a_second_engine_on_the_port_is_refused_and_the_first_rolls_on(
    tmp_path: Path, day: Path
) -> None:
    film = make_film(tmp_path / "film")
    with shooting(film, day) as (first, _, _):
        entry = json.loads(next(Path(os.environ["OPENSET_HOME"]).glob("engines/*.json")).read_text())
        first.send_signal(signal.SIGSTOP)  # a slow second one must not find the first at its end
        done = run([*shoot(film, day), "--port", str(entry["port"])])
        first.send_signal(signal.SIGCONT)
        assert done.returncode == 22
        assert str(entry["port"]) in the_line(done)
        out, err = first.communicate(timeout=60)
    assert first.returncode == 0, err
    assert json.loads(out)["frames_in"] == FRAMES
    assert verify_take(film / "takes" / "1-A-t01").ok


@contextmanager
def shooting(
    film: Path, day: Path
) -> Iterator[tuple[subprocess.Popen[str], TrackerSender, tuple[str, int]]]:
    """A shoot whose tracker comes over UDP, in real time, once its take has begun."""
    port = free_udp_port()
    address = f"udp:127.0.0.1:{port}"
    sender = TrackerSender(LONG_PLAN, address, time.monotonic_ns())
    sender.start()
    with subprocess.Popen(
        shoot(film, day, track=address), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            reports = film / "takes" / "1-A-t01" / "raw.otrk.jsonl"
            until(lambda: reports.is_file() and reports.stat().st_size > 0, process)
            yield process, sender, ("127.0.0.1", port)
        finally:
            sender.stop()
            process.kill()


def hostile_datagrams(random: np.random.Generator) -> Iterator[bytes]:
    """Noise, broken OpenTrackIO, and whole samples of the tracker itself that no JSON file can hold."""
    sample = tracker.track_sample(PLAN, 0)
    nested = orjson.dumps(sample)[:-1] + b',"x":' + b"[" * 400 + b"]" * 400 + b"}"
    huge = cbor2.dumps({**sample, "x": -(2**64)})
    while True:
        yield random.bytes(int(random.integers(1, 300)))
        yield b"OTrk" + random.bytes(60)
        yield b"\xd1" + random.bytes(28)
        whole_one = opentrackio.encode(sample, 9)[0]
        yield whole_one[:-5]
        yield whole_one[:-5] + b"wrong"
        yield from (whole(1, nested), whole(2, huge))


def whole(encoding: int, payload: bytes) -> bytes:
    """Any payload as one datagram with a true checksum."""
    head = bytes((*b"OTrk", 0, encoding, 0, 9, 0, 0, 0, 0)) + (0x8000 | len(payload)).to_bytes(2, "big")
    return head + opentrackio_wire.fletcher16(head + payload).to_bytes(2, "big") + payload


def test_hostile_packets_and_a_tracker_that_dies_cost_no_frame(tmp_path: Path, day: Path) -> None:
    film = make_film(tmp_path / "film")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire,
        shooting(film, day) as (process, sender, port),
    ):
        began = time.monotonic()
        for datagram in hostile_datagrams(np.random.default_rng(5)):
            wire.sendto(datagram, port)
            if time.monotonic() - began > 1.0:
                sender.stop()
            if process.poll() is not None:
                break
            time.sleep(0.002)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    figures = json.loads(out)
    assert figures["frames_in"] == FRAMES
    assert figures["recorded"] + figures["dropped"] + figures["recording_lost"] == FRAMES
    faults = figures["track_counts"]["faults"]
    named = {"no protocol known here", "checksum", "FreeD checksum is wrong", "truncated"}
    assert named | {"bad JSON", "bad CBOR"} <= set(faults)
    assert verify_take(Path(figures["takes"][0]["folder"])).ok


@pytest.mark.parametrize(
    "signals",
    [(signal.SIGINT,), (signal.SIGINT,) * 4, (signal.SIGTERM,), (signal.SIGHUP,)],
    ids=["ctrl-c", "an impatient ctrl-c", "shutdown", "the terminal goes"],
)
def test_whatever_ends_the_shoot_the_take_is_closed_and_sealed(
    tmp_path: Path, day: Path, signals: tuple[signal.Signals, ...]
) -> None:
    film = make_film(tmp_path / "film")
    with shooting(film, day) as (process, _, _):
        time.sleep(0.5)
        for each in signals:
            process.send_signal(each)
            time.sleep(0.03)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    record = read_take(film / "takes" / "1-A-t01")
    impatient = ("interrupted", "the engine ended")
    assert (record.state, record.reason in impatient[: len(signals)]) == ("closed", True)
    assert 0 < record.frames < FRAMES
    assert verify_take(film / "takes" / "1-A-t01").failures == ()
