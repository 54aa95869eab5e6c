"""`openset calibrate delay`, called as people call it, on a clip and a track made here."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

from openset.cli.main import app
from openset.primitives.ids import parse_take_id
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.primitives.time import Timecode
from openset.stage.record.files import write_take
from openset.stage.record.model import TakeRecord, TakeSpec
from openset.stage.tracking.opentrackio import sample_from_track
from openset.stage.tracking.samples import TrackSample
from openset.store.production import create_production, open_production

S = 1_000_000_000
F_PX = 320.0
TRUE_S = 0.083


def hand(at: float, seed: int = 0) -> tuple[float, float]:
    """Pan and tilt by hand, radians."""
    random = np.random.default_rng(seed)
    hertz = np.array([0.4, 1.3, 2.9, 5.3]) * random.uniform(0.8, 1.2, (2, 4))
    turns = 2 * np.pi * hertz * at + random.uniform(0, 6.28, (2, 4))
    pan, tilt = (np.array([0.03, 0.012, 0.006, 0.003]) * np.sin(turns)).sum(axis=1).tolist()
    return pan, tilt


@pytest.fixture(scope="module")
def shaken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of 5 s that arrives 83 ms after its track, another's track, and a clip on sticks."""
    folder = tmp_path_factory.mktemp("shaken")
    random = np.random.default_rng(1)
    wall = cv2.resize(
        random.integers(60, 190, (90, 120)).astype(np.uint8), (960, 720), interpolation=cv2.INTER_CUBIC
    )
    for name, still in (("clip.mp4", False), ("sticks.mp4", True)):
        with av.open(str(folder / name), "w") as clip:
            stream = clip.add_stream("libx264", Fraction(25))
            stream.width, stream.height, stream.pix_fmt = 400, 224, "yuv420p"
            # Nothing is lost: the encoder does not decide twice alike, and the clip is to be the same.
            stream.options = {"qp": "0", "preset": "ultrafast"}
            for index in range(125):
                pan, tilt = (0.0, 0.0) if still else hand(index / 25 - TRUE_S)
                move = np.array([[1, 0, F_PX * np.tan(pan) - 280], [0, 1, F_PX * np.tan(tilt) - 248]])
                view = cv2.warpAffine(wall, move, (400, 224), flags=cv2.INTER_CUBIC)
                noisy = np.clip(view + random.normal(0, 2, view.shape), 0, 255).astype(np.uint8)
                frame = av.VideoFrame.from_ndarray(np.stack([noisy] * 3, axis=-1), format="rgb24")
                clip.mux(stream.encode(frame.reformat(format="yuv420p")))
            clip.mux(stream.encode(None))
    for name, seed, moving in (("track", 0, True), ("other", 5, True), ("still", 0, False)):
        lines = []
        for at in np.arange(0.0, 5.2, 0.01).tolist():
            pan, tilt = hand(at, seed) if moving else (1e-6 * np.sin(at), 0.0)
            pose = pose_from_pan_tilt_roll((0.0, 0.0, 1.5), pan, tilt, 0.0)
            sample = sample_from_track(TrackSample(round(at * S), pose))
            lines.append(orjson.dumps({"time_ns": round(at * S), "sample": sample}))
        (folder / f"{name}.otrk.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return folder


def call(*words: str) -> tuple[int, dict[str, Any], str]:
    result = CliRunner().invoke(app, ["calibrate", "delay", *words, "--json"])
    return result.exit_code, json.loads(result.stdout) if result.stdout else {}, result.stderr


def test_a_clip_and_its_track_give_the_delay_with_its_doubt(shaken: Path) -> None:
    code, said, _ = call(
        "--picture", str(shaken / "clip.mp4"), "--track", str(shaken / "track.otrk.jsonl")
    )
    assert code == 0
    assert said["ok"] is True
    assert said["delay_s"] == pytest.approx(TRUE_S, abs=0.002)
    assert 0 < said["sd_s"] < 0.002
    assert said["confidence"] > 0.95
    assert said["refused"] is None
    assert said["refers_to"] == "mid-exposure of the picture's middle row"
    assert said["focal_px"] == pytest.approx(F_PX, rel=0.05)
    assert said["motion"]["px_per_frame"] > said["motion"]["needed_px_per_frame"] == 0.25


def test_another_cameras_track_is_refused_in_one_line(shaken: Path) -> None:
    code, said, told = call(
        "--picture", str(shaken / "clip.mp4"), "--track", str(shaken / "other.otrk.jsonl")
    )
    assert code == 2
    assert said["ok"] is False
    assert said["delay_s"] is None
    assert "do not agree" in said["refused"]
    assert said["exit_code"] == 2
    assert len([line for line in told.splitlines() if line.startswith("openset:")]) == 1


def test_a_camera_on_sticks_is_refused_with_the_motion_it_needs(shaken: Path) -> None:
    code, said, _ = call(
        "--picture", str(shaken / "sticks.mp4"), "--track", str(shaken / "still.otrk.jsonl")
    )
    assert code == 2
    assert "hardly moved" in said["refused"]
    assert "Pan and tilt by hand" in said["remedy"]
    assert said["motion"]["px_per_frame"] < 0.25


def test_the_delay_is_kept_in_the_production_and_drawn(shaken: Path, tmp_path: Path) -> None:
    create_production(tmp_path / "film", title="Film", rate=Fraction(25))
    code, said, _ = call(
        "--picture", str(shaken / "clip.mp4"), "--track", str(shaken / "track.otrk.jsonl"),
        "--production", str(tmp_path / "film"), "--plot", str(tmp_path / "delay.svg"),
    )  # fmt: skip
    assert code == 0
    stage = open_production(tmp_path / "film").stage
    assert stage["delay_s"] == pytest.approx(said["delay_s"], abs=1e-6)
    assert stage["delay_sd_s"] == pytest.approx(said["sd_s"], abs=1e-6)
    assert stage["delay_confidence"] > 0.95
    assert stage["delay_measured_from"].endswith("clip.mp4")
    ET.parse(tmp_path / "delay.svg")


def test_a_refusal_changes_no_production(shaken: Path, tmp_path: Path) -> None:
    create_production(tmp_path / "film", title="Film", rate=Fraction(25), stage={"delay_s": 0.05})
    code, _, _ = call(
        "--picture", str(shaken / "clip.mp4"), "--track", str(shaken / "other.otrk.jsonl"),
        "--production", str(tmp_path / "film"),
    )  # fmt: skip
    assert code == 2
    assert open_production(tmp_path / "film").stage == {"delay_s": 0.05}


def test_what_no_stage_has_is_told_and_not_kept(shaken: Path, tmp_path: Path) -> None:
    """The track began a quarter of a second before the clip, on a clock of its own: taken from the
    first of both, its poses seem to come after the pictures."""
    lines = []
    for at in np.arange(-0.25, 5.2, 0.01).tolist():
        pose = pose_from_pan_tilt_roll((0.0, 0.0, 1.5), *hand(at), 0.0)
        sample = sample_from_track(TrackSample(round((9000 + at) * S), pose))
        lines.append(orjson.dumps({"time_ns": round((9000 + at) * S), "sample": sample}))
    (tmp_path / "early.otrk.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    create_production(tmp_path / "film", title="Film", rate=Fraction(25))
    words = ["--picture", str(shaken / "clip.mp4"), "--track", str(tmp_path / "early.otrk.jsonl")]
    assert call(*words)[0] == 0
    code, said, _ = call(*words, "--production", str(tmp_path / "film"))
    assert code == 2
    assert said["delay_s"] == pytest.approx(TRUE_S - 0.25, abs=0.002)
    assert "is not kept" in said["what"]
    assert "Name a take" in said["todo"]
    assert "delay_s" not in open_production(tmp_path / "film").stage


def test_both_files_of_a_take_count_as_the_take(shaken: Path, tmp_path: Path) -> None:
    """Its tracker ran for 0.5 s before the first picture came: from the first of both the delay
    would seem 0.5 s shorter."""
    spec = TakeSpec(
        parse_take_id("1-A-t01"), Fraction(25), 400, 224, Timecode(0, Fraction(25)), 0.04, "street",
        "baked", "clip", "track",
    )  # fmt: skip
    folder = tmp_path / "1-A-t01"
    folder.mkdir()
    write_take(folder, TakeRecord(spec, "film-1", "closed", datetime(2026, 3, 1, tzinfo=UTC)))
    shutil.copy(shaken / "clip.mp4", folder / "picture.mov")
    raw = []
    for at in np.arange(-0.5, 5.2, 0.01).tolist():
        pose = pose_from_pan_tilt_roll((0.0, 0.0, 1.5), *hand(at), 0.0)
        sample = sample_from_track(TrackSample(round((9000 + at) * S), pose))
        raw.append({"time_ns": round((9000 + at) * S), "arrival_ns": 0, "sample": sample})
    frames = [
        {
            "frame": index, "pts_s": index / 25, "timecode": "00:00:00:00", "age_s": 0.0,
            "time_ns": 9000 * S + index * 40_000_000 - 40_000_000, "state": "tracked",
            "sample": raw[50]["sample"],
        }
        for index in range(125)
    ]  # fmt: skip
    for name, lines in (("raw", raw), ("track", frames)):
        (folder / f"{name}.otrk.jsonl").write_bytes(b"\n".join(map(orjson.dumps, lines)) + b"\n")
    create_production(tmp_path / "film", title="Film", rate=Fraction(25))
    code, said, _ = call(
        "--picture", str(folder / "picture.mov"), "--track", str(folder / "raw.otrk.jsonl"),
        "--production", str(tmp_path / "film"),
    )  # fmt: skip
    assert code == 0, said
    assert said["delay_s"] == pytest.approx(TRUE_S, abs=0.002)
    assert said["clock"] == "the engine's clock, as the take kept it"
    assert open_production(tmp_path / "film").stage["delay_measured_from"].endswith("1-A-t01")


def test_people_read_the_same_as_programs(shaken: Path) -> None:
    result = CliRunner().invoke(
        app,
        [
            "calibrate", "delay", "--picture", str(shaken / "clip.mp4"),
            "--track", str(shaken / "track.otrk.jsonl"),
        ],
    )  # fmt: skip
    assert result.exit_code == 0
    assert "ms after the pose" in result.stdout
    assert "correlation" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "a picture and its track are needed"),
        (["/nowhere"], "there is no take here"),
        (["--picture", "a.mp4", "--track", "b.json", "--search", "nan"], "cannot be used"),
        (["--picture", "a.mp4", "--track", "b.json", "--seconds", "0"], "cannot be used"),
        (["--picture", "a.mp4", "--track", "b.json", "--mount", "up"], "is no mount"),
        (["--picture", "a.mp4", "--track", "b.json", "--focal-mm", "35"], "without its file"),
        (["--screen", "--picture", "a.mp4"], "measured with a live camera"),
    ],
)
def test_what_cannot_be_used_is_named(words: list[str], said: str) -> None:
    code, answer, _ = call(*words)
    assert code == 2
    assert said in answer["what"]
