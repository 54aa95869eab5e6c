"""A simulated take on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import orjson
import pytest

from openset.formats import opentrackio
from openset.primitives.colour import rgb_from_yuv420
from openset.primitives.errors import BadInput
from openset.primitives.image import Yuv420
from openset.sim import files
from openset.sim.motion import camera_at
from openset.sim.picture import Studio
from openset.sim.plan import DayPlan


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of five frames, so that a short take has several."""
    monkeypatch.setattr(files, "SEGMENT_FRAMES", 5)


@pytest.mark.usefixtures("short_pieces")
def test_a_day_holds_every_frame_of_plate_and_truth(
    tmp_path: Path, small_plan: DayPlan, small_studio: Studio
) -> None:
    told: list[tuple[int, int]] = []
    shoot = files.write_day(tmp_path, small_plan, lambda done, of: told.append((done, of)))
    assert told == [(n + 1, 12) for n in range(12)]
    mattes = list(files.read_grey(shoot.matte))
    screens = list(files.read_grey(shoot.screen))
    with av.open(str(shoot.plate)) as film:
        stream = film.streams.video[0]
        assert (stream.average_rate, stream.codec_context.colorspace) == (25, 1)
        plate = list(film.decode(video=0))
    assert [round(frame.time * 25) for frame in plate] == list(range(12))
    assert len(mattes) == len(screens) == 12
    for index in (0, 6, 11):
        picture = small_studio.render(index)
        assert np.abs(mattes[index] / 255.0 - picture.alpha).max() <= 0.51 / 255
        y, u, v = (_plane(plane) for plane in plate[index].planes)
        seen = rgb_from_yuv420(Yuv420(y, u, v))
        assert np.mean((seen.astype(float) - picture.rgb) ** 2) < 40
    assert (screens[0] >= 253).mean() > 0.99
    assert not (tmp_path / "pieces").exists()


def _plane(plane: av.VideoPlane) -> np.ndarray:
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


@pytest.mark.usefixtures("short_pieces")
def test_an_interrupted_day_goes_on_where_it_stopped(tmp_path: Path, small_plan: DayPlan) -> None:
    class Interrupted(Exception):
        pass

    def stop_at_seven(done: int, _of: int) -> None:
        if done == 7:
            raise Interrupted

    with pytest.raises(Interrupted):
        files.write_day(tmp_path, small_plan, stop_at_seven)
    told: list[int] = []
    shoot = files.write_day(tmp_path, small_plan, lambda done, _of: told.append(done))
    assert told == [5, 6, 7, 8, 9, 10, 11, 12]
    assert len(list(files.read_grey(shoot.matte))) == 12


def test_a_finished_day_is_left_alone_and_another_plan_is_refused(
    tmp_path: Path, small_plan: DayPlan
) -> None:
    plan = replace(small_plan, duration_s=0.08)
    shoot = files.write_day(tmp_path, plan)
    before = shoot.plate.stat().st_mtime_ns
    assert files.write_day(tmp_path, plan) == shoot
    assert shoot.plate.stat().st_mtime_ns == before
    with pytest.raises(BadInput, match="another simulated day"):
        files.write_day(tmp_path, replace(plan, seed=9))
    assert files.read_shoot(tmp_path) == shoot


def test_the_truth_names_every_frames_pose_at_mid_exposure(tmp_path: Path, small_plan: DayPlan) -> None:
    plan = replace(small_plan, duration_s=0.12)
    shoot = files.write_day(tmp_path, plan)
    times, poses = files.read_true_poses(shoot)
    assert times.tolist() == [0, 40_000_000, 80_000_000]
    assert np.array_equal(poses[2], camera_at(plan, 0.08).matrix)
    truth = orjson.loads(shoot.truth.read_bytes())
    assert truth["mark_m"] == [0.0, 0.0, 0.0]
    assert truth["lens"]["f_px"] == pytest.approx(plan.optics.f_px)


def test_the_track_begins_with_frame_nought_and_reads_as_opentrackio(
    tmp_path: Path, small_plan: DayPlan
) -> None:
    shoot = files.write_day(tmp_path, replace(small_plan, duration_s=0.04))
    lines = [orjson.loads(line) for line in shoot.track.read_bytes().splitlines()]
    assert lines[0]["time_ns"] == 0
    assert lines[1]["time_ns"] == 10_000_000
    assert all(line["arrival_ns"] > line["time_ns"] for line in lines)
    first = opentrackio.read(lines[0]["sample"])
    assert np.allclose(first.position_m, camera_at(shoot.plan, 0.0).position_m, atol=2e-3)


def test_a_folder_without_a_day_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no simulated day"):
        files.read_shoot(tmp_path)
