"""The error at the marks on the monitor: looked at a few times a second, from the tracker's newest
reports."""

from __future__ import annotations

from openset.primitives.space import F64, IDENTITY, Pose
from openset.primitives.time import ns_from_s
from openset.stage.accuracy.watch import MarkSummary, MarkWatch
from openset.stage.lens.model import Lens
from openset.stage.live.status import Status
from openset.stage.live.track import Track

EVERY_NS = ns_from_s(0.2)
REPORTS_NS = ns_from_s(1.0)
MOST_REPORTS = 60


class MarkLook:
    """Wires a MarkWatch to the track it judges and the status it is told in."""

    def __init__(self, watch: MarkWatch, track: Track, status: Status) -> None:
        self._watch, self._track, self._status = watch, track, status
        self._next_ns: int | None = None

    def look(
        self,
        time_ns: int,
        lens: Lens,
        stage_from_camera: Pose,
        tracker_from_camera: Pose = IDENTITY,
    ) -> None:
        """A tracked frame of `time_ns`; most are passed over. `stage_from_camera` is the camera's,
        which sits at `tracker_from_camera` on what the tracker tracks."""
        if not self._watch.has_marks or (self._next_ns is not None and time_ns < self._next_ns):
            return
        self._next_ns = time_ns + EVERY_NS
        reports = self._track.between(time_ns - REPORTS_NS, time_ns)[-MOST_REPORTS:]
        self._status.error = self._watch.look(
            time_ns, lens, stage_from_camera, reports, tracker_from_camera
        )

    def begin(self) -> None:
        """A take begins: what was seen before it does not count."""
        self._watch.summary()

    def summary(self) -> tuple[MarkSummary, ...]:
        """What the take's frames said."""
        return self._watch.summary()

    def lens_known(self, covariance: F64 | None, width_px: int) -> None:
        """How sure the lens is from now on, in pixels of a picture so wide."""
        self._watch.lens_known(covariance, width_px)

    def delay_known(self, sd_s: float | None) -> None:
        """The delay was measured."""
        self._watch.delay_sd_s = sd_s or 0.0
