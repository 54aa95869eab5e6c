"""The lens of each frame, and how the camera sits on its tracker then.

A lens that was measured outranks what a tracker says of it; of a series the tracker's word for the
rings, or what was named, says which lens it is. Without one the tracker's own report is taken, then the
lens given on the command line, then a nominal one, which the take says.
"""

from __future__ import annotations

from openset.primitives.space import F64, IDENTITY, Pose
from openset.stage.calibrate.rings import LensSeries, Standing, rings_of
from openset.stage.lens.model import Lens, pinhole
from openset.stage.lens.report import lens_from_report
from openset.stage.tracking.samples import LensReport

NOMINAL_FOCAL_MM, NOMINAL_SENSOR_MM = 35.0, 36.0
WELL_FRAMES = 50
"""After so many frames without it a trouble with the rings is another."""
_NOMINAL = "the track says nothing of the lens: 35 mm on 36 mm assumed"


class FrameLens:
    """The lens for pictures of one size. `mount` outranks a measured one; `series` is for that size."""

    def __init__(
        self,
        width_px: int,
        height_px: int,
        *,
        series: LensSeries | None = None,
        fallback: Lens | None = None,
        mount: Pose | None = None,
    ) -> None:
        self._size = (width_px, height_px)
        self._series, self._fallback, self._mount = series, fallback, mount
        self._standing: Standing | None = None
        self._found: tuple[LensReport | None, Lens] | None = None
        self._nominal = False
        self._told = False
        self._well = 0

    def at(self, report: LensReport | None) -> Lens:
        """The lens of this moment. The same word gives the identical object, so that maps are used
        again; a report of nothing leaves the lens as it was."""
        if self._found is not None and (report is None or report == self._found[0]):
            return self._found[1]
        lens = self._lens(report)
        self._found = (report, lens)
        return lens

    def _lens(self, report: LensReport | None) -> Lens:
        self._nominal = False
        if self._series is not None:
            self._standing = self._series.at(rings_of(report))
            return self._standing.lens
        if report is not None and report.focal_length_mm is not None:
            return lens_from_report(report, *self._size)
        if self._fallback is not None:
            return self._fallback.scaled_to(*self._size)
        self._nominal = True
        return pinhole(*self._size, NOMINAL_FOCAL_MM, NOMINAL_SENSOR_MM)

    @property
    def tracker_from_camera(self) -> Pose:
        """How the camera sits on the tracker, as the rings stand."""
        if self._mount is not None:
            return self._mount
        measured = self._standing.tracker_from_camera if self._standing else None
        return measured or IDENTITY

    @property
    def covariance(self) -> F64 | None:
        """That of the lens's nine numbers in pixels of these pictures; None where nobody measured."""
        return self._standing.measured.covariance if self._standing else None

    @property
    def setting(self) -> str:
        """How the setting of a series was known; "" for any other lens."""
        return self._standing.known if self._standing else ""

    @property
    def trouble(self) -> str:
        """What makes this lens a guess, in words; "" where it is none."""
        if self._nominal:
            return _NOMINAL
        trouble = self._standing.trouble if self._standing else ""
        return f"{trouble}: the nearest measured lens is taken" if trouble else ""

    def news(self) -> str:
        """The trouble with a series, once each time it begins; asked at every frame. A ring at the end
        of what was measured trembles over it: that is one trouble."""
        if self.trouble and not self._nominal:
            self._well = 0
            return "" if self._told else self.rolled()
        self._well += 1
        self._told &= self._well < WELL_FRAMES
        return ""

    def rolled(self) -> str:
        """The trouble as a take begins."""
        self._told = bool(self.trouble)
        return self.trouble
