"""The verbs `shoot` and `stage`, called as a program calls them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.sync.client import ClientConnection, connect

from openset.formats.ltc import encode_blocks
from openset.primitives.space import Pose
from openset.primitives.time import parse_timecode
from openset.sim.files import write_day
from openset.sim.plan import DayPlan
from openset.stage.calibrate.series import zoom_of_focal
from openset.stage.exchange.sound import write_sound
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.record.files import read_take, verify_take
from openset.stage.scene.files import write_set
from openset.stage.scene.model import Scene
from openset.store.production import create_production, open_production, update_stage


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("day")
    write_day(folder, DayPlan(seed=4, width_px=160, height_px=90, duration_s=2.0))
    return folder


@pytest.fixture
def film(tmp_path: Path, day: Path) -> Path:
    stage = {"plate": str(day / "plate.mp4"), "track": str(day / "track.otrk.jsonl"), "set": "sky"}
    made = create_production(tmp_path / "film", title="Film", rate=Fraction(25), stage=stage)
    write_set(Scene("sky", dome=np.full((32, 64, 3), 0.4, np.float32)), made.root / "sets" / "sky")
    return made.root


def shoot_arguments(film: Path, day: Path, **changes: str) -> list[str]:
    given = {
        "--plate": str(day / "plate.mp4"), "--track": str(day / "track.otrk.jsonl"), "--set": "sky",
        "--scene": "1", "--shot": "A", "--backend": "cpu", "--port": "0", **changes,
    }  # fmt: skip
    return ["shoot", str(film), "--json", *[part for pair in given.items() for part in pair]]


def write_tape(path: Path, first: str) -> None:
    """A minute of LTC on a sound file."""
    code = parse_timecode(first, Fraction(25))
    write_sound(path, 48000, encode_blocks((code.plus(n) for n in range(1500)), 48000))


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "openset", *arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_shoot_ends_with_the_plate_and_accounts_for_every_frame(film: Path, day: Path) -> None:
    done = run(*shoot_arguments(film, day))
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["frames_in"] == figures["frames_out"] == figures["recorded"] == 50
    assert (figures["dropped"], figures["held"]) == (0, 0)
    assert verify_take(Path(figures["takes"][0]["folder"])).ok
    assert figures["takes"][0]["take"] == "1-A-t01"


def test_a_clip_cut_off_keeps_what_came_before_and_says_so(
    film: Path, day: Path, tmp_path: Path
) -> None:
    import av

    whole = tmp_path / "faststart.mp4"
    with (
        av.open(str(day / "plate.mp4")) as source,
        av.open(str(whole), "w", options={"movflags": "faststart"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    data = whole.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 2 // 3])
    done = run(*shoot_arguments(film, day, **{"--plate": str(tmp_path / "cut.mp4")}))
    assert done.returncode == 11
    figures = json.loads(done.stdout)
    assert 5 < figures["recorded"] < 50
    assert verify_take(Path(figures["takes"][0]["folder"])).ok
    assert "cut.mp4" in figures["where"]


def test_a_track_that_stops_is_held_and_told(film: Path, day: Path, tmp_path: Path) -> None:
    lines = (day / "track.otrk.jsonl").read_text().splitlines()
    (tmp_path / "short.otrk.jsonl").write_text("\n".join(lines[:60]) + "\n" + lines[60][:40])
    done = run(*shoot_arguments(film, day, **{"--track": str(tmp_path / "short.otrk.jsonl")}))
    figures = json.loads(done.stdout)
    assert done.returncode == 0
    assert figures["recorded"] == 50
    assert figures["held"] > 10
    assert any("stopped" in fault for fault in figures["takes"][0]["faults"])


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"--plate": "gone.mp4"}, 10, "gone.mp4"),
        ({"--track": "gone.f4"}, 12, "gone.f4"),
        ({"--set": "palace"}, 14, "sky"),
        ({"--track": "udp:127.0.0.1:99999"}, 2, "99999"),
        ({"--mount": "up"}, 2, "PAN,TILT,ROLL"),
        ({"--backend": "magic"}, 2, "auto"),
        ({"--focal-mm": "-3"}, 2, "millimetres"),
        ({"--timecode": "ltc:gone.wav"}, 2, "gone.wav"),
        ({"--timecode": "15:00:00:00"}, 2, "ltc:alsa:hw:1"),
    ],
    ids=lambda value: str(value),
)
def test_bad_input_is_one_line_with_what_where_and_what_to_do(
    film: Path, day: Path, changes: dict[str, str], code: int, words: str
) -> None:
    done = run(*shoot_arguments(film, day, **changes))
    assert done.returncode == code
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("openset:")]
    assert words in line
    assert list((film / "takes").iterdir()) == []


def test_random_bytes_for_a_track_are_refused(film: Path, day: Path, tmp_path: Path) -> None:
    (tmp_path / "noise.otrk.jsonl").write_bytes(np.random.default_rng(1).bytes(9000))
    done = run(*shoot_arguments(film, day, **{"--track": str(tmp_path / "noise.otrk.jsonl")}))
    assert done.returncode == 13
    assert "Traceback" not in done.stderr


class Engine:
    """`openset stage` as a process of its own, spoken to over its socket."""

    def __init__(self, process: subprocess.Popen[str], socket: ClientConnection) -> None:
        self.process, self.socket = process, socket

    def say(self, **order: Any) -> None:
        self.socket.send(json.dumps(order))

    def until(self, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            message = self.socket.recv(timeout=30)
            if isinstance(message, str):
                status = json.loads(message)
                if status["type"] == "status" and wanted(status):
                    return dict(status)
        raise AssertionError("the engine never got there")


@contextmanager
def running_engine(film: Path, home: Path) -> Iterator[Engine]:
    """Start an engine and connect to it; whatever happens it is gone afterwards."""
    command = [sys.executable, "-m", "openset", "stage", str(film), "--json", "--backend", "cpu"]
    with subprocess.Popen(
        [*command, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OPENSET_HOME": str(home)},
    ) as process:  # fmt: skip
        try:
            entry = engine_entry(process, home)
            header = {"Authorization": f"Bearer {entry['token']}"}
            with connect(f"ws://127.0.0.1:{entry['port']}/", additional_headers=header) as socket:
                yield Engine(process, socket)
        finally:
            process.kill()


def engine_entry(process: subprocess.Popen[str], home: Path) -> dict[str, Any]:
    """What the engine wrote for its clients."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        for file in (home / "engines").glob("*.json"):
            return dict(json.loads(file.read_text()))
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.1)
    raise AssertionError("the engine did not open its socket")


def test_the_engine_rolls_cuts_and_stops_by_order_without_django(film: Path, tmp_path: Path) -> None:
    with running_engine(film, tmp_path / "home") as engine:
        engine.say(type="roll")
        engine.until(lambda status: status["recorded"] >= 30)
        engine.say(type="cut")
        engine.until(lambda status: status["takes"])
        engine.say(type="stop")
        out, err = engine.process.communicate(timeout=60)
    assert engine.process.returncode == 0, err
    figures = json.loads(out)
    assert figures["takes"][0]["frames"] >= 30
    assert verify_take(film / "takes" / "1-A-t01").ok
    assert list((tmp_path / "home" / "engines").iterdir()) == []


def test_shoot_takes_its_timecode_from_ltc(film: Path, day: Path, tmp_path: Path) -> None:
    write_tape(tmp_path / "tape.wav", "15:00:00:00")
    done = run(*shoot_arguments(film, day, **{"--timecode": f"ltc:{tmp_path / 'tape.wav'}"}))
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["timecode_state"] == "locked"
    assert figures["takes"][0]["faults"] == []
    take = Path(figures["takes"][0]["folder"])
    assert str(read_take(take).spec.start_timecode) == "15:00:00:00"
    assert verify_take(take).ok


def test_ltc_of_another_rate_is_said_and_not_called_silent(
    film: Path, day: Path, tmp_path: Path
) -> None:
    code = parse_timecode("15:00:00:00", Fraction(30))
    write_sound(tmp_path / "tape.wav", 48000, encode_blocks((code.plus(n) for n in range(150)), 48000))
    given = shoot_arguments(film, day, **{"--timecode": f"ltc:{tmp_path / 'tape.wav'}"})
    done = run(*[each for each in given if each != "--json"])
    assert done.returncode == 0, done.stderr
    assert "never heard" not in done.stdout
    assert "the timecode counts 30, the picture 25" in " ".join(done.stdout.split())


def test_the_engine_follows_the_ltc_that_production_toml_names(film: Path, tmp_path: Path) -> None:
    write_tape(film / "tape.wav", "15:00:00:00")
    update_stage(open_production(film), {"timecode": "ltc:tape.wav?channel=1"})
    with running_engine(film, tmp_path / "home") as engine:
        engine.until(lambda status: status["timecode_state"] == "locked")
        status = engine.until(lambda status: status["frames_in"] > 5)
        assert status["timecode"].startswith("15:00:")
        engine.say(type="stop")
        engine.process.communicate(timeout=60)


def test_the_engine_never_loads_the_office() -> None:
    code = "import sys, openset.stage.rig, openset.cli.shoot; assert 'django' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_kill_in_mid_take_loses_at_most_the_last_second(film: Path, tmp_path: Path) -> None:
    with running_engine(film, tmp_path / "home") as engine:
        engine.say(type="roll")
        seen = engine.until(lambda status: status["recorded"] >= 75)["recorded"]
        engine.process.send_signal(signal.SIGKILL)
        engine.process.communicate(timeout=30)
    folder = film / "takes" / "1-A-t01"
    assert read_take(folder).state == "recording"
    done = run("recover", str(film), "--json")
    assert json.loads(done.stdout)["recovered"][0]["take"] == "1-A-t01", done.stderr
    record = read_take(folder)
    assert record.state == "recovered"
    assert record.frames >= seen - 25
    assert verify_take(folder).ok
    assert json.loads(run("recover", str(film), "--json").stdout)["recovered"] == []


def test_ctrl_c_closes_the_take(film: Path, tmp_path: Path) -> None:
    with running_engine(film, tmp_path / "home") as engine:
        engine.say(type="roll")
        engine.until(lambda status: status["recorded"] >= 10)
        engine.process.send_signal(signal.SIGINT)
        engine.process.communicate(timeout=60)
    record = read_take(film / "takes" / "1-A-t01")
    assert record.state == "closed"
    assert record.reason == "interrupted"
    assert verify_take(film / "takes" / "1-A-t01").ok


def test_a_zoom_is_shot_with_at_the_setting_that_is_named(
    film: Path, day: Path, tmp_path: Path
) -> None:
    settings = tuple(
        MeasuredLens(
            Lens(640, 360, focal_mm * 20, focal_mm * 20, 320.0, 180.0),
            zoom=zoom_of_focal(focal_mm),
            focal_mm=focal_mm,
        )
        for focal_mm in (24.0, 50.0)
    )
    file = write_lens(tmp_path / "zoom.json", LensFile("Zoom", settings))
    named = {"--lens": str(file), "--focal-mm": "50"}
    done = run(*shoot_arguments(film, day, **named))
    assert done.returncode == 0, done.stderr
    lens = read_take(film / "takes" / "1-A-t01").spec.lens
    assert lens is not None
    assert lens.fx_px == pytest.approx(250.0)
    refused = run(*shoot_arguments(film, day, **{**named, "--focal-mm": "60"}))
    assert refused.returncode == 2
    assert "zoom at 60 mm, measured from 24 to 50 mm" in refused.stderr
    write_lens(file, LensFile("Prime", settings[:1]))
    both = run(*shoot_arguments(film, day, **named))
    assert both.returncode == 2
    assert "not both" in both.stderr


@pytest.mark.parametrize(
    ("kept", "words"),
    [({"focal_mm": "wide"}, "[stage] focal_mm"), ({"focal_mm": 90}, "zoom at 90 mm")],
    ids=str,
)
def test_a_stage_takes_the_setting_kept_for_the_production(
    film: Path, tmp_path: Path, kept: dict[str, Any], words: str
) -> None:
    settings = tuple(
        MeasuredLens(Lens(640, 360, f * 20, f * 20, 320.0, 180.0), zoom=zoom_of_focal(f), focal_mm=f)
        for f in (24.0, 50.0)
    )
    write_lens(film / "zoom.json", LensFile("Zoom", settings))
    update_stage(open_production(film), {"lens": "zoom.json", **kept})
    done = run("stage", str(film), "--port", "0")
    assert done.returncode == 2
    assert words in done.stderr


def test_a_measured_camera_is_taken_and_the_take_says_so(film: Path, day: Path, tmp_path: Path) -> None:
    lens = Lens(640, 360, 700.0, 700.0, 322.0, 179.0, k1=-0.05)
    measured = MeasuredLens(lens, covariance=np.diag([1.0] * 4 + [1e-6] * 5))
    mount = Pose((0.0, 0.1, 0.0), (1.0, 0.0, 0.0, 0.0))
    write_lens(tmp_path / "lens.json", LensFile("Prime", (measured,), tracker_from_camera=mount))
    production = update_stage(open_production(film), {"delay_s": 0.04, "delay_sd_s": 0.0005})
    file = production.root / "production.toml"
    file.write_text(file.read_text() + "\n[marks]\nA = [0.0, 0.0, 0.0]\n")
    done = run(*shoot_arguments(film, day, **{"--lens": str(tmp_path / "lens.json")}))
    assert done.returncode == 0, done.stderr
    record = read_take(film / "takes" / "1-A-t01")
    assert (record.spec.delay_s, record.spec.delay_sd_s) == (0.04, 0.0005)
    assert record.spec.lens_source.endswith("lens.json")
    (mark,) = record.accuracy
    assert mark.mark == "A"
    assert mark.shares["lens"] > 0
    given = run(*shoot_arguments(film, day, **{"--delay": "0.02"}))
    assert given.returncode == 0, given.stderr
    second = read_take(film / "takes" / "1-A-t02")
    assert (second.spec.delay_s, second.spec.delay_sd_s) == (0.02, None)
