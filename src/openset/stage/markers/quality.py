"""How good a map of tags is, tag by tag, and what would make it better."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from openset.primitives.space import F64, Pose
from openset.stage.markers.finding import Finding, listed
from openset.stage.markers.grow import groups_of
from openset.stage.markers.model import PlacedTag, SeenTag
from openset.stage.markers.solution import MapSolution

_FEW_PICTURES = 12
_ONE_SIDE_DEG = 25.0
_UNSURE_M = 0.001
_EMPTY_PART = 0.4
_DROPPED_PART = 0.1
_BAD_PX = 0.5
_MOST = 0.6
_MANY_LOST = 6
_MANY_ODD = 0.1
"""Of all tags; with more of them odd the lens or the walk is at fault, and none is to be believed."""
_PRINT_OFF = 0.003
_NO_PRINTER = 0.1
"""A print off by more than this is no printer's doing: another size was given than hangs there."""


@dataclass(frozen=True)
class TagQuality:
    """One tag: how sure its place within the map is (the rms of three axes, metres), in how many
    pictures it was used, how well its corners fit, from how wide a range of directions it was seen,
    and what to do about it, "" where it is good."""

    id: int
    sd_m: float
    seen_in: int
    residual_px: float
    seen_from_deg: float
    advice: str = ""


@dataclass(frozen=True)
class MapQuality:
    """The whole map: the median and the worst of the tags' spreads, and everything worth saying."""

    tags: tuple[TagQuality, ...]
    sd_m: float
    worst_sd_m: float
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        """Whether nothing grave was found."""
        return not any(each.grave for each in self.findings)


def spread_of(tag: PlacedTag) -> float:
    """The rms of a placed tag's three position spreads, metres; 0 where none is known."""
    if tag.covariance is None:
        return 0.0
    return math.sqrt(max(0.0, float(np.trace(tag.covariance[:3, :3])) / 3.0))


def quality_of(
    solution: MapSolution,
    frames: Sequence[tuple[SeenTag, ...]],
    *,
    size_m: float | None = None,
    bar_given: bool = False,
) -> MapQuality:
    """The map judged; `frames` are the pictures it was solved from. `size_m` is the tags' side as it
    was given, `bar_given` whether the sheets' bar was measured: both only for what is advised."""
    spreads = {each: spread_of(tag) for each, tag in solution.tag_map.tags.items()}
    median = float(np.median(list(spreads.values())))
    rows = []
    for number in sorted(solution.looks):
        tag = solution.tag_map.tags[number]
        range_deg = seen_from_deg(tag.stage_from_tag, solution.looks[number], solution.cameras)
        advice = _advice(spreads[number], median, len(solution.looks[number]), range_deg)
        rows.append(
            TagQuality(
                number,
                spreads[number],
                len(solution.looks[number]),
                tag.residual_px,
                range_deg,
                advice,
            )
        )
    findings = [
        *solution.findings,
        *_of_tags(rows),
        *_contradicted(solution, frames),
        *_left_out(solution, frames),
        *_of_walk(solution, frames),
        *_of_print(solution, size_m, bar_given),
    ]
    return MapQuality(tuple(rows), median, max(spreads.values()), tuple(findings))


def seen_from_deg(tag: Pose, pictures: Sequence[int], cameras: Mapping[int, Pose]) -> float:
    """The largest angle between two directions from which a tag was seen, degrees."""
    if len(pictures) < 2:
        return 0.0
    eyes: F64 = np.array([cameras[each].position_m for each in pictures]) - tag.position_m
    lines = eyes / np.linalg.norm(eyes, axis=1, keepdims=True)
    return float(np.degrees(np.arccos(np.clip(np.min(lines @ lines.T), -1.0, 1.0))))


def _advice(spread_m: float, median_m: float, seen_in: int, range_deg: float) -> str:
    if seen_in == 1:
        return "seen once: film it again"
    unsure = spread_m > max(2.0 * median_m, 0.5 * _UNSURE_M)
    if seen_in < 4 and unsure:
        return f"seen {seen_in} times only: film it again"
    if range_deg < _ONE_SIDE_DEG and unsure:
        return "seen from one side only: walk around it"
    return "less sure than the others: go nearer" if unsure else ""


def _of_tags(rows: Sequence[TagQuality]) -> list[Finding]:
    found = []
    for advice in sorted({row.advice for row in rows if row.advice}):
        tags = tuple(row.id for row in rows if row.advice == advice)
        seen, _, todo = advice.partition(": ")
        word = "tag" if len(tags) == 1 else "tags"
        verb = "is" if len(tags) == 1 else "are"
        if seen.startswith("seen"):
            verb = "was" if len(tags) == 1 else "were"
        text = f"{word} {listed(tags)} {verb} {seen}"
        found.append(Finding("unsure", tags, text, todo.capitalize()))
    return found


def _contradicted(solution: MapSolution, frames: Sequence[tuple[SeenTag, ...]]) -> list[Finding]:
    """Tags of whose sightings most did not fit: the few that did may well be the wrong ones."""
    seen: dict[int, int] = {}
    for picture in solution.cameras:
        for number in {tag.id for tag in frames[picture]} & set(solution.looks):
            seen[number] = seen.get(number, 0) + 1
    used = {number: len(solution.looks[number]) for number in seen}
    odd = [
        number
        for number in sorted(seen)
        if used[number] < _MOST * seen[number] and seen[number] - used[number] >= _MANY_LOST
    ]
    grave = len(odd) > _MANY_ODD * len(solution.looks)
    return [
        Finding(
            "contradicted",
            (number,),
            f"tag {number} fits the others in {used[number]} of {seen[number]} pictures: where it is "
            "mapped is not to be believed",
            "It moved during the walk, is bent, or was seen too flat: fix it and film it from nearer",
            grave,
            used[number] / seen[number],
        )
        for number in odd
    ]


def _left_out(solution: MapSolution, frames: Sequence[tuple[SeenTag, ...]]) -> list[Finding]:
    """Tags that were seen and are not on the map."""
    named = {number for each in solution.findings if each.kind == "double" for number in each.tags}
    seen = {index: {tag.id for tag in frame} - named for index, frame in enumerate(frames)}
    groups = groups_of(seen)
    found = []
    for group in groups:
        missing = group - set(solution.tag_map.tags)
        if not missing:
            continue
        word = "tag" if len(missing) == 1 else "tags"
        if group & set(solution.looks):
            text = f"{word} {listed(missing)} could not be placed: seen too small, slanted or alone"
            todo = "Film once more from nearer, with two other tags in the picture"
        else:
            text = f"{word} {listed(missing)} never stood in one picture with the rest of the map"
            todo = f"Film pictures that show {listed(sorted(missing)[:2])} together with mapped tags"
        found.append(Finding("apart", tuple(sorted(missing)), text, todo))
    return found


def _of_walk(solution: MapSolution, frames: Sequence[tuple[SeenTag, ...]]) -> list[Finding]:
    found = []
    used = len(solution.cameras)
    if used < _FEW_PICTURES:
        found.append(
            Finding(
                "few pictures",
                (),
                f"only {used} pictures could be used",
                "Walk around for half a minute, two to four tags or more in every picture",
                value=float(used),
            )
        )
    poor = sum(len(frame) < 2 for frame in frames)
    if poor > _EMPTY_PART * len(frames):
        found.append(
            Finding(
                "blurred walk",
                (),
                f"{poor} of {len(frames)} pictures show fewer than two tags",
                "Walk slower, add light or shorten the shutter, and keep several tags in the picture",
                value=poor / len(frames),
            )
        )
    total = solution.used + solution.dropped
    if solution.dropped > _DROPPED_PART * total:
        found.append(
            Finding(
                "dropped",
                (),
                f"{solution.dropped} of {total} sightings did not fit and were left out",
                "Something moved, sheets are bent, or the lens file is not of this lens",
                value=solution.dropped / total,
            )
        )
    if solution.corner_sd_px > _BAD_PX:
        found.append(
            Finding(
                "misfit",
                (),
                f"the corners fit to {solution.corner_sd_px:.2f} px only",
                "Check the lens file, flatten the sheets, hold the camera stiller",
                grave=True,
                value=solution.corner_sd_px,
            )
        )
    return found


def _of_print(solution: MapSolution, size_m: float | None, bar_given: bool) -> list[Finding]:
    scale = solution.scale
    if not scale.taped or abs(scale.factor - 1.0) <= max(_PRINT_OFF, 3.0 * scale.sd):
        return []
    return [
        Finding(
            "print size",
            (),
            f"the print is {scale.factor * 100:.1f} % of its size by the tape, and the map follows "
            "the tape",
            _print_todo(scale.factor, size_m, bar_given),
            value=scale.factor * 100,
        )
    ]


def _print_todo(factor: float, size_m: float | None, bar_given: bool) -> str:
    if size_m is not None and abs(factor - 1.0) > _NO_PRINTER:
        return (
            f"No printer does that: give --size-mm {size_m * factor * 1000:.0f} if that is the side "
            "of a tag's black square; if not, the tape is wrong"
        )
    if bar_given:
        return "Measure the sheets' bar again, and the tape's distance: one of the two is wrong"
    return "Print at 100 %, or give --bar-mm; if the sheets' bar measures 100 mm, the tape is wrong"
