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

from openset.primitives.space import F64
from openset.primitives.time import NS_PER_S, ns_from_s
from openset.stage.accuracy.said import say_spread, say_weak_side, weak_side
from openset.stage.live.looking import Looked, Lookout
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

FEW_TAGS = 2
LOOK_AGAIN = 5
"""A whole picture at full size takes three times as long: while few tags are found, every so many
pictures are looked at that way."""
GIVE_UP = 3
FORGIVE = 30


@dataclass(frozen=True, eq=False)
class Teller:
    """How poses are told: the source's name, the lens that goes along, the lenses' covariances (9, 9),
    and how far ahead of its picture a pose is guessed (walls only)."""

    name: str = "Openset tags"
    lens: LensReport | None = None
    lens_covariance: tuple[F64 | None, ...] = ()
    predict_s: float = 0.0


class OpticalTracker:
    """Follows until the pictures end, the time is up or `stop` is called."""

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
        self._misses: list[dict[int, int]] = [{} for _ in plates]
        self._count = 0
        self._few = 0

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
        lookout = Lookout(self._plates, [one.lens for one in self._follower.cameras])
        until_ns = None if seconds is None else began_ns + ns_from_s(seconds)
        tick_ns = heard_ns = began_ns
        try:
            while not (self._stopping.is_set() or lookout.ended):
                looked = lookout.next()
                now_ns = time.monotonic_ns()
                if looked is not None:
                    heard_ns = now_ns
                    on_pose(self._one(lookout, looked))
                self.total.skipped = self._second.skipped = lookout.skipped
                self._second.silent_ns = now_ns - heard_ns
                if now_ns - tick_ns >= NS_PER_S:
                    self._second.seconds = (now_ns - tick_ns) / 1e9
                    on_tick(self._second)
                    self._second, tick_ns = OpticalFigures(), now_ns
                if until_ns is not None and now_ns >= until_ns:
                    break
        finally:
            lookout.close()
            self.total.seconds = (time.monotonic_ns() - began_ns) / 1e9
            for plate in self._plates:
                plate.stop()
        return self.total

    def _one(self, lookout: Lookout, looked: Looked) -> Followed:
        """Follow one moment and tell it."""
        pictures = self._looked_again(lookout, looked)
        followed = self._follower.step(pictures, looked.time_ns, looked.late_s)
        age_ms = None
        if followed.estimate is not None:
            followed = replace(followed, estimate=self._sure(followed.estimate, pictures))
            self._tell(followed, pictures)
            if self._plates[0].realtime:
                age_ms = (time.monotonic_ns() - looked.time_ns) / 1e6
        for figures in (self.total, self._second):
            figures.note(followed, age_ms)
        return followed

    def _looked_again(self, lookout: Lookout, looked: Looked) -> list[tuple[SeenTag, ...]]:
        """The quick look's tags, and those a closer look finds where the map says some are missing;
        where there are next to none, the whole picture is looked at closely now and then."""
        self._count += 1
        out = []
        known = self._follower.tags.tags
        few = sum(tag.id in known for seen in looked.tags for tag in seen) < FEW_TAGS
        self._few = self._few + 1 if few else 0
        for camera, (frame, seen) in enumerate(zip(looked.frames, looked.tags, strict=True)):
            if few and self._few % LOOK_AGAIN == 1:
                out.append(lookout.whole(camera, frame))
                continue
            misses = self._misses[camera]
            if self._count % FORGIVE == 0:
                misses.clear()
            given_up = [number for number, count in misses.items() if count >= GIVE_UP]
            boxes = self._follower.missing(camera, seen, given_up)
            found = lookout.closer(camera, frame, list(boxes.values())) if boxes else ()
            more = {tag.id: tag for tag in found if tag.id in boxes}
            for number in boxes:
                misses[number] = 0 if number in more else misses.get(number, 0) + 1
            out.append((*seen, *more.values()))
        return out

    def _sure(self, estimate: PoseEstimate, pictures: Sequence[tuple[SeenTag, ...]]) -> PoseEstimate:
        views = self._follower.views(pictures)
        covariances = self._teller.lens_covariance or (None,) * len(views)
        return with_uncertainty(estimate, views, self._follower.tags, covariances)

    def _tell(self, followed: Followed, pictures: Sequence[tuple[SeenTag, ...]]) -> None:
        """Send one pose to every outlet."""
        estimate = followed.estimate
        assert estimate is not None
        pose, time_ns, words = estimate.stage_from_body, followed.time_ns, ["tracked"]
        if self._teller.predict_s:
            self._predictor.take(estimate, time_ns)
            ahead_ns = ns_from_s(self._teller.predict_s)
            ahead = self._predictor.at(time_ns + ahead_ns)
            if ahead is not None:
                pose, time_ns = ahead, time_ns + ahead_ns
                words.append(f"predicted {self._teller.predict_s * 1000:.0f} ms")
        words.append(say_spread(estimate.covariance))
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

    def _weak_side(self, pictures: Sequence[tuple[SeenTag, ...]]) -> str:
        if len(pictures) > 1 or not pictures[0]:
            return ""
        lens = self._follower.cameras[0].lens
        known = [tag.corners_px for tag in pictures[0] if tag.id in self._follower.tags.tags]
        return weak_side(np.concatenate(known), lens.width_px, lens.height_px) if known else ""
