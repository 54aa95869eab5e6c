"""Where simulated cameras go, and the printed stages they go through.

A hand is a sum of tremor lines at 2.1, 3.7, 5.9 and 8.3 Hz with amplitudes a / f^0.8 over slow sways
and pans; a walk-around looks at a wall, a floor or a ceiling from all over the room. Every path is a
pure function of its seed and the time. Shares nothing with the stage code it judges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from openset.sim.optics import Optics
from openset.sim.prints import Sheet, facing, tag_sheet, textured_sheet

F64 = npt.NDArray[np.float64]

TREMOR_HZ = np.array([2.1, 3.7, 5.9, 8.3])
TREMOR_RAD = np.radians(0.25)
TREMOR_M = 0.003
SWAY_HZ = np.array([0.13, 0.21])
PAN_HZ = np.array([0.17, 0.29])
HANDHELD, SHOULDER = 1.0, 0.25

WITNESS = Optics(1920, 1080, 1190.0, 963.0, 534.5, -0.11, 0.035, 4e-4, -3e-4, -0.004)
"""The camera of vision's scenes: 1080p, focal length 1190 pixels, a little barrel."""
UP = np.array([0.0, 0.0, 1.0])


def rotation_from_vector(vector: F64) -> F64:
    """The rotation (3, 3) about `vector` (3,) by its length in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = (vector / angle).tolist()
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross))


def looking(eye_m: F64, target_m: F64, up: F64 = UP) -> F64:
    """stage_from_camera (3, 3) of a camera at `eye_m` that looks at `target_m`, `up` upwards."""
    return facing(np.asarray(eye_m, dtype=float) - target_m, up)


@dataclass(frozen=True, eq=False)
class Walk:
    """A hand-held camera about `eye_m`, at rest turned as `rotation`.

    `sway_m` and `pan_rad` are how far the slow motion goes along the stage's axes and about the
    camera's own; `violence` scales all speeds: 1 is a nervous hand, 0.25 a shoulder rig, 0 a tripod.
    """

    seed: int
    eye_m: F64
    rotation: F64
    violence: float = HANDHELD
    sway_m: tuple[float, float, float] = (0.6, 0.6, 0.2)
    pan_rad: tuple[float, float, float] = (0.10, 0.14, 0.05)

    @cached_property
    def _phases(self) -> F64:
        return np.random.default_rng([self.seed, 3301]).uniform(0.0, 2 * np.pi, (6, 8))

    def at(self, time_s: float) -> tuple[F64, F64]:
        """The entrance pupil (3,) and stage_from_camera (3, 3) at `time_s`."""
        phase = self._phases
        slow_s = time_s * self.violence
        weights = np.array([0.65, 0.35])
        sway = np.sin(2 * np.pi * SWAY_HZ * slow_s + phase[:3, :2]) @ weights * np.array(self.sway_m)
        pan = np.sin(2 * np.pi * PAN_HZ * slow_s + phase[3:, :2]) @ weights * np.array(self.pan_rad)
        shake = np.sin(2 * np.pi * TREMOR_HZ * time_s + phase[:, 2:6]) @ TREMOR_HZ**-0.8 * self.violence
        position = self.eye_m + sway + TREMOR_M * shake[:3]
        return position, self.rotation @ rotation_from_vector(pan + TREMOR_RAD * shake[3:])

    def from_time(self, start_s: float) -> Moved:
        """The same path, counted from `start_s`: what `sightings.picture` takes for one frame."""
        return Moved(self, start_s)


@dataclass(frozen=True, eq=False)
class WalkAround:
    """A camera carried all over a room while it looks at what is to be mapped.

    The eye goes round the box `eye_low_m` .. `eye_high_m`, the target round the box `target_low_m` ..
    `target_high_m`, once or so in `round_s`. `up` is what is upwards in the picture; None where the
    camera looks straight up or down: then it turns with the walk.
    """

    seed: int
    eye_low_m: tuple[float, float, float]
    eye_high_m: tuple[float, float, float]
    target_low_m: tuple[float, float, float]
    target_high_m: tuple[float, float, float]
    up: tuple[float, float, float] | None = (0.0, 0.0, 1.0)
    round_s: float = 24.0
    violence: float = 0.5

    @cached_property
    def _phases(self) -> F64:
        return np.random.default_rng([self.seed, 3302]).uniform(0.0, 2 * np.pi, (6, 8))

    def at(self, time_s: float) -> tuple[F64, F64]:
        """The entrance pupil (3,) and stage_from_camera (3, 3) at `time_s`."""
        phase, turn = self._phases, 2 * np.pi * time_s / self.round_s
        rounds = np.array([1.0, 2.0, 3.0, 2.0, 3.0, 1.0])
        along = 0.5 + 0.5 * np.sin(rounds * turn + phase[:, 0])
        eye = _between(self.eye_low_m, self.eye_high_m, along[:3])
        target = _between(self.target_low_m, self.target_high_m, along[3:])
        heading = turn + phase[0, 1] + 0.9 * np.sin(2 * turn + phase[1, 1])
        up = np.array([np.cos(heading), np.sin(heading), 0.0]) if self.up is None else np.array(self.up)
        shake = np.sin(2 * np.pi * TREMOR_HZ * time_s + phase[:, 2:6]) @ TREMOR_HZ**-0.8 * self.violence
        rotation = looking(eye, target, up) @ rotation_from_vector(TREMOR_RAD * shake[3:])
        return eye + TREMOR_M * shake[:3], rotation

    def from_time(self, start_s: float) -> Moved:
        """The same path, counted from `start_s`."""
        return Moved(self, start_s)


@dataclass(frozen=True, eq=False)
class Moved:
    """A path counted from `start_s`; call it with seconds."""

    path: Walk | WalkAround
    start_s: float

    def __call__(self, time_s: float) -> tuple[F64, F64]:
        """The entrance pupil (3,) and stage_from_camera (3, 3)."""
        return self.path.at(self.start_s + time_s)


@dataclass(frozen=True, eq=False)
class Stage:
    """Printed sheets by what they are: `tags` by id, and `room` for walls and floor without prints."""

    tags: dict[int, Sheet]
    room: tuple[Sheet, ...] = field(default=())

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """All of them."""
        return (*self.room, *self.tags.values())


def ceiling(seed: int = 0, first_id: int = 0) -> tuple[Sheet, ...]:
    """35 tags of 16 cm on a jittered 0.62 m grid at 2.7 m, hung by hand: a degree or two askew."""
    random = np.random.default_rng([seed, 3303])
    sheets = []
    for index in range(35):
        column, row = index % 7 - 3, index // 7 - 2
        jitter = random.uniform(-0.08, 0.08, 2)
        position = np.array([0.62 * column + jitter[0], 0.62 * row + jitter[1], 2.7])
        position[2] += random.normal(0.0, 0.006)
        sheets.append(tag_sheet(first_id + index, 0.16, position, _hung(random, -UP, np.pi)))
    return tuple(sheets)


def stage_set(seed: int = 0, first_id: int = 100) -> tuple[Sheet, ...]:
    """18 tags of 20 cm on the wall y = 2.5 m (0.8 m grid) and 15 on the floor (0.9 m grid)."""
    random = np.random.default_rng([seed, 3304])
    sheets = []
    for index in range(18):
        column, row = index % 6 - 2.5, index // 6
        jitter = random.uniform(-0.08, 0.08, 2)
        position = np.array([0.8 * column + jitter[0], 2.5, 0.55 + 0.8 * row + jitter[1]])
        position[1] += random.normal(0.0, 0.004)
        sheets.append(
            tag_sheet(first_id + index, 0.20, position, _hung(random, np.array([0, -1.0, 0]), 0.2))
        )
    for index in range(15):
        column, row = index % 5 - 2, index // 5
        jitter = random.uniform(-0.1, 0.1, 2)
        position = np.array([0.9 * column + jitter[0], 1.8 - 0.9 * row + jitter[1], 0.0])
        rotation = _hung(random, UP, 0.6, askew_rad=0.002)
        sheets.append(tag_sheet(first_id + 18 + index, 0.20, position, rotation))
    return tuple(sheets)


def room(seed: int = 0) -> tuple[Sheet, ...]:
    """The back wall and the floor of `stage_set` without prints: paint, stains, marks."""
    wall = textured_sheet(
        8.0, 4.0, np.array([0.0, 2.53, 2.0]), facing(np.array([0, -1.0, 0]), UP), seed
    )
    floor = textured_sheet(
        8.0, 7.0, np.array([0.0, -1.0, -0.01]), facing(UP, np.array([0, 1.0, 0])), seed + 1
    )
    return wall, floor


def ceiling_walk(seed: int, violence: float = HANDHELD) -> Walk:
    """A witness camera below `ceiling`, looking up; it sees about nine tags."""
    eye = np.array([0.0, 0.0, 1.1])
    return Walk(seed, eye, looking(eye, np.array([0.0, 0.0, 2.7]), np.array([0.0, 1.0, 0.0])), violence)


def stage_walk(seed: int, violence: float = HANDHELD) -> Walk:
    """A film camera before `stage_set`; it sees about thirty tags."""
    eye = np.array([0.0, -2.6, 1.6])
    return Walk(seed, eye, looking(eye, np.array([0.0, 2.0, 1.0])), violence, (0.6, 0.5, 0.2))


def ceiling_round(seed: int) -> WalkAround:
    """A camera carried all over the room below `ceiling`."""
    return WalkAround(
        seed, (-1.9, -1.3, 0.9), (1.9, 1.3, 1.5), (-1.6, -1.1, 2.7), (1.6, 1.1, 2.7), up=None
    )


def stage_round(seed: int) -> WalkAround:
    """A camera carried all over the floor before `stage_set`."""
    return WalkAround(seed, (-2.4, -3.0, 1.0), (2.4, -0.2, 2.2), (-1.7, 0.4, 0.0), (1.7, 2.5, 1.7))


def _hung(random: np.random.Generator, out: F64, turn_rad: float, askew_rad: float = 0.02) -> F64:
    """A sheet that is read from where `out` points, turned by up to `turn_rad`, a little askew."""
    up = UP if abs(out[2]) < 0.5 else np.array([0.0, 1.0, 0.0])
    turned = facing(out, up) @ rotation_from_vector(
        np.array([0.0, 0.0, random.uniform(-turn_rad, turn_rad)])
    )
    return np.asarray(turned @ rotation_from_vector(random.normal(0.0, askew_rad, 3)))


def _between(low: tuple[float, ...], high: tuple[float, ...], part: F64) -> F64:
    return np.asarray(np.array(low) + (np.array(high) - np.array(low)) * part)
