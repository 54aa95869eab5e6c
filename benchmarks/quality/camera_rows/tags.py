"""The tag map: a walk-around below the ceiling or before the stage set, one taped distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from benchmarks.quality.camera_rows.frame import Figure, Numbers, Row
from benchmarks.quality.camera_rows.truth import Aligned, aligned, inside, lens_of, opencv_tags
from openset.sim.optics import Optics
from openset.sim.prints import Sheet
from openset.sim.sightings import Look, in_view, picture, tag_corners
from openset.sim.walks import WITNESS, Stage, ceiling, ceiling_round, stage_round, stage_set
from openset.stage.markers.bundle import MapSolution, solve_map
from openset.stage.markers.detect import TagDetector
from openset.stage.markers.model import SeenTag
from openset.stage.markers.tape import Taped

FRAMES, QUICK_FRAMES, ROUND_S = 60, 24, 24.0
LOOK = Look(samples=2)
TAPE_SD_M = 0.0005
HELD_SD_M = 0.0004
"""With what rounding to a millimetre adds, 0.29 mm, this is TAPE_SD_M."""
Looks = tuple[tuple[SeenTag, ...], ...]


@dataclass(frozen=True, eq=False)
class Mapped:
    """A stage, its solved map and how that lies on the truth."""

    stage: Stage
    solution: MapSolution
    where: Aligned


@dataclass(frozen=True, eq=False)
class Walked:
    """What Openset's and OpenCV's detectors saw on one walk, and how well: rms of all corners, pixels,
    and the part of the wholly visible tags that was found."""

    ours: Looks
    theirs: Looks
    numbers: Numbers


@lru_cache(maxsize=4)
def hung(kind: str, seed: int) -> Stage:
    """The `ceiling` or the stage `set` of a seed."""
    return Stage({s.id: s for s in (ceiling(seed) if kind == "ceiling" else stage_set(seed))})


@lru_cache(maxsize=2)
def walked(kind: str, seed: int, frames: int, optics: Optics = WITNESS, look: Look = LOOK) -> Walked:
    """The pictures of a walk-around, as both detectors read them."""
    stage = hung(kind, seed)
    path = ceiling_round(seed) if kind == "ceiling" else stage_round(seed)
    random = np.random.default_rng([seed, 11])
    detector = TagDetector(lens=lens_of(optics))
    ours, theirs, tallies = [], [], (Tally(), Tally())
    for time_s in np.linspace(0.0, ROUND_S, frames, endpoint=False):
        luma = picture(optics, path.from_time(float(time_s)), stage.sheets, look, random)
        pose = path.at(float(time_s))
        for seen, kept, tally in (
            (detector.detect(luma), ours, tallies[0]),
            (opencv_tags(luma), theirs, tallies[1]),
        ):
            kept.append(seen)
            tally.add(optics, pose, seen, stage)
    numbers = {
        f"{prefix}{name}": value
        for prefix, t in (("", tallies[0]), ("cv.", tallies[1]))
        for name, value in t.numbers.items()
    }
    return Walked(tuple(ours), tuple(theirs), numbers)


class Tally:
    """How well a detector's corners agree with the truth."""

    def __init__(self) -> None:
        self._squares: list[float] = []
        self._found = self._there = 0

    def add(
        self, optics: Optics, pose: tuple[np.ndarray, np.ndarray], seen: Sequence[SeenTag], stage: Stage
    ) -> None:
        """One picture's tags."""
        there = {i for i, sheet in stage.tags.items() if in_view(optics, *pose, sheet, border_px=8.0)}
        self._there += len(there)
        self._found += len(there & {tag.id for tag in seen})
        for tag in seen:
            if tag.id in stage.tags:
                off = tag.corners_px - tag_corners(optics, *pose, stage.tags[tag.id])
                self._squares += np.mean(off**2, axis=1).tolist()

    @property
    def numbers(self) -> Numbers:
        """Per axis and corner, half of them better than `corner_px`; `recall` of what was wholly in view."""
        return {
            "corner_px": float(np.sqrt(np.median(self._squares) * 2 / 1.386)),
            "corner_rms_px": float(np.sqrt(np.mean(self._squares))),
            "recall": self._found / max(1, self._there),
        }


def taped(stage: Stage, seed: int) -> Taped:
    """One distance between two tags far apart, by a tape that is off as it is said to be: held by hand,
    then read to the millimetre."""
    ids = sorted(stage.tags)
    first, second = (
        ids[0],
        max(ids, key=lambda i: float(np.linalg.norm(_middle(stage, i) - _middle(stage, ids[0])))),
    )
    distance = float(np.linalg.norm(_middle(stage, first) - _middle(stage, second)))
    held = np.random.default_rng([seed, 23]).normal(0.0, HELD_SD_M)
    return Taped(first, second, round(distance + held, 3), TAPE_SD_M)


def _middle(stage: Stage, number: int) -> np.ndarray:
    return np.asarray(stage.tags[number].position_m)


@lru_cache(maxsize=4)
def mapped(kind: str, seed: int, quick: bool, by_opencv: bool) -> Mapped:
    """The taped map of a walk-around, from Openset's corners or from OpenCV's."""
    stage = hung(kind, seed)
    seen = walked(kind, seed, QUICK_FRAMES if quick else FRAMES)
    size_m = 0.16 if kind == "ceiling" else 0.20
    looks = seen.theirs if by_opencv else seen.ours
    solution = solve_map(looks, lens_of(WITNESS), size_m, taped=(taped(stage, seed),))
    found = {i: tag.corners_m for i, tag in solution.tag_map.tags.items()}
    return Mapped(stage, solution, aligned(found, stage.tags))


def _one(kind: str, seed: int, quick: bool) -> Numbers:
    numbers = dict(walked(kind, seed, QUICK_FRAMES if quick else FRAMES).numbers)
    for prefix, by_opencv in (("", False), ("cv.", True)):
        done = mapped(kind, seed, quick, by_opencv)
        numbers[f"{prefix}map_mm"] = done.where.rms_m * 1e3
        numbers[f"{prefix}tags"] = len(done.solution.tag_map.tags)
    numbers["in.map"], numbers["of.map"] = _covered(mapped(kind, seed, quick, False))
    return numbers


def _covered(done: Mapped) -> tuple[float, float]:
    """The middles of all tags, three axes each, against what the map says of its own spread."""
    errors, sds = [], []
    for number, tag in done.solution.tag_map.tags.items():
        sheet: Sheet = done.stage.tags[number]
        off = done.where.place(tag.stage_from_tag.matrix[:3, 3]) - sheet.position_m
        assert tag.covariance is not None
        errors.append(done.where.rotation.T @ off)
        sds.append(np.sqrt(np.diag(tag.covariance)[:3]))
    return inside(np.array(errors), np.array(sds))


def ceiling_row(seed: int, quick: bool) -> Numbers:
    """The ceiling of vision 3.1."""
    return _one("ceiling", seed, quick)


def stage_row(seed: int, quick: bool) -> Numbers:
    """The stage set of vision 3.1."""
    return _one("set", seed, quick)


FIGURES = (
    Figure("map_mm", "map, all corners", "mm", 0.4),
    Figure("corner_px", "corner of a seen tag, median as sd", "px"),
    Figure("corner_rms_px", "corner of a seen tag, rms", "px"),
    Figure("recall", "tags found of those wholly in view", "", at_least=True),
    Figure("tags", "tags mapped", "", at_least=True, digits=0),
)
AGAINST = "the same adjustment with cv2.aruco's corners: OpenCV has none"
TAGS = Row("tags", "Tag map, ceiling set, walk-around, one tape", ceiling_row, FIGURES, against=AGAINST)
STAGE_FIGURES = (Figure("map_mm", "map, all corners", "mm"), *FIGURES[1:])
STAGE_TAGS = Row(
    "set-tags", "Tag map, stage set, walk-around, one tape", stage_row, STAGE_FIGURES, against=AGAINST
)
