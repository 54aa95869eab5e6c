from __future__ import annotations

import shutil
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import orjson
import pytest

from openset.primitives.errors import BadInput, PlateNotFound, TrackNotFound
from openset.primitives.ids import parse_take_id
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.primitives.time import Timecode
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.live.delay_source import from_files, is_take, material_of, take_of
from openset.stage.live.delay_watch import Wanted
from openset.stage.record.files import write_take
from openset.stage.record.model import TakeRecord, TakeSpec
from openset.stage.tracking.delay import estimate_delay
from openset.stage.tracking.opentrackio import sample_from_track
from openset.stage.tracking.samples import TrackSample

S = 1_000_000_000
F_PX = 300.0


def pan(at: float) -> float:
    return 0.05 * np.sin(2 * np.pi * 0.9 * at) + 0.01 * np.sin(2 * np.pi * 3.1 * at)


@pytest.fixture(scope="module")
def shaken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip of 3 s, 320 x 180, panned by hand, and the track of it, 60 ms earlier."""
    folder = tmp_path_factory.mktemp("shaken")
    random = np.random.default_rng(1)
    coarse = random.integers(60, 190, (60, 80)).astype(np.uint8)
    wall = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
    with av.open(str(folder / "clip.mp4"), "w") as clip:
        stream = clip.add_stream("libx264", Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for index in range(75):
            shift = np.array([[1, 0, F_PX * pan(index / 25 - 0.06) - 160], [0, 1, -150]])
            view = cv2.warpAffine(wall, shift, (320, 180), flags=cv2.INTER_CUBIC)
            frame = av.VideoFrame.from_ndarray(np.stack([view] * 3, axis=-1), format="rgb24")
            clip.mux(stream.encode(frame.reformat(format="yuv420p")))
        clip.mux(stream.encode(None))
    write_track(folder / "track.otrk.jsonl", 0)
    write_track(folder / "engine.otrk.jsonl", 9_000 * S)
    return folder


def write_track(path: Path, from_ns: int) -> None:
    lines = []
    for at in np.arange(0.0, 3.2, 0.01).tolist():
        sample = TrackSample(round(at * S), pose_from_pan_tilt_roll((0, 0, 1.5), pan(at), 0.0, 0.0))
        lines.append({"time_ns": from_ns + sample.time_ns, "sample": sample_from_track(sample)})
    path.write_bytes(b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in lines))


def quiet(text: str) -> None:
    """Says nothing."""


def test_a_track_on_the_clips_own_times_keeps_them(shaken: Path) -> None:
    made = from_files(str(shaken / "clip.mp4"), shaken / "track.otrk.jsonl", Wanted(), quiet)
    assert made.clock == "the clip from its first frame, the track by its own times"
    assert made.frames == 75
    assert not made.uneven
    assert made.track[1].time_ns == 10_000_000
    assert made.motion.from_ns[0] == 0


def test_a_track_on_another_clock_begins_with_the_clip(shaken: Path) -> None:
    made = from_files(str(shaken / "clip.mp4"), shaken / "engine.otrk.jsonl", Wanted(), quiet)
    assert made.clock == "clip and track from their first frame and sample"
    assert made.track[0].time_ns == 0


def test_only_the_part_that_is_wanted_is_read(shaken: Path) -> None:
    wanted = Wanted(start_s=1.0, seconds=1.0)
    made = from_files(str(shaken / "clip.mp4"), shaken / "track.otrk.jsonl", wanted, quiet)
    assert made.frames == 26
    assert made.motion.from_ns[0] == 1 * S


def test_the_lens_and_the_mount_of_a_lens_file_are_used(shaken: Path, tmp_path: Path) -> None:
    lens = Lens(320, 180, F_PX, F_PX, 160.0, 90.0)
    mount = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.0, -np.pi / 2, 0.0)
    write_lens(tmp_path / "lens.json", LensFile("x", (MeasuredLens(lens),), tracker_from_camera=mount))
    wanted = Wanted(lens=tmp_path / "lens.json")
    made = from_files(str(shaken / "clip.mp4"), shaken / "track.otrk.jsonl", wanted, quiet)
    assert made.lens is not None
    assert made.lens.fx_px == F_PX
    plain = from_files(str(shaken / "clip.mp4"), shaken / "track.otrk.jsonl", Wanted(), quiet)
    expected = plain.track[5].stage_from_camera.after(mount)
    assert made.track[5].stage_from_camera.rotation_wxyz == pytest.approx(expected.rotation_wxyz)


def test_live_and_recorded_do_not_go_together(shaken: Path) -> None:
    with pytest.raises(BadInput, match="share no clock"):
        material_of(None, "/dev/video9", str(shaken / "track.otrk.jsonl"), Wanted(), quiet)
    with pytest.raises(BadInput, match="share no clock"):
        material_of(None, str(shaken / "clip.mp4"), "udp::55555", Wanted(), quiet)


def test_a_clock_that_was_set_back_is_told(shaken: Path, tmp_path: Path) -> None:
    lines = (shaken / "track.otrk.jsonl").read_bytes().splitlines()
    entries = [orjson.loads(line) for line in lines]
    for entry in entries[200:]:
        entry["time_ns"] -= 1_200_000_000
    (tmp_path / "set.otrk.jsonl").write_bytes(b"\n".join(orjson.dumps(each) for each in entries))
    made = from_files(str(shaken / "clip.mp4"), tmp_path / "set.otrk.jsonl", Wanted(), quiet)
    # Sample 199 at 1.99 s, the next at 2.00 - 1.20 = 0.80 s: 1.19 s back.
    assert made.went_back == "the tracker's clock was set back by 1.19 s at 00:00:02.0"
    assert [each.time_ns for each in made.track] == sorted(each.time_ns for each in made.track)


def test_a_take_is_on_the_engines_clock_as_its_picture_arrived(shaken: Path, tmp_path: Path) -> None:
    spec = TakeSpec(
        parse_take_id("1-A-t01"), Fraction(25), 320, 180, Timecode(0, Fraction(25)), 0.04, "street",
        "baked", "clip", "track",
    )  # fmt: skip
    folder = tmp_path / "1-A-t01"
    folder.mkdir()
    write_take(folder, TakeRecord(spec, "film-1", "closed", datetime(2026, 3, 1, tzinfo=UTC)))
    shutil.copy(shaken / "clip.mp4", folder / "picture.mov")
    began = 9_000 * S
    sample = orjson.loads((shaken / "track.otrk.jsonl").read_bytes().splitlines()[0])["sample"]
    lines = [
        {
            "frame": index, "pts_s": index / 25, "timecode": "00:00:00:00", "age_s": 0.0,
            "time_ns": began + index * 40_000_000 - 40_000_000, "state": "tracked", "sample": sample,
        }
        for index in range(75)
    ]  # fmt: skip
    (folder / "track.otrk.jsonl").write_bytes(b"\n".join(orjson.dumps(each) for each in lines) + b"\n")
    write_track(folder / "raw.otrk.jsonl", began)
    assert is_take(folder)
    assert take_of(str(folder / "picture.mov"), str(folder / "raw.otrk.jsonl")) == folder.resolve()
    assert take_of(str(shaken / "clip.mp4"), str(folder / "raw.otrk.jsonl")) is None
    assert take_of("/dev/video0", "udp::55555") is None
    made = material_of(folder, "", "", Wanted(), quiet)
    # Exposed 40 ms (the delay it was recorded with) before they arrived at 9000 s.
    assert made.motion.from_ns[0] == began
    assert made.used_s == 0.04
    assert made.track[0].time_ns == began
    assert made.clock == "the engine's clock, as the take kept it"
    found = estimate_delay(made.motion, made.track)
    assert found.delay_s == pytest.approx(0.06, abs=0.004)


@pytest.mark.parametrize("kept", [True, False])
def test_a_take_knows_how_its_camera_sat_on_the_tracker(
    shaken: Path, tmp_path: Path, kept: bool
) -> None:
    """A body rolled by 90 degrees: read as the camera's, its pan would be a tilt."""
    mount = pose_from_pan_tilt_roll((0, 0, 0), 0, 0, 0).inverse().after(
        pose_from_pan_tilt_roll((0, 0, 0), 0, 0, np.pi / 2)
    )  # fmt: skip
    spec = TakeSpec(
        parse_take_id("1-A-t01"), Fraction(25), 320, 180, Timecode(0, Fraction(25)), 0.06, "street",
        "baked", "clip", "track",
    )  # fmt: skip
    write_take(tmp_path, TakeRecord(spec, "film-1", "closed", datetime(2026, 3, 1, tzinfo=UTC)))
    shutil.copy(shaken / "clip.mp4", tmp_path / "picture.mov")
    frames, raw = [], []
    for at in np.arange(0.0, 3.2, 0.01).tolist():
        camera = pose_from_pan_tilt_roll((0, 0, 1.5), pan(at), 0.0, 0.0)
        body = sample_from_track(TrackSample(round(at * S), camera.after(mount.inverse())))
        raw.append(orjson.dumps({"time_ns": round(at * S), "arrival_ns": 0, "sample": body}))
    for index in range(75):
        time_ns = index * 40_000_000 - 60_000_000
        camera = pose_from_pan_tilt_roll((0, 0, 1.5), pan(time_ns / S), 0.0, 0.0)
        line = {
            "frame": index, "pts_s": index / 25, "timecode": "00:00:00:00", "age_s": 0.0,
            "time_ns": time_ns, "state": "tracked",
            "sample": sample_from_track(TrackSample(time_ns, camera)),
        }  # fmt: skip
        frames.append(orjson.dumps(line))
    (tmp_path / "track.otrk.jsonl").write_bytes(b"\n".join(frames) + b"\n")
    (tmp_path / "raw.otrk.jsonl").write_bytes(b"\n".join(raw) + b"\n" if kept else b"")
    made = material_of(tmp_path, "", "", Wanted() if kept else Wanted(mount=mount), quiet)
    found = estimate_delay(made.motion, made.track)
    assert found.refused is None
    assert found.delay_s == pytest.approx(0.06, abs=0.004)


def test_what_is_not_there_is_named(shaken: Path) -> None:
    with pytest.raises(PlateNotFound):
        from_files(str(shaken / "none.mp4"), shaken / "track.otrk.jsonl", Wanted(), quiet)
    with pytest.raises(TrackNotFound):
        from_files(str(shaken / "clip.mp4"), shaken / "none.otrk.jsonl", Wanted(), quiet)
    assert not is_take(shaken)
