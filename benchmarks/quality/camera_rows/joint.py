"""The joint solve of a 30 s take: a noisy track, 80 ms of wrong delay, 0.3 % of wrong focal length.

Sightings are projected exactly, row by row, and given the noise that rendered tags and followed corners
have; the commands' tests solve takes that were rendered.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.quality.camera_rows.frame import Figure, Numbers, Row
from benchmarks.quality.camera_rows.truth import F64, inside, lens_of, pose_errors
from openset.sim.optics import Optics, project
from openset.sim.walks import Walk, rotation_from_vector, stage_set, stage_walk
from openset.stage.lens.model import Lens
from openset.stage.solve.model import Marks, Problem, RawTrack, Sightings, Solution
from openset.stage.solve.prior import prior_of
from openset.stage.solve.solve import solve

FILM = Optics(1920, 1080, 1400.0, 968.0, 533.0, -0.11, 0.035, 4e-4, -3e-4, -0.004)
RATE, SECONDS, QUICK_SECONDS = 25.0, 30.0, 6.0
VIOLENCE = 0.5
READOUT_S, DELAY_S, FOCAL = 0.012, 0.08, 1.003
WHITE_M, WHITE_RAD, DRIFT_M, DRIFT_RAD, DRIFT_S = 0.003, np.radians(0.03), 0.005, np.radians(0.05), 12.0
TAG_PX, NATURAL_PX, MAP_M = 0.06, 0.15, 4e-4
NATURALS, LIFE_S = 80, 1.6
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Shot:
    """A take's problem and its true path."""

    problem: Problem
    truth: list[tuple[F64, F64]]


def shot(seed: int, seconds: float) -> Shot:
    """A film camera before the stage set."""
    random = np.random.default_rng([seed, 41])
    walk = stage_walk(seed, VIOLENCE)
    times = np.arange(round(seconds * RATE)) / RATE
    sheets = stage_set(seed)
    corners = np.concatenate([sheet.stage_points_m for sheet in sheets])
    tag_of = np.repeat([sheet.id for sheet in sheets], 4)
    painted = _paint(random)
    sightings, naturals = _sightings(random, walk, times, corners, painted)
    known = np.concatenate(
        [corners + random.normal(0, MAP_M, corners.shape), np.full((naturals, 3), np.nan)]
    )
    marks = Marks(
        known, np.full(len(known), MAP_M), np.append(tag_of, np.full(naturals, -1)).astype(np.int64)
    )
    true = lens_of(FILM)
    lens = replace(true, fx_px=true.fx_px * FOCAL, fy_px=true.fy_px * FOCAL)
    problem = Problem(
        times,
        (lens,),
        np.zeros(len(times), np.int64),
        _tracker(random, walk, seconds),
        sightings,
        marks,
        prior_of(lens),
    )
    return Shot(problem, [walk.at(float(t)) for t in times])


def _paint(random: np.random.Generator) -> F64:
    """Corners of no known place on the wall, the floor and things between."""
    many = NATURALS * 6
    wall = random.uniform((-3.5, 2.53, 0.0), (3.5, 2.5301, 3.5), (many, 3))
    floor = random.uniform((-3.0, -1.0, 0.0), (3.0, 2.5, 1e-4), (many, 3))
    things = random.uniform((-2.0, 0.5, 0.3), (2.0, 2.0, 2.0), (many, 3))
    return np.asarray(random.permutation(np.concatenate([wall, floor, things])))


def _sightings(
    random: np.random.Generator, walk: Walk, times: F64, corners: F64, painted: F64
) -> tuple[Sightings, int]:
    """Every whole tag in every frame; painted corners for a second or two, each time as a new mark."""
    frames: list[I64] = []
    marks: list[I64] = []
    pixels: list[F64] = []
    live: dict[int, tuple[int, int]] = {}
    fresh = 0
    for frame, time_s in enumerate(times.tolist()):
        seen = rolled(walk, time_s, np.concatenate([corners, painted]))
        there = np.all((seen > 4) & (seen < np.array([FILM.width_px, FILM.height_px]) - 4), axis=1)
        whole = np.repeat(there[: len(corners)].reshape(-1, 4).all(axis=1), 4)
        tags = np.flatnonzero(whole)
        live = {
            p: (mark, end) for p, (mark, end) in live.items() if end > frame and there[len(corners) + p]
        }
        able = [p for p in np.flatnonzero(there[len(corners) :]).tolist() if p not in live]
        for place in random.permutation(able)[: max(0, NATURALS - len(live))].tolist():
            live[place] = (fresh, frame + int(LIFE_S * RATE * random.uniform(0.5, 1.5)))
            fresh += 1
        own = np.array(list(live), dtype=np.int64)
        number = np.array([mark for mark, _ in live.values()], dtype=np.int64)
        frames.append(np.full(len(tags) + len(own), frame))
        marks.append(np.concatenate([tags, len(corners) + number]))
        noise = (
            random.normal(0, 1, (len(tags) + len(own), 2))
            * np.repeat([TAG_PX, NATURAL_PX], [len(tags), len(own)])[:, None]
        )
        pixels.append(seen[np.concatenate([tags, len(corners) + own])] + noise)
    frame_of, mark_of = np.concatenate(frames), np.concatenate(marks)
    tag = mark_of < len(corners)
    held_out = np.where(tag, (frame_of * 7 + mark_of // 4 * 3) % 10 == 0, mark_of % 10 == 0)
    return Sightings(frame_of, mark_of, np.concatenate(pixels), held_out), fresh


def rolled(walk: Walk, time_s: float, points: F64) -> F64:
    """Where points (n, 3) land when each row is taken in its own time; far outside where behind."""
    late = np.zeros(len(points))
    grid = np.linspace(-0.6, 0.6, 9)
    poses = [walk.at(time_s + float(part) * READOUT_S) for part in grid]
    pictures = np.stack([_seen(*pose, points) for pose in poses])
    rows = np.arange(len(points))
    for _ in range(4):
        place = np.clip((late - grid[0]) / (grid[1] - grid[0]), 0, len(grid) - 1.001)
        left = place.astype(int)
        part = (place - left)[:, None]
        seen = (1 - part) * pictures[left, rows] + part * pictures[left + 1, rows]
        late = np.clip(seen[:, 1] / FILM.height_px - 0.5, -0.6, 0.6)
    return np.asarray(seen)


def _seen(position: F64, rotation: F64, points: F64) -> F64:
    local = (points - position) @ rotation
    wide = np.hypot(local[:, 0], local[:, 1]) > -1.4 * local[:, 2]
    safe = np.where((local[:, 2] > -0.3)[:, None] | wide[:, None], position - rotation[:, 2], points)
    seen = project(FILM, position, rotation, safe)
    return np.where((local[:, 2] > -0.3)[:, None] | wide[:, None], -1e4, seen)


def _tracker(random: np.random.Generator, walk: Walk, seconds: float) -> RawTrack:
    """White noise on a slow drift; what it stamps t, a frame stamped t + 80 ms shows."""
    moments = np.arange(-0.5, seconds + 0.5, 0.01)
    keep = np.exp(-0.01 / DRIFT_S)
    slow = np.empty((len(moments), 6))
    slow[0] = random.normal(size=6)
    for index in range(1, len(moments)):
        slow[index] = keep * slow[index - 1] + np.sqrt(1 - keep**2) * random.normal(size=6)
    places, turns = [], []
    for index, moment in enumerate(moments.tolist()):
        position, rotation = walk.at(moment + DELAY_S)
        places.append(position + DRIFT_M * slow[index, :3] + random.normal(0, WHITE_M, 3))
        turn = DRIFT_RAD * slow[index, 3:] + random.normal(0, WHITE_RAD, 3)
        turns.append(rotation @ rotation_from_vector(turn))
    sd = np.tile([WHITE_M] * 3 + [WHITE_RAD] * 3, (len(moments), 1))
    return RawTrack(moments, np.array(places), np.array(turns), sd)


def by_opencv(problem: Problem) -> tuple[list[F64 | None], float]:
    """solvePnP frame by frame on the tags, with the lens as it was given; and the rms, in pixels, of
    the tags' held-out corners by those poses."""
    lens: Lens = problem.lenses[0]
    camera = np.array(
        [[lens.fx_px, 0, lens.cx_px - 0.5], [0, lens.fy_px, lens.cy_px - 0.5], [0, 0, 1.0]]
    )
    bend = np.array([lens.k1, lens.k2, lens.p1, lens.p2, lens.k3])
    s, known = problem.sightings, problem.marks.known
    poses: list[F64 | None] = []
    squares: list[float] = []
    for frame in range(len(problem.times_s)):
        mine = np.flatnonzero((s.frame == frame) & known[s.mark])
        used, held = mine[~s.held_out[mine]], mine[s.held_out[mine]]
        points = problem.marks.known_m[s.mark]
        if len(used) < 8:
            poses.append(None)
            continue
        _, turn, shift = cv2.solvePnP(
            points[used], s.pixels[used] - 0.5, camera, bend, flags=cv2.SOLVEPNP_SQPNP
        )
        turn, shift = cv2.solvePnPRefineLM(
            points[used], s.pixels[used] - 0.5, camera, bend, turn, shift
        )
        rotation = cv2.Rodrigues(turn)[0]
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = (
            rotation.T @ np.diag([1.0, -1.0, -1.0]),
            (-rotation.T @ shift).ravel(),
        )
        poses.append(matrix)
        if len(held):
            drawn, _ = cv2.projectPoints(points[held], turn, shift, camera, bend)
            squares += np.sum((drawn[:, 0] + 0.5 - s.pixels[held]) ** 2, axis=1).tolist()
    low = np.sort(squares)[: int(0.95 * len(squares))]
    return poses, float(np.sqrt(np.mean(low))) if len(low) else float("nan")


def run(seed: int, quick: bool) -> Numbers:
    """One take."""
    taken = shot(seed, QUICK_SECONDS if quick else SECONDS)
    started = time.perf_counter()
    solution: Solution = solve(taken.problem)
    seconds = time.perf_counter() - started
    path = solution.path
    found = []
    for position, rotation in zip(path.positions_m, path.rotations, strict=True):
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = rotation, position
        found.append(matrix)
    errors = pose_errors(found, taken.truth, None)
    figures = solution.figures
    numbers: Numbers = {
        "smaller": solution.before.rms_px / solution.after.rms_px,
        "before_px": solution.before.rms_px,
        "after_px": solution.after.rms_px,
        "place_mm": errors.place_mm,
        "turn_mdeg": errors.turn_mdeg,
        "delay_ms": abs(figures["delay_s"].value - DELAY_S) * 1e3,
        "focal": abs(figures["focal_ratio"].value * FOCAL - 1) * 100,
        "readout_ms": abs(figures["readout_s"].value - READOUT_S) * 1e3,
        "solve_s": seconds,
    }
    both = np.concatenate([errors.place_m, errors.turn_rad], axis=1)
    sd = np.sqrt(np.diagonal(solution.covariance, axis1=1, axis2=2))
    numbers["in.pose, joint solve"], numbers["of.pose, joint solve"] = inside(both, sd)
    off = np.array(
        [
            figures["delay_s"].value - DELAY_S,
            figures["focal_ratio"].value - 1 / FOCAL,
            figures["readout_s"].value - READOUT_S,
        ]
    )
    told = np.array([figures[name].sd for name in ("delay_s", "focal_ratio", "readout_s")])
    (
        numbers["in.delay, focal, read-out of the solve"],
        numbers["of.delay, focal, read-out of the solve"],
    ) = inside(off, told)
    poses, after_px = by_opencv(taken.problem)
    kept = [(pose, truth) for pose, truth in zip(poses, taken.truth, strict=True) if pose is not None]
    theirs = pose_errors([pose for pose, _ in kept], [truth for _, truth in kept], None)
    numbers |= {
        "cv.place_mm": theirs.place_mm,
        "cv.turn_mdeg": theirs.turn_mdeg,
        "cv.after_px": after_px,
    }
    numbers["cv.smaller"] = solution.before.rms_px / after_px
    return numbers


JOINT = Row(
    "joint",
    "Joint solve of a 30 s take: noisy track, 80 ms, 0.3 % focal length",
    run,
    (
        Figure("smaller", "residual, times smaller than as shot", "", 10.0, at_least=True, digits=1),
        Figure("before_px", "residual as shot", "px"),
        Figure("after_px", "residual solved", "px"),
        Figure("place_mm", "place", "mm"),
        Figure("turn_mdeg", "turn", "mdeg", digits=2),
        Figure("delay_ms", "delay off the truth", "ms"),
        Figure("focal", "focal length off the truth", "%", digits=4),
        Figure("readout_ms", "read-out off the truth", "ms"),
        Figure("solve_s", "time to solve", "s", 60.0, digits=1),
    ),
    against="solvePnP frame by frame on the tags, with the lens as given",
)
