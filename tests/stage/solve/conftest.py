"""Takes without pictures: sightings worked out by the simulation's own optics, with noise, and a
tracker that errs as trackers do. Nothing here shares code with what it judges."""

import shutil
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from openset.sim.optics import Optics, project
from openset.sim.walks import Walk, looking, rotation_from_vector, stage_set
from openset.stage.lens.model import Lens
from openset.stage.solve.model import PARTS, Marks, Path, Problem, RawTrack, Sightings
from openset.stage.solve.prior import prior_of

F64 = npt.NDArray[np.float64]
sys.path.insert(0, str(FilePath(__file__).parent))
OPTICS = Optics(1920, 1080, 1400.0, 968.0, 533.0, -0.11, 0.035, 4e-4, -3e-4, -0.004)


@dataclass(frozen=True)
class Plan:
    """One simulated take. Errors are those of what the solve is told, against the truth."""

    seed: int = 1
    seconds: float = 6.0
    rate: float = 25.0
    violence: float = 0.5
    readout_s: float = 0.012
    delay_error_s: float = 0.08
    focal_error: float = 0.003
    nodal: tuple[float, ...] = (0.0,) * 6
    white_m: float = 0.003
    white_rad: float = np.radians(0.030)
    drift_m: float = 0.005
    drift_rad: float = np.radians(0.050)
    tracker_hz: float = 100.0
    tags: bool = True
    map_known: bool = True
    map_error_m: float = 4e-4
    natural: int = 90
    natural_px: float = 0.15
    tag_px: float = 0.06
    run_s: float = 1.6
    actor: int = 0
    moved_tag: int | None = None
    sway_m: tuple[float, float, float] = (0.6, 0.5, 0.2)
    pan_rad: tuple[float, float, float] = (0.10, 0.14, 0.05)
    free: frozenset[str] = frozenset(PARTS)
    lens: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Take:
    """The problem, and the truth that goes with it."""

    plan: Plan
    problem: Problem
    path: Path

    def errors(self, path: Path) -> tuple[float, float]:
        """How far a path is from the true one: metres and radians, three-axis rms."""
        place = path.positions_m - self.path.positions_m
        turn = np.swapaxes(self.path.rotations, 1, 2) @ path.rotations
        vector = (
            np.stack(
                [
                    turn[:, 2, 1] - turn[:, 1, 2],
                    turn[:, 0, 2] - turn[:, 2, 0],
                    turn[:, 1, 0] - turn[:, 0, 1],
                ],
                1,
            )
            / 2
        )
        return float(np.sqrt((place**2).sum(1).mean())), float(np.sqrt((vector**2).sum(1).mean()))


def make_take(plan: Plan) -> Take:
    random = np.random.default_rng([plan.seed, 77])
    count = int(plan.seconds * plan.rate)
    times = np.arange(count) / plan.rate
    eye = np.array([0.0, -2.6, 1.6])
    walk = Walk(
        plan.seed,
        eye,
        looking(eye, np.array([0.0, 2.0, 1.0])),
        plan.violence,
        plan.sway_m,
        plan.pan_rad,
    )
    truth = [walk.at(float(t)) for t in times]
    path = Path(np.array([p for p, _ in truth]), np.array([r for _, r in truth]))
    points, known, known_sd, tag, wander = _scene(plan, random)
    rows = _sightings(plan, random, walk, times, points, tag, wander)
    # A natural point seen again is another mark: the marks grow as the take goes on.
    more = int(rows[1].max()) + 1 - len(tag)
    tag = np.append(tag, np.full(max(0, more), -1))
    known = np.concatenate([known, np.full((max(0, more), 3), np.nan)])
    known_sd = np.append(known_sd, np.ones(max(0, more)))
    sightings = Sightings(*rows, _held_out(rows, tag))
    optics = OPTICS
    lens = Lens(
        optics.width_px, optics.height_px, optics.f_px * (1 + plan.focal_error),
        optics.f_px * (1 + plan.focal_error), optics.cx_px, optics.cy_px,
        optics.k1, optics.k2, optics.p1, optics.p2, optics.k3,
    )  # fmt: skip
    lens = replace(lens, **plan.lens)
    problem = Problem(
        times, (lens,), np.zeros(count, np.int64), _tracker(plan, random, walk),
        sightings, Marks(known, known_sd, tag), prior_of(lens), plan.free,
        plan.drift_m, plan.drift_rad,
    )  # fmt: skip
    return Take(plan, problem, path)


def _scene(plan: Plan, random: np.random.Generator) -> tuple[Any, ...]:
    points, tags = [], []
    for sheet in stage_set(plan.seed) if plan.tags else ():
        points.append(sheet.stage_points_m)
        tags += [sheet.id] * 4
    corners = np.concatenate(points) if points else np.zeros((0, 3))
    many = plan.natural * 8
    wall = np.stack(
        [random.uniform(-3.5, 3.5, many), np.full(many, 2.53), random.uniform(0, 3.5, many)], 1
    )
    floor = np.stack([random.uniform(-3, 3, many), random.uniform(-1.0, 2.5, many), np.zeros(many)], 1)
    boxes = np.stack(
        [random.uniform(-2, 2, many), random.uniform(0.5, 2, many), random.uniform(0.3, 2, many)], 1
    )
    natural = random.permutation(np.concatenate([wall, floor, boxes]))
    actor = np.stack(
        [
            random.uniform(-0.3, 0.3, plan.actor),
            np.zeros(plan.actor),
            random.uniform(0.5, 1.7, plan.actor),
        ],
        1,
    )
    everything = np.concatenate([corners, natural, actor])
    tag = np.array(tags + [-1] * (len(natural) + plan.actor), np.int64)
    known = np.full((len(everything), 3), np.nan)
    if plan.map_known:
        known[: len(corners)] = corners + random.normal(0, plan.map_error_m, corners.shape)
        if plan.moved_tag is not None:
            known[np.flatnonzero(tag == plan.moved_tag)] += [0.03, 0.0, 0.02]
    wander = np.zeros(len(everything))
    wander[len(corners) + len(natural) :] = 1.0
    sd = np.full(len(everything), max(2e-4, plan.map_error_m))
    return everything, known, sd, tag, wander


def _sightings(
    plan: Plan, random: np.random.Generator, walk: Walk, times: F64, points: F64, tag: Any, wander: F64
) -> tuple[Any, ...]:
    """Every tag in view each frame; natural points in runs, new ones as old ones go."""
    frames, marks, pixels = [], [], []
    live: list[tuple[int, int, float]] = []
    run = int(plan.run_s * plan.rate)
    naturals = np.flatnonzero(tag < 0)
    fresh = iter(range(len(points), 10**9))
    for frame, time_s in enumerate(times):
        moving = points.copy()
        sway = np.array(
            [0.5 * np.sin(1.3 * time_s), 0.1 * np.sin(2.0 * time_s), 0.05 * np.sin(5 * time_s)]
        )
        moving += wander[:, None] * sway
        seen = _rolling(plan, walk, float(time_s), moving)
        size = (seen > 4).all(1) & (seen < np.array([OPTICS.width_px, OPTICS.height_px]) - 4).all(1)
        whole = np.ones(len(points), bool)
        for each in np.unique(tag[tag >= 0]):
            own = tag == each
            whole[own] = size[own].all()
        chosen = np.flatnonzero((tag >= 0) & whole)
        frames.append(np.full(len(chosen), frame))
        marks.append(chosen)
        pixels.append(seen[chosen] + random.normal(0, plan.tag_px, (len(chosen), 2)))
        live = [one for one in live if one[2] > frame and size[one[0]]]
        wanted = plan.natural + plan.actor - len(live)
        able = naturals[size[naturals]]
        if wanted > 0 and len(able):
            actors = able[wander[able] > 0]
            rest = able[wander[able] == 0]
            picks = [*random.choice(rest, min(wanted, len(rest)), replace=False), *actors[: plan.actor]]
            taken = {one[0] for one in live}
            for pick in picks:
                if int(pick) not in taken:
                    live.append((int(pick), next(fresh), frame + int(run * random.uniform(0.5, 1.5))))
        own = np.array([one[0] for one in live], int)
        frames.append(np.full(len(own), frame))
        marks.append(np.array([one[1] for one in live], int))
        pixels.append(seen[own] + random.normal(0, plan.natural_px, (len(own), 2)))
    return np.concatenate(frames), np.concatenate(marks), np.concatenate(pixels)


def _rolling(plan: Plan, walk: Walk, time_s: float, points: F64) -> F64:
    """Each point where its own row sees it: the move within a frame as a steady one, twice refined."""
    half = max(plan.readout_s, 1e-6)
    position, rotation = walk.at(time_s)
    seen = _seen(position, rotation, points)
    for _ in range(2):
        late = np.clip((seen[:, 1] / OPTICS.height_px - 0.5), -0.6, 0.6)
        out = np.empty_like(seen)
        grid = np.linspace(-0.6, 0.6, 7)
        pictures = np.stack([_seen(*walk.at(time_s + half * g), points) for g in grid])
        place = (late - grid[0]) / (grid[1] - grid[0])
        left = np.clip(place.astype(int), 0, 5)
        part = (place - left)[:, None]
        rows = np.arange(len(points))
        out = (1 - part) * pictures[left, rows] + part * pictures[left + 1, rows]
        seen = out
    return seen


def _seen(position: F64, rotation: F64, points: F64) -> F64:
    depth = -((points - position) @ rotation)[:, 2]
    out = np.full((len(points), 2), -1e6)
    ahead = depth > 0.3
    out[ahead] = project(OPTICS, position, rotation, points[ahead])
    return np.where(np.abs(out) < 5000, out, -1e6)


def _tracker(plan: Plan, random: np.random.Generator, walk: Walk) -> RawTrack:
    """The tracker's own stamps: what it says at t is of the frame's clock's t - (-delay error)."""
    moments = np.arange(-0.5, plan.seconds + 0.5, 1 / plan.tracker_hz)
    forget = np.exp(-1 / plan.tracker_hz / 12.0)
    slow = np.empty((len(moments), 6))
    slow[0] = random.normal(size=6)
    for index in range(1, len(moments)):
        slow[index] = forget * slow[index - 1] + np.sqrt(1 - forget**2) * random.normal(size=6)
    off = np.array(plan.nodal)
    positions, rotations = [], []
    for index, moment in enumerate(moments):
        # What the tracker stamps t, a frame stamped t + error shows: the walk is on the frames' clock.
        position, rotation = walk.at(float(moment + plan.delay_error_s))
        body = rotation @ rotation_from_vector(off[3:]).T
        place = position - body @ off[:3]
        place = place + plan.drift_m * slow[index, :3] + random.normal(0, plan.white_m, 3)
        turn = plan.drift_rad * slow[index, 3:] + random.normal(0, plan.white_rad, 3)
        positions.append(place)
        rotations.append(body @ rotation_from_vector(turn))
    sd = np.tile([plan.white_m] * 3 + [plan.white_rad] * 3, (len(moments), 1))
    return RawTrack(moments, np.array(positions), np.array(rotations), np.maximum(sd, 1e-6))


def _held_out(rows: tuple[Any, ...], tag: Any) -> Any:
    """A tenth: whole tags in single frames, whole natural marks."""
    frame, mark = rows[0], rows[1]
    natural = mark % 10 == 0
    number = np.where(mark < len(tag), tag[np.minimum(mark, len(tag) - 1)], -1)
    return np.where(number >= 0, (frame * 7 + number * 3) % 10 == 0, natural)


@pytest.fixture(scope="session")
def taken() -> Any:
    """Makes a simulated take of a plan's fields."""
    return lambda **plan: make_take(Plan(**plan))


SHOT_FRAMES = 45


@pytest.fixture(scope="session")
def shot_take(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A rendered take, made once: its folder, and its true path. Not to be written into."""
    from shooting import shoot, stage_walk, true_path

    walk = stage_walk()
    plan = Plan(seed=5, seconds=SHOT_FRAMES / 25)
    raw = _tracker(plan, np.random.default_rng(8), walk)
    folder = shoot(tmp_path_factory.mktemp("solve") / "lane", raw, walk, SHOT_FRAMES)
    return folder, true_path(walk, SHOT_FRAMES)


@pytest.fixture
def take(shot_take: Any, tmp_path: FilePath) -> FilePath:
    """A copy of the take, to be solved, in a copy of its production."""
    production = shot_take[0].parents[1]
    shutil.copytree(production, tmp_path / "lane")
    return tmp_path / "lane" / "takes" / shot_take[0].name
