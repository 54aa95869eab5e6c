"""The joint solve on disk: a take's picture, track and reports in, the solved track and its report out.

Both are written beside what was recorded, the report last: a solve that is cut off leaves the take as
it was shot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import tomli_w

from openset import __version__
from openset.primitives.errors import (
    AlreadyExists,
    BadInput,
    PlateBroken,
    PlateNotFound,
    TrackBroken,
    TrackNotFound,
)
from openset.primitives.image import U8Plane
from openset.primitives.space import IDENTITY
from openset.primitives.time import NS_PER_S
from openset.stage.calibrate.recorded import recorded_setting
from openset.stage.calibrate.series import mount_at
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.markers.model import TagMap
from openset.stage.record.files import read_solve, read_take, read_track_lines
from openset.stage.record.model import (
    PICTURE_FILE,
    RAW_FILE,
    SOLVE_FILE,
    SOLVED_FILE,
    TAKE_FILE,
    TRACK_FILE,
    TakeRecord,
)
from openset.stage.record.track import TrackLine
from openset.stage.solve.bundle import raw_path
from openset.stage.solve.floor import floors_between, moved_marks
from openset.stage.solve.gather import Gatherer
from openset.stage.solve.image import sight_lines
from openset.stage.solve.lines import solved_lines
from openset.stage.solve.material import (
    ShotFrame,
    different_lenses,
    mount_of,
    mounted,
    path_of,
    raw_track,
    shot_frame,
)
from openset.stage.solve.model import I64, NODAL, PARTS, Problem, RawTrack, Solution
from openset.stage.solve.path import LONGEST_GAP_S
from openset.stage.solve.prior import nodal_between, prior_of
from openset.stage.solve.report import notes_of, report_tables
from openset.stage.solve.solve import solve
from openset.stage.solve.start import first_delay_s
from openset.stage.tracking.files import load_track
from openset.stage.tracking.samples import TrackSample
from openset.store.files import hash_file, write_atomic, writing

FEWEST_FRAMES = 25
_SAY_EVERY = 100

Say = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What to solve and with what: a lens that was measured, a map of tags, which parts are free beside
    the path, and how many frames apart the pictures are that are looked at."""

    lens: LensFile | None = None
    tags: TagMap | None = None
    free: frozenset[str] = frozenset(PARTS)
    every: int = 1
    inputs: tuple[Path, ...] = ()
    replace: bool = False


@dataclass(frozen=True, eq=False)
class Solved:
    """A take that was solved: the report's tables, and where both files lie."""

    tables: dict[str, Any]
    files: tuple[Path, Path]
    solution: Solution


@dataclass(frozen=True, eq=False)
class _Recorded:
    """A take as it was recorded."""

    record: TakeRecord
    lines: list[TrackLine]
    frames: tuple[ShotFrame, ...]


@dataclass(frozen=True, eq=False)
class _ShotWith:
    """The different lenses of the frames, which one each has, whether the lens zooms, and what was
    measured of it."""

    lenses: tuple[Lens, ...]
    lens_of: I64
    zooms: bool
    measured: MeasuredLens | None


def solve_take(folder: Path, request: Request, now: datetime, say: Say) -> Solved:
    """Solve the take in `folder` and write solved.otrk.jsonl and solved.toml beside its track.

    Raises AlreadyExists for a take that was solved, BadInput, PlateNotFound, PlateBroken, TrackNotFound
    and TrackBroken for one that cannot be, DiskFull and NotWritable.
    """
    _check_place(folder, request)
    recorded = _read(folder)
    origin_ns = recorded.lines[0].time_ns
    shot_with = _lenses(recorded, request)
    gatherer = _look(folder, recorded, request, shot_with, say)
    problem, notes = _problem(folder, recorded, request, shot_with, gatherer, origin_ns, say)
    say("solving")
    solution = solve(problem, say)
    _check_solution(solution, problem, request)
    notes = (*notes, *notes_of(solution, problem, shot_with.zooms, request.every))
    made = solved_lines(recorded.record.spec, recorded.lines, problem, solution)
    inputs = [folder / name for name in (TAKE_FILE, PICTURE_FILE, TRACK_FILE, RAW_FILE)]
    tables = report_tables(
        solution,
        problem,
        delay_s=recorded.record.spec.delay_s,
        inputs={path.name: hash_file(path) for path in (*inputs, *request.inputs) if path.is_file()},
        software=f"openset {__version__}",
        made_at=now,
        notes=notes,
        every=request.every,
    )
    return Solved(tables, _write(folder, made, tables), solution)


def _check_place(folder: Path, request: Request) -> None:
    if not (folder / TAKE_FILE).is_file():
        raise BadInput("there is no take here", where=str(folder), todo="Give a take: takes/1-A-t01")
    if not request.replace and (folder / SOLVE_FILE).exists():
        raise AlreadyExists(
            "the take was solved already", where=str(folder / SOLVED_FILE), todo="Give --replace"
        )


def _read(folder: Path) -> _Recorded:
    record = read_take(folder)
    if record.state == "recording":
        raise BadInput("the take is not closed", where=str(folder), todo="Cut, or recover it, first")
    if not (folder / TRACK_FILE).is_file():
        raise TrackNotFound("the take has no track", where=str(folder / TRACK_FILE))
    lines = read_track_lines(folder)[: record.frames]
    if len(lines) < FEWEST_FRAMES:
        raise BadInput(
            f"the take has {len(lines)} frames, too few to solve",
            where=str(folder),
            todo=f"A solve needs a second at least ({FEWEST_FRAMES} frames)",
        )
    for before, after in pairwise(lines):
        if after.time_ns <= before.time_ns:
            raise TrackBroken(
                f"time does not run on at frame {after.frame}", where=str(folder / TRACK_FILE)
            )
    size = record.spec.width, record.spec.height
    return _Recorded(record, lines, tuple(shot_frame(line, *size) for line in lines))


def _lenses(recorded: _Recorded, request: Request) -> _ShotWith:
    """The measured lens where one is given and the take does not zoom, else the take's own."""
    measured = _setting(request.lens, recorded)
    taken = [frame.lens or recorded.record.spec.lens for frame in recorded.frames]
    _, _, zooms = different_lenses(taken) if any(taken) else ((), None, False)
    chosen: list[Lens | None] = taken if zooms or measured is None else [measured.lens] * len(taken)
    return _ShotWith(*different_lenses(chosen), measured)


def _look(
    folder: Path, recorded: _Recorded, request: Request, shot_with: _ShotWith, say: Say
) -> Gatherer:
    """Follow marks and find tags through the picture."""
    spec = recorded.record.spec
    known = request.tags.tags if request.tags else {}
    gatherer = Gatherer(spec.width, spec.height, known)
    count = len(recorded.lines)
    before_ns = recorded.lines[0].time_ns
    for frame, luma in enumerate(_pictures(folder / PICTURE_FILE, count)):
        if luma.shape != (spec.height, spec.width):
            raise PlateBroken(
                f"frame {frame} is not {spec.width} x {spec.height}, as the take is",
                where=str(folder / PICTURE_FILE),
            )
        if frame % request.every:
            continue
        now_ns = recorded.lines[frame].time_ns
        if now_ns - before_ns > max(LONGEST_GAP_S, 2 * request.every / float(spec.rate)) * NS_PER_S:
            gatherer.cut()
        before_ns = now_ns
        gatherer.add(frame, luma, shot_with.lenses[shot_with.lens_of[frame]])
        if frame % _SAY_EVERY == 0:
            say(f"picture {frame} of {count}")
    if request.tags and not set(gatherer.tags_seen) & set(known):
        seen = ", ".join(map(str, sorted(gatherer.tags_seen)[:8])) or "none"
        raise BadInput(
            f"no tag of the map is in the picture (seen: {seen})",
            where=str(folder / PICTURE_FILE),
            todo="Give the map of this stage, or leave --tags out",
        )
    return gatherer


def _pictures(path: Path, count: int) -> Iterator[U8Plane]:
    """The luma planes (h, w) of a movie, `count` at most; each holds only until the next."""
    if not path.is_file():
        raise PlateNotFound("the take has no picture", where=str(path))
    done = 0
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                if done == count:
                    return
                plane: Any = frame.planes[0]
                rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
                yield np.ascontiguousarray(rows[:, : plane.width])
                done += 1
    except (av.FFmpegError, IndexError) as error:
        raise PlateBroken(f"decoding stops at frame {done} ({error})", where=str(path)) from error
    if done < count:
        raise PlateBroken(f"ends after {done} of {count} frames", where=str(path))


def _problem(
    folder: Path,
    recorded: _Recorded,
    request: Request,
    shot_with: _ShotWith,
    gatherer: Gatherer,
    origin_ns: int,
    say: Say,
) -> tuple[Problem, tuple[str, ...]]:
    """Everything the solve works with, and what there is to say of it."""
    times = np.array([line.time_ns - origin_ns for line in recorded.lines]) / NS_PER_S
    raw, mount, notes = _raw(folder, recorded, times, origin_ns)
    measured = shot_with.measured
    assumed = any(fault.kind == "lens" for fault in recorded.record.faults)
    prior = prior_of(
        shot_with.lenses[0],
        measured=measured.covariance if measured else None,
        lens_known=measured is not None or not assumed,
        readout_s=request.lens.readout_s if request.lens else None,
    )
    sits = mount_at(request.lens, measured.focus, measured.zoom) if request.lens and measured else None
    if sits is not None:
        prior.values[NODAL] = nodal_between(mount, sits)
    sightings, marks = gatherer.result()
    problem = Problem(
        times, shot_with.lenses, shot_with.lens_of, raw, sightings, marks, prior, request.free
    )
    if request.tags:
        problem, more = _on_one_floor(problem, request.tags)
        notes = (*notes, *more)
    for each in notes:
        say(f"note: {each}")
    return problem, notes


def _raw(
    folder: Path, recorded: _Recorded, times: Any, origin_ns: int
) -> tuple[RawTrack, Any, tuple[str, ...]]:
    """The tracker's own reports where the take kept them, as the camera's track; else the frames'."""
    frames = path_of([frame.stage_from_camera for frame in recorded.frames])
    tracked = np.array([line.state == "tracked" for line in recorded.lines])
    if not tracked.any():
        raise TrackBroken(
            "no frame of this take has a pose from the tracker",
            where=str(folder / TRACK_FILE),
            todo="Solve a take that was tracked",
        )
    notes: tuple[str, ...] = ()
    path = folder / RAW_FILE
    if path.is_file() and path.stat().st_size:
        try:
            raw = raw_track(load_track(path, start_ns=None).samples, origin_ns)
            poses = replace(
                frames, positions_m=frames.positions_m[tracked], rotations=frames.rotations[tracked]
            )
            mount = mount_of(raw, times[tracked], poses)
            if mount is not None:
                return mounted(raw, mount), mount, notes
            notes = ("the tracker's reports do not fit the frames' poses; those were taken instead",)
        except TrackBroken:
            notes = ("the tracker's own reports were not kept; the frames' poses were taken",)
    samples = [
        TrackSample(line.time_ns, frame.stage_from_camera)
        for line, frame in zip(recorded.lines, recorded.frames, strict=True)
        if line.state == "tracked"
    ]
    return raw_track(samples, origin_ns), IDENTITY, notes


def _setting(lens: LensFile | None, recorded: _Recorded) -> MeasuredLens | None:
    """The measured lens as it stood in the take; its first setting where the take knows no lens."""
    if lens is None or not lens.settings:
        return None
    known = recorded.frames[0].lens or recorded.record.spec.lens
    return lens.settings[0] if known is None else recorded_setting(lens, known)


def _on_one_floor(problem: Problem, tags: TagMap) -> tuple[Problem, tuple[str, ...]]:
    """The map's tags on the tracker's floor, where the two were measured from different origins."""
    sightings = problem.sightings
    directions = sight_lines(problem, sightings, problem.prior.values)
    delay_s = first_delay_s(problem.times_s, sightings, directions, problem.raw)
    floors = floors_between(problem, tags, raw_path(problem, delay_s))
    if floors is None or not floors.apart:
        return problem, ()
    note = (
        f"the tags were mapped from another origin than the tracker's ({floors.distance_m:.2f} m, "
        f"{np.degrees(floors.angle_rad):.1f}° apart); they were taken onto the tracker's floor"
    )
    moved = moved_marks(problem.marks, floors.tracker_from_map)
    return replace(problem, marks=moved), (note,)


def _check_solution(solution: Solution, problem: Problem, request: Request) -> None:
    """Refuse a solve that explains nothing."""
    mapped = np.unique(problem.marks.tag[problem.marks.known])
    if request.tags and len(mapped) and len(solution.tags_dropped) > 0.5 * len(mapped):
        raise BadInput(
            f"{len(solution.tags_dropped)} of {len(mapped)} tags do not hang where the map has them",
            where="--tags",
            todo="Map this stage's tags again with openset calibrate tags",
        )
    if not solution.after.sightings or solution.after.rms_px >= solution.before.rms_px:
        raise BadInput(
            "the picture and the track do not agree: the solve explains the picture no better than the "
            f"tracker did ({solution.after.rms_px:.2f} against {solution.before.rms_px:.2f} px)",
            todo="Check that this is the camera's own track; hang tags, or show more that stands still",
        )


def _write(folder: Path, lines: bytes, tables: dict[str, Any]) -> tuple[Path, Path]:
    """Both files, the report last and the old report gone first: one without the other is no solve."""
    track, report = folder / SOLVED_FILE, folder / SOLVE_FILE
    with writing(report):
        report.unlink(missing_ok=True)
    write_atomic(track, lines)
    tables["files"] = {SOLVED_FILE: hash_file(track)}
    write_atomic(report, tomli_w.dumps(tables).encode())
    read_solve(folder)
    return track, report
