"""One attempt at a map of tags: single looks, a first map, the adjustment, and again without the
sightings that do not belong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.space import F64
from openset.stage.lens.model import Lens
from openset.stage.markers.adjust import Adjusted, adjust
from openset.stage.markers.corner_noise import whitening_of
from openset.stage.markers.finding import listed
from openset.stage.markers.grow import (
    Grown,
    Look,
    corners_on_stage,
    groups_of,
    grow,
    look_at_tag,
    misfit,
)
from openset.stage.markers.model import SeenTag
from openset.stage.markers.network import Bools, Problem
from openset.stage.markers.started import Given, Solved, Started, rms
from openset.stage.prints.model import tag_corners_m

_GATE = 4.0
_GATE_PX = 0.7
"""A sighting that fits to better than this is never dropped."""
_STEPS = 40
_GROSS_PX = 15.0
_MUCH = 0.03
"""Of all sightings; where more do not fit, the first map may be at fault."""
_BORDER_PX = 4.0
_ENOUGH = 2
"""Tags in a picture; one alone says nothing of where the others hang."""


class Attempt:
    """One attempt at the map, without the tags that are `left_out`."""

    def __init__(
        self,
        frames: Sequence[tuple[SeenTag, ...]],
        lens: Lens,
        size_m: float,
        sizes_m: Mapping[int, float],
        left_out: set[int],
        say: Callable[[str], None],
    ) -> None:
        self.lens, self.say = lens, say
        self.focal_px = float(np.sqrt(lens.fx_px * lens.fy_px))
        self.frames = [
            [tag for tag in frame if tag.id not in left_out and not cut_off(tag, lens)]
            for frame in frames
        ]
        ids = sorted({tag.id for frame in self.frames for tag in frame})
        self.sizes_m = {each: sizes_m.get(each, size_m) for each in ids}
        self.groups = groups_of(
            {index: [tag.id for tag in frame] for index, frame in enumerate(self.frames)}
        )
        if not self.groups or len(self.groups[0]) < _ENOUGH:
            raise nothing_together(len(frames), ids, left_out)
        self.looks: list[Look] = []
        self.seen: list[SeenTag] = []
        for index, frame in enumerate(self.frames):
            for tag in frame:
                size = self.sizes_m[tag.id]
                self.looks.append(look_at_tag(index, tag.id, tag.corners_px, lens, size))
                self.seen.append(tag)

    def solved(self, given: Given) -> Solved:
        """First map, adjustment, sightings that do not belong dropped, adjustment."""
        held = dict(given.held) or {self._seen_most(): np.eye(4)}
        grown = grow(self.looks, self.sizes_m, held, self.focal_px)
        self.say(f"placed {len(grown.tags)} tags from {len(grown.cameras)} pictures")
        kept = [
            place
            for place, look in enumerate(self.looks)
            if look.id in grown.tags and look.picture in grown.cameras
        ]
        outside = sorted(set(range(len(self.looks))) - set(kept))
        start = Started(grown.tags, grown.cameras, {}, self.lens)
        solved = self._adjusted(start, kept, outside, sorted(held), given)
        if len(solved.outside) > _MUCH * len(self.looks):
            solved = self._second_chance(solved, held, given)
        return solved

    def _second_chance(self, solved: Solved, held: Mapping[int, F64], given: Given) -> Solved:
        """What did not fit, placed anew from what did: a first map may have grown astray."""
        cameras = solved.cameras
        grown = grow(self.looks, self.sizes_m, solved.tags, self.focal_px, cameras)
        start = Started(grown.tags, grown.cameras, {}, solved.state.lens, solved.state.edge_px)
        kept = [place for place, look in enumerate(self.looks) if self._near(look, grown)]
        outside = sorted(set(range(len(self.looks))) - set(kept))
        again = self._adjusted(start, kept, outside, sorted(held), given)
        return again if len(again.outside) < len(solved.outside) else solved

    def again(self, solved: Solved, motion: F64, given: Given) -> Solved:
        """The same sightings in another frame, carried there by `motion` (4, 4), with the tags held
        that `given` holds."""
        self.say(f"{len(given.held)} tags are kept where they are")
        start = Started(
            {**{each: motion @ pose for each, pose in solved.tags.items()}, **given.held},
            {each: motion @ pose for each, pose in solved.cameras.items()},
            {},
            solved.state.lens,
            solved.state.edge_px,
        )
        kept = [
            place
            for place, look in enumerate(self.looks)
            if look.id in start.tags and look.picture in start.cameras
        ]
        outside = sorted(set(range(len(self.looks))) - set(kept))
        return self._adjusted(start, kept, outside, sorted(given.held), given)

    def _near(self, look: Look, grown: Grown) -> bool:
        """Whether a look falls roughly where tag and camera are thought to be."""
        if look.id not in grown.tags or look.picture not in grown.cameras:
            return False
        points = corners_on_stage(grown.tags[look.id], self.sizes_m[look.id])
        return self.focal_px * misfit(grown.cameras[look.picture], points, look.flat) < _GROSS_PX

    def _seen_most(self) -> int:
        counts: dict[int, int] = {}
        for look in self.looks:
            if look.id in self.groups[0] and look.clear:
                counts[look.id] = counts.get(look.id, 0) + 1
        if not counts:
            raise BadInput(
                "every tag was seen too small or too slanted to tell where it hangs",
                todo="Go nearer, or film in a higher resolution",
            )
        return max(sorted(counts), key=lambda each: counts[each])

    def _adjusted(
        self, start: Started, kept: list[int], outside: list[int], held: list[int], given: Given
    ) -> Solved:
        while True:
            kept, lonely = self._in_company(kept)
            outside = outside + lonely
            if not kept:
                raise nothing_together(len(self.frames), sorted(self.sizes_m), set())
            pictures = sorted({self.looks[place].picture for place in kept})
            ids = sorted({self.looks[place].id for place in kept} | set(held))
            problem = self._problem(kept, pictures, ids, held, given)
            adjusted = adjust(problem, start.state(pictures, ids), most_steps=_STEPS)
            self.say(f"{len(kept)} sightings fit to {rms(adjusted.errors_px):.3f} px")
            solved = Solved(ids, pictures, problem, adjusted, [self.looks[each] for each in outside])
            bad = _outliers(adjusted)
            if not bad.any():
                return solved
            outside = outside + [place for place, out in zip(kept, bad, strict=True) if out]
            kept = [place for place, out in zip(kept, bad, strict=True) if not out]
            start = start.after(solved)

    def _in_company(self, kept: list[int]) -> tuple[list[int], list[int]]:
        """Without the sightings that are alone in their picture, and those."""
        count: dict[int, int] = {}
        for place in kept:
            count[self.looks[place].picture] = count.get(self.looks[place].picture, 0) + 1
        together = [place for place in kept if count[self.looks[place].picture] >= _ENOUGH]
        return together, [place for place in kept if count[self.looks[place].picture] < _ENOUGH]

    def _problem(
        self,
        kept: list[int],
        pictures: list[int],
        ids: list[int],
        held: list[int],
        given: Given,
    ) -> Problem:
        corners = np.array([self.seen[place].corners_px for place in kept]).reshape(-1, 4, 2)
        camera_at = {picture: index for index, picture in enumerate(pictures)}
        tag_at = {number: index for index, number in enumerate(ids)}
        return Problem(
            np.array([camera_at[self.looks[place].picture] for place in kept], dtype=np.int64),
            np.array([tag_at[self.looks[place].id] for place in kept], dtype=np.int64),
            corners,
            whitening_of(corners),
            np.array([tag_corners_m(self.sizes_m[each]) for each in ids]),
            np.array([each in held for each in ids]),
            self.lens,
            given.lens_information,
            given.slip_sd,
        )


def _outliers(adjusted: Adjusted) -> Bools:
    finite = adjusted.misfit[np.isfinite(adjusted.misfit)]
    usual = float(np.median(finite)) if len(finite) else 0.0
    far = np.sqrt(np.mean(adjusted.errors_px**2, axis=(1, 2))) > _GATE_PX
    return np.asarray((adjusted.misfit > _GATE * usual) & (far | ~np.isfinite(adjusted.misfit)))


def cut_off(tag: SeenTag, lens: Lens) -> bool:
    """Whether a tag reaches over the picture's edge: corners that are not seen are guessed at."""
    size = np.array([lens.width_px, lens.height_px])
    corners = tag.corners_px
    return bool((corners < _BORDER_PX).any() or (corners > size - _BORDER_PX).any())


def nothing_together(pictures: int, ids: Sequence[int], left_out: set[int]) -> BadInput:
    """Why there is no map: the reason that a person can do something about."""
    if left_out and not ids:
        return BadInput(
            f"every tag that was seen hangs more than once (id {listed(left_out)})",
            todo="Print each tag once: openset print tags gives every sheet its own id",
        )
    if not ids:
        return BadInput(
            f"no tag was found in {pictures} pictures",
            todo="Go nearer, add light, hold still: a tag wants 30 pixels across. A mirrored or "
            "half-covered print is never found",
        )
    return BadInput(
        f"no picture shows two tags together (seen: {listed(ids)})",
        todo="Step back, or hang tags nearer to each other: each picture should show three or more",
    )
