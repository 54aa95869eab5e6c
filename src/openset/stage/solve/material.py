"""A take's own lines and reports as the arrays the joint solve works with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from openset.formats.opentrackio import read
from openset.primitives.errors import BadInput, TrackBroken
from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.primitives.space import F64, Pose, matrix_from_quaternion, pose_from_matrix
from openset.primitives.time import NS_PER_S
from openset.stage.accuracy.noise import QUIETEST, noise_of
from openset.stage.accuracy.said import spread_from_status
from openset.stage.lens.model import Lens
from openset.stage.lens.report import lens_from_report
from openset.stage.record.track import TrackLine
from openset.stage.solve.model import I64, Path, RawTrack
from openset.stage.solve.path import covered, read_path
from openset.stage.tracking.opentrackio import sample_from_reading
from openset.stage.tracking.samples import TrackSample

FEWEST_REPORTS = 20
_FINEST = 1e-4
_STEADY = 0.02
_SAME_M, _SAME_RAD = 1e-4, 1e-5


@dataclass(frozen=True)
class ShotFrame:
    """One frame as it was shot: the pose its background was made with, and its lens where the track
    says one."""

    stage_from_camera: Pose
    lens: Lens | None


def shot_frame(line: TrackLine, width_px: int, height_px: int) -> ShotFrame:
    """A line of the take's track. Raises TrackBroken naming the frame whose sample holds no pose."""
    try:
        sample = sample_from_reading(read(line.sample), line.time_ns)
        told = sample.lens is not None and sample.lens.focal_length_mm
        lens = lens_from_report(sample.lens, width_px, height_px) if sample.lens and told else None
    except (ValueError, BadInput) as error:
        raise TrackBroken(f"frame {line.frame} holds no pose ({error})") from error
    return ShotFrame(sample.stage_from_camera, lens)


def raw_track(samples: Sequence[TrackSample], origin_ns: int) -> RawTrack:
    """Reports as a track in seconds after `origin_ns`, each with the spread it states, else with that
    of their noise. Raises TrackBroken for too few."""
    rising = _rising(samples)
    if len(rising) < FEWEST_REPORTS:
        raise TrackBroken(
            f"the tracker said almost nothing in this take: {len(rising)} reports",
            todo="Solve a take that was tracked",
        )
    times = np.array([each.time_ns - origin_ns for each in rising]) / NS_PER_S
    noise = noise_of(rising)
    usual = np.sqrt(np.diag(noise)) if noise is not None else 10 * QUIETEST
    sd = np.tile(usual, (len(rising), 1))
    for index, each in enumerate(rising):
        said = spread_from_status(each.status) if each.status else None
        if said is not None:
            sd[index] = np.sqrt(np.diag(said))
    path = path_of([each.stage_from_camera for each in rising])
    return RawTrack(times, path.positions_m, path.rotations, np.maximum(sd, QUIETEST))


def path_of(poses: Sequence[Pose]) -> Path:
    """Poses as arrays."""
    positions = np.array([pose.position_m for pose in poses], dtype=np.float64).reshape(-1, 3)
    turns = [matrix_from_quaternion(np.array(pose.rotation_wxyz)) for pose in poses]
    return Path(positions, np.array(turns).reshape(-1, 3, 3))


def pose_at(path: Path, frame: int) -> Pose:
    """One frame's pose."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = path.rotations[frame], path.positions_m[frame]
    return pose_from_matrix(matrix)


def mount_of(raw: RawTrack, times_s: F64, frames: Path) -> Pose | None:
    """Where the engine took the camera to sit on what the tracker tracks: the steady difference between
    its frames' poses and the tracker's at the same moments; None where there is no steady one."""
    use = covered(raw.times_s, times_s)
    if use.sum() < FEWEST_REPORTS:
        return None
    read = read_path(Path(raw.positions_m, raw.rotations), raw.times_s, times_s[use])
    back = np.swapaxes(read.rotations, 1, 2)
    turns = back @ frames.rotations[use]
    middle = turns[len(turns) // 2]
    off = vector_from_matrix(middle.T @ turns)
    place = np.einsum("kij,kj->ki", back, frames.positions_m[use] - read.positions_m)
    turn, step = np.median(off, axis=0), np.median(place, axis=0)
    if np.median(np.abs(place - step)) > _STEADY or np.median(np.abs(off - turn)) > _STEADY:
        return None
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = middle @ matrix_from_vector(turn), step
    angle = float(np.linalg.norm(vector_from_matrix(matrix[:3, :3])))
    if np.linalg.norm(step) < _SAME_M and angle < _SAME_RAD:
        return Pose((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    return pose_from_matrix(matrix)


def mounted(raw: RawTrack, tracker_from_camera: Pose) -> RawTrack:
    """The track of the camera that sits so on the tracker's body."""
    matrix = tracker_from_camera.matrix
    return replace(
        raw,
        positions_m=raw.positions_m + raw.rotations @ matrix[:3, 3],
        rotations=raw.rotations @ matrix[:3, :3],
    )


def different_lenses(lenses: Sequence[Lens | None]) -> tuple[tuple[Lens, ...], I64, bool]:
    """The different lenses of a take, which one each frame has, and whether the lens zooms. A frame
    without one has the one before it. Raises BadInput where no frame has any, or one is a fisheye."""
    known = [lens for lens in lenses if lens is not None]
    if not known:
        raise BadInput("nothing is known of the lens", todo="Give --lens, or calibrate it first")
    if any(lens.fisheye is not None for lens in known):
        raise BadInput(
            "the joint solve knows no fisheye lenses, and this is one",
            todo="Calibrate the lens without --fisheye, if its angle allows",
        )
    out: list[Lens] = []
    numbers, seen = [], {}
    current = known[0]
    for lens in lenses:
        current = lens or current
        key = _rounded(current)
        if key not in seen:
            seen[key] = len(out)
            out.append(current)
        numbers.append(seen[key])
    focals = [lens.fx_px for lens in out]
    zooms = max(focals) / min(focals) - 1.0 > 1e-3
    return tuple(out), np.array(numbers, np.int64), zooms


def _rounded(lens: Lens) -> tuple[float, ...]:
    steps = round(float(np.log(lens.fx_px)) / _FINEST)
    bends = (lens.cx_px, lens.cy_px, lens.k1 * 1e3, lens.k2 * 1e3, lens.k3 * 1e3, lens.p1 * 1e3)
    return (steps, *(round(value, 1) for value in bends))


def _rising(samples: Sequence[TrackSample]) -> list[TrackSample]:
    """Samples in order of time, the first of each moment, none that says it is lost."""
    out: list[TrackSample] = []
    for each in sorted(samples, key=lambda sample: sample.time_ns):
        finite = np.isfinite(each.stage_from_camera.position_m).all()
        if finite and (not out or each.time_ns > out[-1].time_ns):
            out.append(each)
    return out
