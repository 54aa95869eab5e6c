"""The picture as the delay reads it: which part, through which lens, and how its motion is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from openset.primitives.image import U8Plane
from openset.primitives.space import IDENTITY, Pose
from openset.primitives.time import NS_PER_S
from openset.stage.calibrate.rings import LensSeries, Rings
from openset.stage.exchange.lens_source import open_lens
from openset.stage.lens.model import Lens, undistort
from openset.stage.tracking.motion import Motion, MotionLog, Sight

Say = Callable[[str], None]
LONGEST_S = 36_000.0
_UNEVEN = 0.1


@dataclass(frozen=True)
class Wanted:
    """Which part of the picture, `start_s` and `seconds`; `mount` takes the tracker's body to the
    camera's entrance pupil (None: as the lens file says, else as it is); `lens` names a lens's file
    and `rings` where the rings of a series of settings stand;
    `rate` and `profile` are for what holds no times and FreeD."""

    start_s: float = 0.0
    seconds: float = 30.0
    mount: Pose | None = None
    lens: Path | None = None
    rate: Fraction | None = None
    profile: str = "raw"
    rings: Rings = field(default_factory=Rings)


def lens_of(wanted: Wanted, size: tuple[int, int]) -> tuple[Lens | None, Pose]:
    """The lens of pictures of this size, and how the camera sits on the tracker. Raises BadInput where
    the file is of several settings and the rings are not said, or the other way about."""
    if wanted.lens is None:
        return None, wanted.mount or IDENTITY
    series = LensSeries(open_lens(wanted.lens, *size), wanted.rings, str(wanted.lens))
    lens = series.named_setting().lens
    return lens, wanted.mount or series.at().tracker_from_camera or IDENTITY


def sight_through(lens: Lens) -> Sight:
    """What the motion of a picture has to know of its lens."""
    middle, focal = np.array([lens.cx_px, lens.cy_px]), np.array([lens.fx_px, lens.fy_px])
    return Sight(
        lens.width_px,
        lens.height_px,
        lens.fx_px,
        lens.cy_px,
        lambda pixels: undistort(lens, (pixels - middle) / focal),
    )


class Watched:
    """The motion of the part of a picture that is wanted, and what its times are like."""

    def __init__(self, wanted: Wanted, lens: Lens | None) -> None:
        self._wanted = wanted
        self._log = MotionLog(LONGEST_S, None if lens is None else sight_through(lens))
        self._times: list[int] = []
        self._told_s = 0.0
        self.width_px = 0

    @property
    def frames(self) -> int:
        """How many frames were looked at."""
        return len(self._times)

    @property
    def uneven(self) -> bool:
        """Whether one frame in ten or more came off the usual interval by a tenth or more of it (gaps
        of whole frames do not count)."""
        if len(self._times) < 10:
            return False
        steps = np.diff(self._times) / max(1.0, float(np.median(np.diff(self._times))))
        return bool(np.mean(np.abs(steps - np.maximum(1, np.round(steps))) > _UNEVEN) > 0.1)

    def add(self, place_ns: int, time_ns: int, luma: U8Plane, say: Say) -> bool:
        """Take in a frame at `place_ns` since the first; False where no more are wanted."""
        seconds = place_ns / NS_PER_S - self._wanted.start_s
        if seconds > self._wanted.seconds:
            return False
        if seconds >= 0:
            self._log.add(time_ns, luma)
            self.width_px = luma.shape[1]
            self._times.append(time_ns)
            if seconds - self._told_s >= 5.0:
                self._told_s = seconds
                say(f"{seconds:.0f} s of the picture read")
        return True

    def motion(self) -> Motion:
        """What was seen."""
        return self._log.motion()
