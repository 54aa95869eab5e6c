"""The map of all tags from pictures of a walk: single looks, a first map, the adjustment, the frame.

A pose of each tag alone, growth from the tag seen most, one adjustment of everything, sightings that do
not belong dropped, the same again; then tapes give the scale and the floor the frame. What cannot
belong together is named, never averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.space import F64
from openset.stage.lens.model import Lens
from openset.stage.markers.attempt import Attempt
from openset.stage.markers.doubles import hung_twice, seen_twice
from openset.stage.markers.finding import Finding
from openset.stage.markers.floor import map_from_stage, not_on_the_floor
from openset.stage.markers.lens_check import LensCheck, check_lens
from openset.stage.markers.model import SeenTag, TagMap
from openset.stage.markers.overlay import Overlay, overlay
from openset.stage.markers.size_check import wrong_size
from openset.stage.markers.solution import MapSolution, placed_tags, scale_words, solution_of
from openset.stage.markers.spread import tag_covariances
from openset.stage.markers.started import Given, Solved, rms
from openset.stage.markers.tape import Scale, Taped, scale_of

_PRINTER = 0.1
"""Prints further off than this are of another size, not of a careless printer."""

_SCALES_SD = 3e-4
"""By what part two maps of the same sheets differ in scale: a millimetre in three metres."""


@dataclass(frozen=True)
class Frame:
    """Where the stage's frame lies: tags on the floor, the tag at the origin, the one +Y points to."""

    floor: tuple[int, ...] = ()
    origin: int | None = None
    towards: int | None = None


def solve_map(
    frames: Sequence[tuple[SeenTag, ...]],
    lens: Lens,
    size_m: float,
    *,
    sizes_m: Mapping[int, float] | None = None,
    taped: Sequence[Taped] = (),
    frame: Frame | None = None,
    known: TagMap | None = None,
    lens_covariance: F64 | None = None,
    slip_sd: F64 | None = None,
    doubt_lens: bool = True,
    progress: Callable[[str], None] | None = None,
) -> MapSolution:
    """The map of the tags in `frames`, one tuple a picture, all through `lens`.

    `size_m` is the side of the black square, `sizes_m` that of single tags. Tags of a `known` map stay
    where they are, and so does its frame; those that have moved are named and placed anew.
    `lens_covariance` (9, 9) lets the lens be solved along; `slip_sd` (6,) is the usual movement during
    a rolling shutter's read-out. `doubt_lens` solves once more with a free lens, to see whether the
    file fits. Raises BadInput where no two tags hang together, or none is on the known map.
    """
    say = progress or (lambda text: None)
    given = Given(lens_covariance=lens_covariance, slip_sd=slip_sd)
    sizes = _sizes_with(known, size_m, sizes_m or {})
    size_m = size_m * _print_factor(known, size_m, sizes_m or {})
    cleaned, findings = seen_twice(frames)
    left_out = {number for each in findings for number in each.tags}
    while True:
        attempt = Attempt(cleaned, lens, size_m, sizes, left_out, say)
        solved = attempt.solved(given)
        odd = hung_twice(
            solved.outside,
            solved.cameras,
            solved.tags,
            solved.seen_in,
            attempt.sizes_m,
            attempt.focal_px,
        ) or wrong_size(attempt.looks, solved.cameras, attempt.sizes_m)
        if odd is None:
            break
        findings = (*findings, odd)
        left_out |= set(odd.tags)
    laid = None
    if known is not None:
        solved, laid = _on_known(attempt, solved, known, given)
        findings = (*findings, *laid.findings())
    checked = check_lens(solved.problem, solved.adjusted) if doubt_lens else None
    doubt = checked.finding() if checked else None
    found = (*findings, *((doubt,) if doubt else ()))
    if known is not None and laid is not None:
        return _added(attempt, solved, known, laid, found, taped, checked)
    return _framed(attempt, solved, found, taped, frame or Frame(), checked)


def _sizes_with(known: TagMap | None, size_m: float, sizes_m: Mapping[int, float]) -> dict[int, float]:
    """Sizes by id; a tag that is on the known map has the size it has there."""
    if known is None:
        return dict(sizes_m)
    factor = _print_factor(known, size_m, sizes_m)
    new = {each: size * factor for each, size in sizes_m.items()}
    return new | {each: tag.size_m for each, tag in known.tags.items()}


def _print_factor(known: TagMap | None, size_m: float, sizes_m: Mapping[int, float]) -> float:
    """How much larger than said the known map found the prints: new ones come from the same printer."""
    if known is None or not known.tags:
        return 1.0
    parts = [tag.size_m / sizes_m.get(each, size_m) for each, tag in known.tags.items()]
    factor = float(np.median(parts))
    return factor if abs(factor - 1.0) < _PRINTER else 1.0


def _on_known(attempt: Attempt, solved: Solved, known: TagMap, given: Given) -> tuple[Solved, Overlay]:
    old = {each: tag.stage_from_tag.matrix for each, tag in known.tags.items()}
    laid = overlay(old, solved.tags, attempt.sizes_m, _spreads(solved))
    if laid is None:
        raise BadInput(
            "none of the tags on the old map was found in these pictures",
            where="--add",
            todo="Film some of the old tags together with the new ones",
        )
    held = {each: old[each] for each in laid.agreeing}
    return attempt.again(solved, laid.old_from_new, replace(given, held=held)), laid


def _spreads(solved: Solved) -> dict[int, tuple[float, float]]:
    """How sure each tag's place and turn are within a map of its own: metres and radians."""
    whole, _ = tag_covariances(solved.adjusted, solved.problem, _SCALES_SD, np.eye(4))
    variance = np.maximum(np.diag(whole), 0.0).reshape(-1, 2, 3).sum(axis=2)
    return {
        each: (float(metres), float(radians))
        for each, (metres, radians) in zip(solved.ids, np.sqrt(variance), strict=True)
    }


def _added(
    attempt: Attempt,
    solved: Solved,
    known: TagMap,
    laid: Overlay,
    findings: tuple[Finding, ...],
    taped: Sequence[Taped],
    checked: LensCheck | None,
) -> MapSolution:
    """The known map with the new tags, and the moved ones in their new places."""
    whole, lens_covariance = tag_covariances(solved.adjusted, solved.problem, 0.0, np.eye(4))
    spreads = [tag.covariance for tag in known.tags.values() if tag.covariance is not None]
    if spreads:
        usual = np.mean(spreads, axis=0)[:3, :3]
        for index in range(len(solved.ids)):
            whole[6 * index : 6 * index + 3, 6 * index : 6 * index + 3] += usual
    tags = solved.tags
    placed = placed_tags(solved, tags, attempt.sizes_m, np.eye(4), whole)
    kept = {each: known.tags[each] for each in laid.agreeing}
    scale = scale_of(taped, {each: pose[:3, 3] for each, pose in tags.items()})
    tag_map = replace(
        known,
        tags={**known.tags, **placed, **kept},
        residual_px=rms(solved.adjusted.errors_px),
    )
    said = (*findings, *scale.findings, *_beside(scale))
    return solution_of(solved, tag_map, np.eye(4), whole, lens_covariance, said, scale, checked, laid)


def _beside(scale: Scale) -> tuple[Finding, ...]:
    """A tape that contradicts the known map, which keeps its scale."""
    if not scale.taped or abs(scale.factor - 1.0) <= 3.0 * scale.sd:
        return ()
    off = (scale.factor - 1.0) * 100
    return (
        Finding(
            "tape",
            (),
            f"by the tape the old map is {abs(off):.2f} % too {'small' if off > 0 else 'large'}; it "
            "was kept as it is",
            "Measure the distance again; to change the scale, make the map anew without --add",
            value=off,
        ),
    )


def _framed(
    attempt: Attempt,
    solved: Solved,
    findings: tuple[Finding, ...],
    taped: Sequence[Taped],
    frame: Frame,
    checked: LensCheck | None,
) -> MapSolution:
    """A new map: in the tapes' scale, in the stage's frame."""
    tags = solved.tags
    scale = scale_of(taped, {each: pose[:3, 3] for each, pose in tags.items()})
    factor = scale.factor
    for pose in tags.values():
        pose[:3, 3] *= factor
    sizes = {each: size * factor for each, size in attempt.sizes_m.items()}
    origin = map_from_stage(tags, sizes, frame.floor, frame.origin, frame.towards)
    stage_from_map = np.asarray(np.linalg.inv(origin))
    whole, lens_covariance = tag_covariances(
        solved.adjusted, solved.problem, scale.sd, stage_from_map, factor
    )
    placed = placed_tags(solved, tags, sizes, stage_from_map, whole)
    tag_map = TagMap(
        placed,
        residual_px=rms(solved.adjusted.errors_px),
        scale_from=scale_words(taped, scale),
    )
    off = not_on_the_floor(tags, sizes, frame.floor)
    said = (*findings, *scale.findings, *off)
    motion = stage_from_map.copy()
    motion[:3, :3] *= factor
    return solution_of(solved, tag_map, motion, whole, lens_covariance, said, scale, checked, None)
