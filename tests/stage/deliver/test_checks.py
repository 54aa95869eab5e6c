"""The checks: each one can fail, and says by how much."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openset.primitives.space import Pose
from openset.stage.deliver.camera import CameraState
from openset.stage.deliver.checks import (
    check_camera,
    check_clips,
    check_events,
    check_frames_table,
    check_listing,
    check_map,
    differences,
)
from openset.stage.deliver.cut import events, wanted_clips
from openset.stage.deliver.model import HandedTake
from openset.stage.deliver.track import camera_frames, frames_csv
from openset.stage.lens.stmap import overscan, st_map
from openset.stage.record.files import read_take, read_track_lines
from openset.stage.record.model import Marks
from openset.store.mhl import FileState


@pytest.fixture(scope="module")
def take(shot_once: tuple[Any, Path]) -> HandedTake:
    film, _ = shot_once
    folder = film.production.root / "takes" / "1-A-t01"
    frames = camera_frames(read_track_lines(folder), *film.size)
    return HandedTake(read_take(folder), Marks(), frames, film.floor)


def states(take: HandedTake) -> list[CameraState]:
    return [CameraState(frame.stage_from_camera, frame.lens) for frame in take.frames]


def failed(findings: Any) -> list[str]:
    return [finding.what for finding in findings if not finding.ok]


def test_a_camera_that_is_the_track_passes(take: HandedTake) -> None:
    assert failed(check_camera(take, states(take), take.world_from_stage)) == []


def test_a_camera_a_millimetre_off_is_found(take: HandedTake) -> None:
    off = states(take)
    pose = off[7].stage_from_camera
    x, y, z = pose.position_m
    off[7] = replace(off[7], stage_from_camera=Pose((x + 1e-3, y, z), pose.rotation_wxyz))
    assert failed(check_camera(take, off, take.world_from_stage)) == ["the camera moves as tracked"]


def test_a_frame_less_another_lens_or_floor_is_found(take: HandedTake) -> None:
    assert failed(check_camera(take, states(take)[:-1], take.world_from_stage)) == [
        "the camera has every frame"
    ]
    lens = take.frames[0].lens
    assert lens is not None
    other = [replace(state, lens=replace(lens, k1=lens.k1 + 0.01)) for state in states(take)]
    assert failed(check_camera(take, other, take.world_from_stage)) == [
        "the camera has the take's lens"
    ]
    none = [replace(state, lens=None) for state in states(take)]
    assert failed(check_camera(take, none, take.world_from_stage)) == ["the camera has the take's lens"]
    for floor in (Pose((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)), None):
        assert failed(check_camera(take, states(take), floor)) == [
            "the stage stands where the set says"
        ]


def test_a_table_with_another_figure_or_line_is_found(take: HandedTake) -> None:
    text = frames_csv(take.frames)
    assert check_frames_table(take, text).ok
    lines = text.splitlines()
    spoilt = "\n".join([*lines[:3], lines[3].replace("tracked", "held"), *lines[4:]])
    assert "line 4" in check_frames_table(take, spoilt).detail
    assert not check_frames_table(take, "\n".join(lines[:-1])).ok
    assert not check_frames_table(take, text.replace("-2.490000", "-2.490010")).ok


@pytest.mark.parametrize("direction", ["undistort", "distort"])
def test_an_st_map_of_another_lens_or_size_is_found(take: HandedTake, direction: Any) -> None:
    lens = take.lens
    assert lens is not None
    factor = overscan(lens)
    good = st_map(lens, direction, factor)
    assert check_map("x.exr", good, lens, direction, factor).ok
    bent = st_map(replace(lens, k1=lens.k1 + 0.01), direction, factor)
    assert not check_map("x.exr", bent, lens, direction, factor).ok
    assert (
        "65x36" in check_map("x.exr", np.zeros((36, 65, 2), np.float32), lens, direction, factor).detail
    )
    holed = good.copy()
    holed[3, 4] = np.nan
    assert not check_map("x.exr", holed, lens, direction, factor).ok


def test_a_clip_one_frame_off_is_found(take: HandedTake) -> None:
    wanted = wanted_clips([take], "composite.mov")
    assert check_clips("composites", wanted, wanted).ok
    late = [replace(wanted[0], source_start=wanted[0].source_start + 1)]
    assert not check_clips("composites", late, wanted).ok
    assert not check_clips("composites", [], wanted).ok


def test_an_event_one_frame_off_is_found(take: HandedTake) -> None:
    (event,) = events([take])
    assert check_events([event], [take]).ok
    assert not check_events([replace(event, record_out=event.record_out.plus(1))], [take]).ok
    assert not check_events([replace(event, reel="OTHER")], [take]).ok
    assert not check_events([], [take]).ok


def test_the_listing_is_held_against_the_seal() -> None:
    states = [FileState("a", "whole", "xxh128 00ff"), FileState("passport.json", "whole", "xxh128 11")]
    unlisted = frozenset({"passport.json"})
    assert check_listing([{"path": "a", "xxh128": "00ff"}], states, unlisted).ok
    assert "another hash" in check_listing([{"path": "a", "xxh128": "0" * 32}], states, unlisted).detail
    assert "a is not listed" in check_listing([], states, unlisted).detail
    listed = [{"path": "a", "xxh128": "00ff"}, {"path": "b", "xxh128": "00"}]
    assert "b is not sealed" in check_listing(listed, states, unlisted).detail


def test_differences_are_paths_with_both_values() -> None:
    told = {"a": {"b": [1.0, 2.0]}, "c": None, "d": True}
    assert differences(told, {"a": {"b": [1.0, 2.0000001]}, "c": None, "d": True}) == []
    assert differences(told, {"a": {"b": [1.0, 2.1]}, "c": None, "d": True}) == [
        "a.b[1] is 2.0, the files say 2.1"
    ]
    assert len(differences(told, {"a": {"b": [1.0]}, "c": 0, "d": 0})) == 3
