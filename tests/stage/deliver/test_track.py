"""The camera of a take from its track lines, and as a table."""

import csv
import io
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openset.primitives.errors import TrackBroken
from openset.stage.deliver.model import CameraFrame
from openset.stage.deliver.track import COLUMNS, camera_frames, frame_at, frames_csv, lens_drift_px
from openset.stage.record.files import read_track_lines


@pytest.fixture(scope="module")
def frames(shot_once: tuple[Any, Path]) -> tuple[CameraFrame, ...]:
    film, _ = shot_once
    lines = read_track_lines(film.production.root / "takes" / "1-A-t01")
    return camera_frames(lines, *film.size)


def test_the_pose_is_the_one_recorded_at_the_entrance_pupil(frames: Any, shot_once: Any) -> None:
    lines = read_track_lines(shot_once[0].production.root / "takes" / "1-A-t01")
    sensor = lines[0].sample["transforms"][0]["translation"]
    pupil = frames[0].stage_from_camera.position_m
    away = math.dist(pupil, (sensor["x"], sensor["y"], sensor["z"]))
    assert away == pytest.approx(shot_once[0].lens.entrance_pupil_offset_m, abs=1e-6)
    assert pupil == pytest.approx((0.0, -2.5, 1.55), abs=1e-6)


def test_the_lens_of_a_line_is_the_lens_recorded(frames: Any, shot_once: Any) -> None:
    for name, wanted in vars(shot_once[0].lens).items():
        found = getattr(frames[3].lens, name)
        assert found == (wanted if wanted is None else pytest.approx(wanted, rel=1e-6)), name


def test_the_table_has_a_row_per_frame_in_metres_and_degrees(frames: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(frames_csv(frames))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 12
    row = rows[5]
    assert (row["frame"], row["timecode"], row["state"]) == ("5", "10:00:07:05", "tracked")
    assert float(row["pan_deg"]) == pytest.approx(0.5, abs=1e-4)
    assert float(row["tilt_deg"]) == pytest.approx(-2.0, abs=1e-4)
    assert float(row["x_m"]) == pytest.approx(0.1, abs=1e-5)
    assert float(row["focal_length_mm"]) == pytest.approx(62.0 / 64 * 36, abs=1e-4)


def test_what_is_not_known_is_left_empty(frames: Any) -> None:
    bare = replace(frames[0], lens=None, age_s=None)
    row = next(csv.DictReader(io.StringIO(frames_csv([bare]))))
    assert (row["age_ms"], row["focal_length_mm"], row["f_stop"]) == ("", "", "")


def test_a_line_without_a_pose_is_named(shot_once: Any) -> None:
    lines = read_track_lines(shot_once[0].production.root / "takes" / "1-A-t01")
    broken = replace(lines[4], sample={**lines[4].sample, "transforms": []})
    with pytest.raises(TrackBroken, match="frame 4"):
        camera_frames([broken], 64, 36)


def test_a_line_with_an_impossible_lens_is_named(shot_once: Any) -> None:
    lines = read_track_lines(shot_once[0].production.root / "takes" / "1-A-t01")
    lens = {**lines[4].sample["lens"], "pinholeFocalLength": 1e9}
    broken = replace(lines[4], sample={**lines[4].sample, "lens": lens})
    with pytest.raises(TrackBroken, match="frame 4"):
        camera_frames([broken], 64, 36)


def test_a_steady_lens_does_not_drift_and_a_zoom_does(frames: Any) -> None:
    assert lens_drift_px(frames) == 0.0
    lens = frames[0].lens
    zoomed = [
        replace(frame, lens=replace(lens, fx_px=lens.fx_px * (1 + 0.01 * n)))
        for n, frame in enumerate(frames[:2])
    ]
    assert lens_drift_px(zoomed) == pytest.approx(0.01 * lens.cx_px, rel=0.01)


def test_a_moment_is_found_among_the_frames(frames: Any) -> None:
    assert frame_at(frames, 0) == 0
    assert frame_at(frames, frames[4].time_ns) == 4
    assert frame_at(frames, frames[4].time_ns + 1) == 5
    assert frame_at(frames, frames[-1].time_ns + 1) == 11
    assert frame_at((), 7) == 0
