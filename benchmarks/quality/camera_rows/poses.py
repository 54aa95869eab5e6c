"""Poses while the camera moves: witness and film camera on their own maps, and a rolling shutter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.quality.camera_rows.frame import Figure, Numbers, Row
from benchmarks.quality.camera_rows.tags import LOOK, Mapped, mapped
from benchmarks.quality.camera_rows.truth import F64, PoseErrors, inside, lens_of, opencv_pose, opencv_tags, pose_errors
from openset.primitives.space import Pose
from openset.sim.sightings import picture
from openset.sim.walks import SHOULDER, WITNESS, Walk, ceiling_walk, stage_walk
from openset.stage.markers.detect import TagDetector
from openset.stage.markers.equations import seen_corners
from openset.stage.markers.model import CameraView, PlacedTag, TagMap
from openset.stage.markers.pose import solve_pose
from openset.stage.markers.shutter import Moment, solve_moving

RATE = 30.0
BURSTS, LONG = 3, 20
QUICK_LONG = 6
READOUT_S = 0.020


def _times(quick: bool) -> list[list[float]]:
    """Bursts of frames one after another, spread over half a minute."""
    length = QUICK_LONG if quick else LONG
    return [[3.0 + 9.0 * burst + index / RATE for index in range(length)] for burst in range(BURSTS)]


def _moving(kind: str, walk: Walk, seed: int, quick: bool) -> Numbers:
    ours, theirs = mapped(kind, seed, quick, False), mapped(kind, seed, quick, True)
    lens, random, detector = lens_of(WITNESS), np.random.default_rng([seed, 12]), TagDetector()
    their_corners = {i: tag.corners_m for i, tag in theirs.solution.tag_map.tags.items()}
    found: list[tuple[F64, F64, tuple[F64, F64]]] = []
    opencv: list[tuple[F64, tuple[F64, F64]]] = []
    frames = 0
    for burst in _times(quick):
        last: Pose | None = None
        for time_s in burst:
            frames += 1
            truth = walk.at(time_s)
            luma = picture(WITNESS, walk.from_time(time_s), ours.stage.sheets, LOOK, random)
            estimate = solve_pose([CameraView(lens, detector.detect(luma))], ours.solution.tag_map, last)
            last = estimate.stage_from_body if estimate else None
            if estimate:
                found.append((estimate.stage_from_body.matrix, estimate.covariance, truth))
            other = opencv_pose(WITNESS, opencv_tags(luma), their_corners)
            if other is not None:
                opencv.append((other, truth))
    numbers = _numbers("", pose_errors([f[0] for f in found], [f[2] for f in found], ours.where))
    numbers |= _numbers("cv.", pose_errors([o[0] for o in opencv], [o[1] for o in opencv], theirs.where))
    numbers |= {"solved": len(found) / frames, "cv.solved": len(opencv) / frames}
    return numbers


def _numbers(prefix: str, errors: PoseErrors) -> Numbers:
    return {
        f"{prefix}place_mm": errors.place_mm,
        f"{prefix}turn_mdeg": errors.turn_mdeg,
        f"{prefix}varying_mm": errors.varying_mm,
        f"{prefix}varying_mdeg": errors.varying_mdeg,
    }


def true_map(done: Mapped, size_m: float) -> TagMap:
    """The stage's tags where they really are."""
    from openset.primitives.space import pose_from_matrix

    tags = {i: PlacedTag(i, size_m, pose_from_matrix(s.stage_from_print)) for i, s in done.stage.tags.items()}
    return TagMap(tags)


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
    from benchmarks.quality.camera_rows.tags import hung
    from openset.primitives.space import pose_from_matrix

    stage, lens, random, detector = hung("set", seed), lens_of(WITNESS), np.random.default_rng([seed, 13]), TagDetector()
    tags = TagMap({i: PlacedTag(i, 0.2, pose_from_matrix(s.stage_from_print)) for i, s in stage.tags.items()})
    corners = {i: tag.corners_m for i, tag in tags.tags.items()}
    modelled: list[F64] = []
    ignored: list[F64] = []
    opencv: list[F64] = []
    truths: list[list[tuple[F64, F64]]] = [[], [], []]
    spreads: list[F64] = []
    for burst in _times(quick)[: 2 if not quick else 1]:
        before: list[Moment] = []
        for index, time_s in enumerate(burst):
            luma = picture(WITNESS, walk.from_time(time_s), stage.sheets, LOOK, random, READOUT_S)
            seen, truth = detector.detect(luma), walk.at(time_s)
            view = CameraView(lens, seen, readout_s=READOUT_S)
            time_ns = round(time_s * 1e9)
            start = before[-1].pose if before else None
            solved = solve_moving(seen_corners([view], corners), before, time_ns, start).estimate
            if solved:
                before = [*before, Moment(time_ns, solved.stage_from_body, solved.twist)][-3:]
                if index >= 2:
                    modelled.append(solved.stage_from_body.matrix)
                    spreads.append(np.sqrt(np.diag(solved.covariance)))
                    truths[0].append(truth)
            if index < 2:
                continue
            for keep, told, matrix in (
                (ignored, truths[1], _plain(lens, seen, tags)),
                (opencv, truths[2], opencv_pose(WITNESS, opencv_tags(luma), corners)),
            ):
                if matrix is not None:
                    keep.append(matrix)
                    told.append(truth)
    errors = pose_errors(modelled, truths[0], None)
    numbers = _numbers("", errors) | _numbers("cv.", pose_errors(opencv, truths[2], None))
    numbers["ignored_mm"] = pose_errors(ignored, truths[1], None).place_mm
    both = np.concatenate([errors.place_m, errors.turn_rad], axis=1)
    numbers["in.pose, rolling"], numbers["of.pose, rolling"] = inside(both, np.array(spreads))
    return numbers


def _plain(lens: object, seen: object, tags: TagMap) -> F64 | None:
    estimate = solve_pose([CameraView(lens, seen)], tags)  # type: ignore[arg-type]
    return estimate.stage_from_body.matrix if estimate else None


Run = Callable[[int, bool], Numbers]
WITNESS_POSE = Row(
    "witness",
    "Pose while moving, witness camera on its own map",
    witness_row,
    (
        Figure("place_mm", "place", "mm", 0.25),
        Figure("turn_mdeg", "turn", "mdeg", 8.0, digits=2),
        Figure("varying_mm", "place, varying part", "mm"),
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
