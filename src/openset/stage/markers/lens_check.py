"""Whether the lens file fits the pictures the tags were filmed in: the map solved with a free lens."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from openset.primitives.space import F64
from openset.stage.lens.model import Lens
from openset.stage.markers.adjust import Adjusted, adjust
from openset.stage.markers.finding import Finding
from openset.stage.markers.network import Problem

_LOOSE = (0.05, 0.05, 0.02, 0.02, 0.1, 0.1, 0.005, 0.005, 0.1)
"""How far a lens file can be off at most: parts of the focal length, of the width, then k1 to k3."""
_BETTER = 0.9
"""A free lens must fit to this part of the misfit before the file is doubted."""
_OFF = 0.003
_SURE = 4.0
_STEPS = 30


@dataclass(frozen=True, eq=False)
class LensCheck:
    """The lens that fits the pictures best, by what part of 1 its focal length differs from the file's,
    how sure that is, and to what part of the misfit the pictures fit with it."""

    lens: Lens
    focal_off: float
    focal_sd: float
    misfit_part: float

    @property
    def wrong(self) -> bool:
        """Whether the file does not belong to these pictures."""
        off = abs(self.focal_off) > max(_OFF, _SURE * self.focal_sd)
        return self.misfit_part < _BETTER and (off or self.misfit_part < 0.5)

    def finding(self) -> Finding | None:
        """What to say of it; None where the lens fits."""
        if not self.wrong:
            return None
        f_px = np.sqrt(self.lens.fx_px * self.lens.fy_px)
        return Finding(
            "lens",
            (),
            f"the lens file does not fit these pictures: they fit {1 / self.misfit_part:.1f} times "
            f"better with a focal length of {f_px:.1f} px ({self.focal_off * 100:+.2f} %)",
            "Check that it is the file of this lens, zoom, focus and picture size, or measure it "
            "again: openset calibrate lens",
            grave=True,
            value=self.focal_off * 100,
        )


def check_lens(problem: Problem, adjusted: Adjusted) -> LensCheck:
    """The same sightings with the lens free."""
    lens = problem.lens
    sizes = np.array([lens.fx_px, lens.fy_px, lens.width_px, lens.width_px, 1, 1, 1, 1, 1])
    loose: F64 = np.array(_LOOSE) * sizes
    free = replace(problem, lens_information=np.diag(1.0 / loose**2))
    found = adjust(free, adjusted.state, most_steps=_STEPS)
    before = float(np.sum(adjusted.misfit**2))
    after = float(np.sum(found.misfit**2))
    variance = 8.0 * after / found.degrees
    spread = float(np.sqrt(found.covariance[-9, -9] * variance)) / lens.fx_px
    solved = found.state.lens
    off = float(np.sqrt(solved.fx_px * solved.fy_px / (lens.fx_px * lens.fy_px))) - 1.0
    return LensCheck(solved, off, spread, float(np.sqrt(after / max(before, 1e-300))))
