"""What the joint solve is asked, and what it answers: plain arrays, no files.

A take has n frames, each with one camera pose at the moment its middle row was exposed; the poses
together are the path. A tracker said where the camera was at m other moments. Marks are things that
stand still: corners of tags, whose places may be known, and natural corners of the picture, whose
places are not. A sighting is one mark in one frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from openset.primitives.space import F64
from openset.stage.lens.derivatives import PARAMETERS
from openset.stage.lens.model import Lens
from openset.stage.markers.edge import outward

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PARTS = ("focal", "centre", "distortion", "delay", "nodal", "readout", "edges")
"""What may be solved beside the path."""
NAMES = ("focal_ratio", *PARAMETERS[2:], "readout_s", "edge_px", "delay_s",
         "nodal_x_m", "nodal_y_m", "nodal_z_m",
         "nodal_turn_x_rad", "nodal_turn_y_rad", "nodal_turn_z_rad")  # fmt: skip
"""The shared numbers in order: a factor on both focal lengths, what is added to the lens's other seven
numbers, the sensor's read-out, how far outside of where they are the camera sees the edges of tags
(markers/edge.py), the correction of the delay, and where the camera sits on what the
tracker tracks (metres and a rotation vector along the camera's own axes), against what was assumed."""
FOCAL, LENS, READOUT, EDGE, DELAY, NODAL = 0, slice(0, 8), 8, 9, 10, slice(11, 17)
COUNT = len(NAMES)
SEEN = 10
"""So many of them, the first, change where marks are seen."""
PART_OF = (
    "focal", "centre", "centre", *["distortion"] * 5, "readout", "edges", "delay", *["nodal"] * 6,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Path:
    """Poses of n frames: places (n, 3) on the stage and stage_from_camera rotations (n, 3, 3)."""

    positions_m: F64
    rotations: F64


@dataclass(frozen=True, eq=False)
class RawTrack:
    """What the tracker said: m moments in seconds, in order, on the frames' own clock, its poses of the
    entrance pupil as far as that was known, and the standard deviation of each (m, 6)."""

    times_s: F64
    positions_m: F64
    rotations: F64
    sd: F64


@dataclass(frozen=True, eq=False)
class Sightings:
    """k sightings: frame and mark by number, pixels (k, 2), and which are kept out of the solve to
    judge it by. `outward` (k, 2) is how each moves when the edges of its tag are seen a pixel farther
    out, None where that was not looked at."""

    frame: I64
    mark: I64
    pixels: F64
    held_out: Bools
    outward: F64 | None = None

    def only(self, chosen: npt.NDArray[np.generic]) -> Sightings:
        """Those chosen by a mask or by numbers."""
        return Sightings(
            self.frame[chosen],
            self.mark[chosen],
            self.pixels[chosen],
            self.held_out[chosen],
            None if self.outward is None else self.outward[chosen],
        )

    def edged(self, tag: I64) -> Sightings:
        """The same with `outward`; `tag` (p,) is the one each mark belongs to, -1 for none. A tag that
        is not seen whole has no edges."""
        out = np.zeros_like(self.pixels)
        order = np.flatnonzero(tag[self.mark] >= 0)
        look = self.frame[order] * (int(tag.max(initial=0)) + 1) + tag[self.mark[order]]
        by_look = np.lexsort((self.mark[order], look))
        order = order[by_look]
        _, starts, count = np.unique(look[by_look], return_index=True, return_counts=True)
        whole = order[starts[count == 4][:, None] + np.arange(4)]
        out[whole] = outward(self.pixels[whole])
        return replace(self, outward=out)


@dataclass(frozen=True, eq=False)
class Marks:
    """All marks: `known_m` (p, 3) on the stage, NaN where it is not known, with its standard deviation
    (p,), and the tag each belongs to (p,), -1 for a natural one."""

    known_m: F64
    known_sd_m: F64
    tag: I64

    @property
    def known(self) -> Bools:
        """Which marks have a place."""
        return np.asarray(np.isfinite(self.known_m[:, 0]))


@dataclass(frozen=True, eq=False)
class Prior:
    """What is believed of the shared numbers before the picture is looked at: values (17,) and
    covariance (17, 17), in the order of NAMES."""

    values: F64
    covariance: F64


@dataclass(frozen=True, eq=False)
class Problem:
    """One take. `times_s` (n,) rise; `lenses` are the different lenses of the take and `lens_of` (n,)
    says which a frame has. `drift_m` and `drift_rad` are how far the tracker may slide and turn away
    over some seconds, one standard deviation."""

    times_s: F64
    lenses: tuple[Lens, ...]
    lens_of: I64
    raw: RawTrack
    sightings: Sightings
    marks: Marks
    prior: Prior
    free: frozenset[str] = frozenset(PARTS)
    drift_m: float = 0.005
    drift_rad: float = 0.00087

    @property
    def size_px(self) -> tuple[int, int]:
        """The picture's width and height."""
        return self.lenses[0].width_px, self.lenses[0].height_px


@dataclass(frozen=True)
class Residuals:
    """How far sightings land from where a path and lens put them, in pixels: half of them nearer than
    `median_px`, nineteen of twenty nearer than `p95_px`; `rms_px` is of those nineteen."""

    rms_px: float
    median_px: float
    p95_px: float
    sightings: int


@dataclass(frozen=True)
class Figure:
    """One shared number as it was found. `determined` is false where the take said too little and the
    value is what was believed before; `note` then says why."""

    value: float
    sd: float
    prior: float
    prior_sd: float
    determined: bool
    note: str = ""


@dataclass(frozen=True, eq=False)
class Solution:
    """The solved take: its path, the covariance of each pose (n, 6, 6) as stage/lens/derivatives.py
    counts poses, the shared numbers, how many sightings held each frame (n,), and the residuals of what
    was held out, before and after."""

    path: Path
    covariance: F64
    shared: F64
    figures: Mapping[str, Figure]
    seen: I64
    before: Residuals
    after: Residuals
    marks_used: int
    marks_dropped: int
    tags_dropped: tuple[int, ...] = ()
    steps: int = 0
    start_delay_s: float = 0.0
    notes: tuple[str, ...] = field(default=())
