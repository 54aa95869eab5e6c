"""Poses while the camera moves: witness and film camera on their own maps, and a rolling shutter."""

from __future__ import annotations

import numpy as np

from benchmarks.quality.camera_rows.frame import Figure, Numbers, Row
from benchmarks.quality.camera_rows.tags import LOOK, hung, mapped
from benchmarks.quality.camera_rows.truth import (
    F64,
    U8,
    Aligned,
    PoseErrors,
    inside,
    lens_of,
    opencv_pose,
    opencv_tags,
    pose_errors,
)
from openset.primitives.rotation import vector_from_matrix
from openset.primitives.space import pose_from_matrix
from openset.sim.optics import project
from openset.sim.sightings import picture
from openset.sim.walks import (
    SHOULDER,
    WITNESS,
    Stage,
    Walk,
    ceiling_walk,
    rotation_from_vector,
    stage_walk,
)
from openset.stage.accuracy.spread import Doubt, error_at
from openset.stage.live.looking import Looker
from openset.stage.markers.follow import Follower, RigCamera
from openset.stage.markers.model import PlacedTag, TagMap
from openset.stage.markers.uncertainty import with_uncertainty

RATE = 30.0
BURSTS, LONG = 3, 15
QUICK_LONG = 6
READOUT_S = 0.020
MARKS_M = ((0.0, 1.2, 0.0), (-0.9, 0.8, 0.0), (0.9, 1.5, 0.0))
"""Where the actor's feet are, about four metres away."""
DELAY_SD_S = 0.001
WARM = 2
"""Poses at the start of a burst that do not count: nothing says yet how fast the camera moves."""


def _times(quick: bool) -> list[list[float]]:
    """Bursts of frames one after another, spread over half a minute."""
    length = QUICK_LONG if quick else LONG
    return [[3.0 + 9.0 * burst + index / RATE for index in range(length)] for burst in range(BURSTS)]


class Chain:
    """Openset's tracker as `openset track` runs it: looked for where expected, followed, doubted."""

    def __init__(self, tags: TagMap, readout_s: float = 0.0) -> None:
        self._lens = lens_of(WITNESS)
        self._follower = Follower([RigCamera(self._lens, readout_s=readout_s)], tags)
        self._looker = Looker(self._lens)
        self.found: list[F64] = []
        self.truths: list[tuple[F64, F64]] = []
        self.covariances: list[F64] = []
        self.times_s: list[float] = []

    def step(self, luma: U8, time_s: float, truth: tuple[F64, F64] | None) -> None:
        """One picture; its truth is kept with the pose, None where it is a start that does not count."""
        time_ns = round(time_s * 1e9)
        seen = self._looker.look(luma, self._follower.expected(0, time_ns, self._looker.given_up))
        estimate = self._follower.step([seen], time_ns).estimate
        if estimate is None or truth is None:
            return
        estimate = with_uncertainty(estimate, self._follower.views([seen]), self._follower.tags)
        self.found.append(estimate.stage_from_body.matrix)
        self.covariances.append(estimate.covariance)
        self.times_s.append(time_s)
        self.truths.append(truth)

    def errors(self, where: Aligned | None) -> PoseErrors:
        """Against the truth."""
        return pose_errors(self.found, self.truths, where)

    def covered(self, where: Aligned | None) -> tuple[float, float]:
        """How many of the six errors of every pose lie within what was said of them; map's axes."""
        errors = self.errors(where)
        place = errors.place_m if where is None else errors.place_m @ where.rotation
        sd = np.sqrt(np.diagonal(np.array(self.covariances), axis1=1, axis2=2))
        return inside(np.concatenate([place, errors.turn_rad], axis=1), sd)


def _moving(kind: str, walk: Walk, seed: int, quick: bool) -> Numbers:
    ours, theirs = mapped(kind, seed, quick, False), mapped(kind, seed, quick, True)
    random = np.random.default_rng([seed, 12])
    chain, exact = Chain(ours.solution.tag_map), Chain(true_map(ours.stage))
    their_corners = {i: tag.corners_m for i, tag in theirs.solution.tag_map.tags.items()}
    opencv: list[tuple[F64, tuple[F64, F64]]] = []
    frames = 0
    for burst in _times(quick):
        for time_s in burst:
            frames += 1
            truth = walk.at(time_s)
            luma = picture(WITNESS, walk.from_time(time_s), ours.stage.sheets, LOOK, random)
            chain.step(luma, time_s, truth)
            exact.step(luma, time_s, truth)
            other = opencv_pose(WITNESS, opencv_tags(luma), their_corners)
            if other is not None:
                opencv.append((other, truth))
    numbers = _numbers("", chain.errors(ours.where))
    numbers |= _numbers(
        "cv.", pose_errors([o[0] for o in opencv], [o[1] for o in opencv], theirs.where)
    )
    numbers |= {"solved": len(chain.found) / frames, "cv.solved": len(opencv) / frames}
    numbers["exact_mm"] = exact.errors(None).place_mm
    if kind == "set":
        numbers |= at_marks(chain, ours.where, walk, seed)
    numbers["in.pose, own map"], numbers["of.pose, own map"] = chain.covered(ours.where)
    numbers["in.pose, true map"], numbers["of.pose, true map"] = exact.covered(None)
    return numbers


def at_marks(chain: Chain, where: Aligned, walk: Walk, seed: int) -> Numbers:
    """How far feet on three marks slide for the pose's, the map's and the delay's errors, against the
    radius that is said to hold nine of ten. The delay is off by its own stated spread, once a seed."""
    late_s = float(np.random.default_rng([seed, 14]).normal(0.0, DELAY_SD_S))
    lens = lens_of(WITNESS)
    offs, saids, slides = [], [], []
    for time_s, matrix, covariance, truth in zip(
        chain.times_s, chain.found, chain.covariances, chain.truths, strict=True
    ):
        before, after = walk.at(time_s - 1e-3), walk.at(time_s + 1e-3)
        speed = where.rotation.T @ (after[0] - before[0]) / 2e-3
        turning = vector_from_matrix(before[1].T @ after[1]) / 2e-3
        used_place = matrix[:3, 3] + speed * late_s
        used_turn = matrix[:3, :3] @ rotation_from_vector(turning * late_s)
        velocity = np.concatenate([speed, turning])
        for mark in MARKS_M:
            point = where.rotation.T @ (np.array(mark) - where.shift_m)
            doubt = Doubt(covariance, None, DELAY_SD_S, velocity)
            said = error_at(lens, pose_from_matrix(matrix), point, doubt)
            if said is None:
                continue
            off = project(WITNESS, used_place, used_turn, point) - project(
                WITNESS, *truth, np.array(mark)
            )
            offs.append(float(np.linalg.norm(off)))
            saids.append(said.radius_px)
            slides.append(said.slide_m * 100)
    scale = np.array(slides) / np.array(saids)
    return {
        "slide_cm": float(np.percentile(np.array(offs) * scale, 90)),
        "said_cm": float(np.median(slides)),
        "in.centimetres at the mark": float(np.sum(np.array(offs) <= np.array(saids))),
        "of.centimetres at the mark": float(len(offs)),
    }


def _numbers(prefix: str, errors: PoseErrors) -> Numbers:
    return {
        f"{prefix}place_mm": errors.place_mm,
        f"{prefix}turn_mdeg": errors.turn_mdeg,
        f"{prefix}varying_mm": errors.varying_mm,
        f"{prefix}varying_mdeg": errors.varying_mdeg,
    }


def true_map(stage: Stage) -> TagMap:
    """The stage's tags where they really are."""
    sizes = {i: 2 * float(sheet.points_m[1, 0]) for i, sheet in stage.tags.items()}
    poses = {i: pose_from_matrix(sheet.stage_from_print) for i, sheet in stage.tags.items()}
    return TagMap({i: PlacedTag(i, sizes[i], poses[i]) for i in stage.tags})


def witness_row(seed: int, quick: bool) -> Numbers:
    """A witness camera looking up at the ceiling."""
    return _moving("ceiling", ceiling_walk(seed), seed, quick)


def film_row(seed: int, quick: bool) -> Numbers:
    """A film camera before wall and floor."""
    return _moving("set", stage_walk(seed), seed, quick)


def rolling_row(seed: int, quick: bool) -> Numbers:
    """A shoulder rig with 20 ms of read-out on the true map: modelled, and by OpenCV, which has no model."""
    return _rolling(stage_walk(seed, SHOULDER), seed, quick)


def violent_row(seed: int, quick: bool) -> Numbers:
    """The same with a nervous hand, four times as fast."""
    return _rolling(stage_walk(seed), seed, quick)


def _rolling(walk: Walk, seed: int, quick: bool) -> Numbers:
    stage, random = hung("set", seed), np.random.default_rng([seed, 13])
    tags = true_map(stage)
    corners = {i: tag.corners_m for i, tag in tags.tags.items()}
    modelled, ignored = Chain(tags, READOUT_S), Chain(tags)
    opencv: list[tuple[F64, tuple[F64, F64]]] = []
    for burst in _times(quick)[: 1 if quick else 2]:
        for index, time_s in enumerate(burst):
            luma = picture(WITNESS, walk.from_time(time_s), stage.sheets, LOOK, random, READOUT_S)
            truth = walk.at(time_s) if index >= WARM else None
            modelled.step(luma, time_s, truth)
            ignored.step(luma, time_s, truth)
            other = opencv_pose(WITNESS, opencv_tags(luma), corners) if truth else None
            if other is not None and truth is not None:
                opencv.append((other, truth))
    numbers = _numbers("", modelled.errors(None))
    numbers |= _numbers("cv.", pose_errors([o[0] for o in opencv], [o[1] for o in opencv], None))
    numbers["ignored_mm"] = ignored.errors(None).place_mm
    numbers["in.pose, rolling"], numbers["of.pose, rolling"] = modelled.covered(None)
    return numbers


WITNESS_POSE = Row(
    "witness",
    "Pose while moving, witness camera on its own map",
    witness_row,
    (
        Figure("place_mm", "place", "mm", 0.25),
        Figure("turn_mdeg", "turn", "mdeg", 8.0, digits=2),
        Figure("varying_mm", "place, varying part", "mm"),
        Figure("exact_mm", "place, on the true map", "mm"),
        Figure("solved", "frames with a pose", "", at_least=True),
    ),
    against="cv2.aruco, solvePnP, a map from its corners",
)
FILM_POSE = Row(
    "film",
    "Pose while moving, film camera with tags on wall and floor",
    film_row,
    (
        Figure("varying_mm", "place, varying part", "mm", 1.0),
        Figure("varying_mdeg", "turn, varying part", "mdeg", digits=2),
        Figure("place_mm", "place, with what is constant", "mm"),
        Figure("turn_mdeg", "turn, with what is constant", "mdeg", digits=2),
        Figure("exact_mm", "place, on the true map", "mm"),
        Figure("slide_cm", "feet slide, nine of ten below", "cm"),
        Figure("said_cm", "what is said of that", "cm"),
        Figure("solved", "frames with a pose", "", at_least=True),
    ),
    against="cv2.aruco, solvePnP, a map from its corners",
)
ROLLING = Row(
    "rolling",
    "20 ms rolling shutter, shoulder rig, true map",
    rolling_row,
    (
        Figure("place_mm", "place, modelled", "mm", 0.3),
        Figure("turn_mdeg", "turn, modelled", "mdeg", 5.0, digits=2),
        Figure("ignored_mm", "place, read-out ignored", "mm"),
    ),
    against="cv2.aruco, solvePnP, which knows no read-out",
)
VIOLENT = Row(
    "violent",
    "20 ms rolling shutter, nervous hand, true map",
    violent_row,
    (
        Figure("place_mm", "place, modelled", "mm"),
        Figure("turn_mdeg", "turn, modelled", "mdeg", digits=2),
        Figure("ignored_mm", "place, read-out ignored", "mm"),
    ),
    against="cv2.aruco, solvePnP, which knows no read-out",
)
