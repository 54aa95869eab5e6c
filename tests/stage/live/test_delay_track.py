from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest

from openset.primitives.space import IDENTITY, pose_from_pan_tilt_roll
from openset.stage.live.delay_track import mount_kept, mounted, samples_of
from openset.stage.tracking.opentrackio import sample_from_track
from openset.stage.tracking.samples import TrackSample

S = 1_000_000_000


def sample_at(time_ns: int, pan_rad: float = 0.0) -> TrackSample:
    return TrackSample(time_ns, pose_from_pan_tilt_roll((0.0, 0.0, 1.5), pan_rad, 0.0, 0.0))


def written(folder: Path, times_ns: list[int]) -> Path:
    lines = [
        orjson.dumps({"time_ns": at, "sample": sample_from_track(sample_at(at, at / S))})
        for at in times_ns
    ]
    path = folder / "track.otrk.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_datagrams_that_overtook_each_other_are_put_in_order(tmp_path: Path) -> None:
    path = written(tmp_path, [0, 20_000_000, 10_000_000, 30_000_000])
    samples, back = samples_of(path, None, "raw", IDENTITY)
    assert [each.time_ns for each in samples] == [0, 10_000_000, 20_000_000, 30_000_000]
    assert back == ""


def test_a_clock_that_was_set_back_is_told_with_the_moment(tmp_path: Path) -> None:
    path = written(tmp_path, [0, 1 * S, 2 * S, S // 2, 3 * S])
    _, back = samples_of(path, None, "raw", IDENTITY)
    assert back == "the tracker's clock was set back by 1.50 s at 00:00:02.0"


def test_a_body_becomes_the_camera_that_sits_on_it() -> None:
    mount = pose_from_pan_tilt_roll((0.1, 0.0, 0.0), 0.0, 0.3, 0.0)
    body = sample_at(5, 0.2)
    assert mounted([body], IDENTITY) == [body]
    (camera,) = mounted([body], mount)
    assert camera.time_ns == 5
    expected = body.stage_from_camera.after(mount).matrix
    assert np.allclose(camera.stage_from_camera.matrix, expected)


def test_a_take_without_lines_knows_no_mount() -> None:
    assert mount_kept([], [sample_at(0), sample_at(S)]) == IDENTITY


def test_a_mount_that_is_given_is_put_between(tmp_path: Path) -> None:
    mount = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.0, 0.3, 0.0)
    path = written(tmp_path, [0, 10_000_000])
    (first, _), _ = samples_of(path, None, "raw", mount)
    expected = sample_at(0).stage_from_camera.after(mount)
    assert first.stage_from_camera.rotation_wxyz == pytest.approx(expected.rotation_wxyz)
