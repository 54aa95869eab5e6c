"""Pictures in, poses out: a camera or a rig of several followed through a map of tags, and told.

Each pose goes out with its lens, where the body is the film camera itself, and with its own spread in
the status (stage/accuracy/said.py). A picture without a pose sends nothing: a receiver that hears
nothing knows that there is nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from openset.primitives.space import F64, IDENTITY
from openset.primitives.time import NS_PER_S, ns_from_s
from openset.stage.accuracy.said import say_spread, say_weak_side, weak_side
from openset.stage.live.looking import Looker, Moments, Taken
from openset.stage.live.optical_figures import OpticalFigures
from openset.stage.live.outlet import Outlet
from openset.stage.live.plate import PlateSource
from openset.stage.live.recorded import Report
from openset.stage.markers.follow import Followed, Follower
from openset.stage.markers.model import PoseEstimate, SeenTag
from openset.stage.markers.predict import Predictor
from openset.stage.markers.uncertainty import with_uncertainty
from openset.stage.tracking.samples import LensReport, TrackSample
from openset.stage.tracking.wire import Heard

SILENT_MOMENTS = 5
"""A further camera without a picture for so many moments is named."""


@dataclass(frozen=True, eq=False)
class Teller:
    """How poses are told: the source's name, the lens that goes along, the lenses' covariances (9, 9),
    and how far ahead of its picture a pose is guessed (walls only)."""

    name: str = "Openset tags"
    lens: LensReport | None = None
    lens_covariance: tuple[F64 | None, ...] = ()
    predict_s: float = 0.0


class OpticalTracker:
    """Follows until the pictures end, the time is up, `stop` is called or no outlet is left."""

    def __init__(
        self,
        plates: Sequence[PlateSource],
        follower: Follower,
        outlets: Sequence[Outlet],
        teller: Teller,
    ) -> None:
        self.total = OpticalFigures()
        self._second = OpticalFigures()
        self._plates, self._follower, self._outlets = tuple(plates), follower, tuple(outlets)
        self._teller = teller
        self._predictor = Predictor()
        self._stopping = threading.Event()
        self._lookers = [Looker(camera.lens) for camera in follower.cameras]
        self._missed = [0] * len(self._plates)

    def stop(self) -> None:
        """End `run` soon; for another thread or a signal's handler."""
        self._stopping.set()

    def run(
        self,
        *,
        seconds: float | None = None,
        on_tick: Callable[[OpticalFigures], None] = lambda figures: None,
        on_pose: Callable[[Followed], None] = lambda followed: None,
    ) -> OpticalFigures:
        """Start the sources and follow; the figures of all. `on_tick` hears of each second."""
        began_ns = time.monotonic_ns()
        for plate in self._plates:
            plate.start_at(began_ns)
        moments = Moments(self._plates)
        until_ns = None if seconds is None else began_ns + ns_from_s(seconds)
        tick_ns = heard_ns = began_ns
        try:
            while not (self._stopping.is_set() or moments.ended or self._is_unheard):
                taken = moments.next()
                if taken is not None:
                    on_pose(self._one(taken))
                now_ns = time.monotonic_ns()
                heard_ns = heard_ns if taken is None else now_ns
                self.total.skipped = self._second.skipped = moments.skipped
                self._second.silent_ns = now_ns - heard_ns
                if now_ns - tick_ns >= NS_PER_S:
                    self._second.seconds = (now_ns - tick_ns) / 1e9
                    on_tick(self._second)
                    self._second, tick_ns = OpticalFigures(), now_ns
                if until_ns is not None and now_ns >= until_ns:
                    break
        finally:
            self.total.seconds = (time.monotonic_ns() - began_ns) / 1e9
            for plate in self._plates:
                plate.stop()
        return self.total

    @property
    def _is_unheard(self) -> bool:
        """Whether every outlet has broken down."""
        return bool(self._outlets) and all(outlet.trouble is not None for outlet in self._outlets)

    def _one(self, taken: Taken) -> Followed:
        """Follow one moment and tell it."""
        pictures = self._look(taken)
        followed = self._follower.step(pictures, taken.time_ns, taken.late_s)
        followed = replace(followed, notes=(*followed.notes, *self._silent(taken)))
        age_ms = None
        if followed.estimate is not None:
            sure = self._sure(followed.estimate, pictures, taken.late_s)
            followed = replace(followed, estimate=sure)
            self._tell(followed, pictures)
            if self._plates[0].realtime:
                age_ms = (time.monotonic_ns() - taken.time_ns) / 1e6
        for figures in (self.total, self._second):
            figures.note(followed, age_ms)
        return followed

    def _look(self, taken: Taken) -> list[tuple[SeenTag, ...]]:
        """Each camera's tags, looked for where the map and the last poses say that they are."""
        out: list[tuple[SeenTag, ...]] = []
        for camera, (frame, looker) in enumerate(zip(taken.frames, self._lookers, strict=True)):
            if frame is None:
                out.append(())
                continue
            expected = self._follower.expected(camera, frame.time_ns, looker.given_up)
            out.append(looker.look(frame.picture.y, expected))
        return out

    def _silent(self, taken: Taken) -> list[str]:
        """The cameras that gave no picture for some moments, in words."""
        self._missed = [
            missed + 1 if frame is None else 0
            for missed, frame in zip(self._missed, taken.frames, strict=True)
        ]
        return [
            f"no picture of camera {number} beside the first's: check it and its cable"
            for number, missed in enumerate(self._missed, 1)
            if missed >= SILENT_MOMENTS
        ]

    def _sure(
        self,
        estimate: PoseEstimate,
        pictures: Sequence[tuple[SeenTag, ...]],
        late_s: Sequence[float],
    ) -> PoseEstimate:
        views = self._follower.views(pictures)
        covariances = self._teller.lens_covariance or (None,) * len(views)
        return with_uncertainty(estimate, views, self._follower.tags, covariances, late_s)

    def _tell(self, followed: Followed, pictures: Sequence[tuple[SeenTag, ...]]) -> None:
        """Send one pose to every outlet."""
        estimate = followed.estimate
        assert estimate is not None
        pose, time_ns, covariance = estimate.stage_from_body, followed.time_ns, estimate.covariance
        words = ["tracked by tags in its own picture" if self._is_film_camera else "tracked"]
        if self._teller.predict_s:
            self._predictor.take(estimate, time_ns)
            ahead_ns = ns_from_s(self._teller.predict_s)
            ahead = self._predictor.at(time_ns + ahead_ns)
            if ahead is not None:
                covariance = covariance + self._predictor.doubt(time_ns + ahead_ns)
                pose, time_ns = ahead, time_ns + ahead_ns
                words.append(f"predicted {self._teller.predict_s * 1000:.0f} ms")
        words.append(say_spread(covariance))
        words.append(say_weak_side(self._weak_side(pictures)))
        sample = TrackSample(
            time_ns, pose, self._teller.lens, status=", ".join(word for word in words if word)
        )
        heard = Heard(self._teller.name, pose, self._teller.lens, status=sample.status)
        now_ns = time.monotonic_ns()
        report = Report(self._teller.name, sample, heard, now_ns)
        for outlet in self._outlets:
            outlet.carry(report, 0, now_ns)
            outlet.flush(now_ns)

    @property
    def _is_film_camera(self) -> bool:
        """Whether what sees the tags is the camera whose pose it is: stage/accuracy/watch.py then says
        what in that picture would help."""
        cameras = self._follower.cameras
        return len(cameras) == 1 and cameras[0].body_from_camera == IDENTITY

    def _weak_side(self, pictures: Sequence[tuple[SeenTag, ...]]) -> str:
        if not self._is_film_camera:
            return ""
        lens = self._follower.cameras[0].lens
        known = [tag.corners_px for tag in pictures[0] if tag.id in self._follower.tags.tags]
        return weak_side(np.concatenate(known), lens.width_px, lens.height_px) if known else ""
