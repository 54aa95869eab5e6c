"""What holds, or does not, inside a delivery: its parts against the takes they were made from."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from openset.formats.cmx3600 import Event
from openset.primitives.space import IDENTITY, Pose
from openset.stage.deliver.camera import CameraState, poses_apart
from openset.stage.deliver.cut import ClipSeen, events
from openset.stage.deliver.model import (
    CAMERA_FILE,
    EDL_FILE,
    FRAMES_FILE,
    OTIO_FILE,
    PASSPORT_FILE,
    CameraFrame,
    HandedTake,
)
from openset.stage.deliver.track import frames_csv
from openset.stage.lens.model import Lens, project, rays
from openset.stage.lens.stmap import Direction, F32Map, st_map
from openset.stage.record.model import Finding
from openset.store.mhl import FileState

POSE_TOLERANCE = 1e-4  # metres and radians
LENS_TOLERANCE_PX = 0.01
MAP_TOLERANCE_PX = 0.01
_SHOWN = 3


def check_camera(
    take: HandedTake, states: Sequence[CameraState], floor: Pose | None
) -> tuple[Finding, ...]:
    """camera.usda against the track and the set: as many frames, each pose and the floor within
    POSE_TOLERANCE, each lens within LENS_TOLERANCE_PX anywhere in the picture."""
    where = f"{take.folder}/{CAMERA_FILE}"
    count = f"{len(states)} frames, the track has {len(take.frames)}"
    off = [
        poses_apart(frame.stage_from_camera, state.stage_from_camera)
        for frame, state in zip(take.frames, states, strict=False)
    ]
    metres, radians = (max((each[axis] for each in off), default=0.0) for axis in (0, 1))
    lenses = [_lens_off_px(take, *pair) for pair in zip(take.frames, states, strict=False)]
    pixels = max(lenses, default=0.0)
    close = max(metres, radians) <= POSE_TOLERANCE
    lost = (math.inf, math.inf)
    shift = poses_apart(floor, take.world_from_stage or IDENTITY) if floor else lost
    return (
        Finding(len(states) == len(take.frames), "the camera has every frame", where, count),
        Finding(
            max(shift) <= POSE_TOLERANCE,
            "the stage stands where the set says",
            where,
            f"off by {shift[0]:.1e} m, {shift[1]:.1e} rad",
        ),
        Finding(
            close, "the camera moves as tracked", where, f"off by {metres:.1e} m, {radians:.1e} rad"
        ),
        Finding(
            pixels <= LENS_TOLERANCE_PX,
            "the camera has the take's lens",
            where,
            f"off by {pixels:.4f} px",
        ),
    )


def check_frames_table(take: HandedTake, text: str) -> Finding:
    """frames.csv against the track: the same cells, numbers to the last place written."""
    wanted, found = (list(csv.reader(io.StringIO(each))) for each in (frames_csv(take.frames), text))
    troubles = [
        f"line {number}"
        for number, (one, other) in enumerate(zip_longest(wanted, found), 1)
        if one is None or other is None or not _same_row(one, other)
    ]
    return Finding(
        not troubles,
        "the frame table tells the track",
        f"{take.folder}/{FRAMES_FILE}",
        _told(troubles, f"{len(take.frames)} frames"),
    )


def check_map(where: str, found: F32Map, lens: Lens, direction: Direction, overscan: float) -> Finding:
    """An ST map against the lens it was made from."""
    wanted = st_map(lens, direction, overscan)
    what = "the ST map is the lens's"
    if wanted.shape != found.shape:
        sizes = [f"{shape[1]}x{shape[0]}" for shape in (found.shape, wanted.shape)]
        return Finding(False, what, where, f"is {sizes[0]}, should be {sizes[1]}")
    scale = np.array([lens.width_px, lens.height_px], np.float32)
    pixels = float(np.nanmax(np.abs(wanted - found) * scale)) if np.isfinite(found).all() else math.inf
    return Finding(pixels <= MAP_TOLERANCE_PX, what, where, f"off by {pixels:.4f} px")


def check_clips(track: str, found: Sequence[ClipSeen], wanted: Sequence[ClipSeen]) -> Finding:
    """One track of the timeline against the takes."""
    troubles = [
        f"clip {number} is {one}, should be {other}"
        for number, (one, other) in enumerate(zip_longest(found, wanted), 1)
        if one != other
    ]
    return Finding(
        not troubles,
        f"the timeline's {track} are the takes",
        OTIO_FILE,
        _told(troubles, f"{len(found)} clips"),
    )


def check_events(found: Sequence[Event], takes: Sequence[HandedTake]) -> Finding:
    """The edit list against the takes, timecode by timecode."""
    troubles = [
        f"event {number} differs"
        for number, (one, other) in enumerate(zip_longest(found, events(takes)), 1)
        if one is None or other is None or _points(one) != _points(other)
    ]
    return Finding(
        not troubles, "the edit list is the takes", EDL_FILE, _told(troubles, f"{len(found)} events")
    )


def check_entry(what: str, told: Mapping[str, Any], worked_out: Mapping[str, Any]) -> Finding:
    """What the passport says against the same worked out from the files."""
    troubles = differences({name: told.get(name) for name in worked_out}, worked_out)
    return Finding(not troubles, what, PASSPORT_FILE, _told(troubles, "all figures agree"))


def check_listing(
    listed: Sequence[Mapping[str, Any]], states: Sequence[FileState], unlisted: frozenset[str]
) -> Finding:
    """The passport's hashes against the seal's; `unlisted` are the files a passport cannot list."""
    sealed = {state.path: state.detail for state in states if state.ok}
    told = {str(entry["path"]): str(entry["xxh128"]) for entry in listed}
    troubles = [
        f"{path} has another hash"
        for path, digest in told.items()
        if path in sealed and digest not in sealed[path]
    ]
    known = {state.path for state in states}
    troubles += [f"{path} is not sealed" for path in told if path not in known]
    troubles += [
        f"{path} is not listed" for path in sorted(sealed) if path not in told.keys() | unlisted
    ]
    return Finding(
        not troubles,
        "the passport lists what is sealed",
        PASSPORT_FILE,
        _told(troubles, f"{len(told)} files"),
    )


def differences(told: Any, worked_out: Any, place: str = "") -> list[str]:
    """Where two JSON values differ, as paths with both values; numbers may differ by a millionth."""
    if isinstance(told, Mapping) and isinstance(worked_out, Mapping):
        return [
            text
            for name in {**worked_out, **told}
            for text in differences(told.get(name), worked_out.get(name), f"{place}.{name}".strip("."))
        ]
    if isinstance(told, list) and isinstance(worked_out, list):
        pairs = enumerate(zip_longest(told, worked_out))
        return [text for n, pair in pairs for text in differences(*pair, f"{place}[{n}]")]
    if _is_number(told) and _is_number(worked_out):
        same = math.isclose(told, worked_out, rel_tol=1e-6, abs_tol=1e-6)
    else:
        same = bool(told == worked_out)
    return [] if same else [f"{place} is {told!r}, the files say {worked_out!r}"]


def _lens_off_px(take: HandedTake, frame: CameraFrame, state: CameraState) -> float:
    """How far apart the two lenses see the same directions, at nine points of the picture."""
    lens = frame.lens or take.record.spec.lens
    if lens is None or state.lens is None:
        return 0.0 if lens is state.lens else math.inf
    x, y = np.meshgrid(
        [0.0, lens.width_px / 2, lens.width_px], [0.0, lens.height_px / 2, lens.height_px]
    )
    points = np.stack([x, y], axis=-1)
    off = float(np.abs(project(state.lens, rays(lens, points)) - points).max())
    return off if math.isfinite(off) else math.inf


def _same_row(one: Sequence[str], other: Sequence[str]) -> bool:
    return len(one) == len(other) and all(
        first == second or _close(first, second) for first, second in zip(one, other, strict=True)
    )


def _close(first: str, second: str) -> bool:
    try:
        return abs(float(first) - float(second)) <= 2e-6
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _points(event: Event) -> tuple[str, ...]:
    times = (event.source_in, event.source_out, event.record_in, event.record_out)
    return (*map(str, times), event.reel, event.clip, event.file, event.channel, event.edit)


def _told(problems: Sequence[str], otherwise: str) -> str:
    if not problems:
        return otherwise
    more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return "; ".join(problems[:_SHOWN]) + more
