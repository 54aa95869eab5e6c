"""The bench's fourth step: the delay between picture and track, from a camera that is shaken.

A live picture goes with a live track, both timed as the stage times them; a clip goes with the track's
file, read whole; both files of a take go as the take was timed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from openset.primitives.errors import BadInput, OpensetError
from openset.primitives.time import ns_from_s
from openset.stage.live.bench_draft import Draft, DraftFile
from openset.stage.live.bench_draw import Canvas, whole_luma
from openset.stage.live.bench_step import UNKNOWN, Order, Said, Work, told
from openset.stage.live.delay_source import BY_FIRST, MARGIN_S, is_a_stages, material_of, take_of
from openset.stage.live.delay_watch import Wanted
from openset.stage.live.inlet import open_tracker
from openset.stage.live.plate import PlateFrame, is_live
from openset.stage.live.track import LiveTrack
from openset.stage.tracking.delay import estimate_delay
from openset.stage.tracking.delay_chart import delay_chart
from openset.stage.tracking.delay_model import MIN_MOTION_PX, DelayEstimate
from openset.stage.tracking.endpoint import is_endpoint
from openset.stage.tracking.motion import Motion, MotionLog
from openset.stage.tracking.samples import TrackSample
from openset.store.camera import CameraSetup, camera_folder
from openset.store.production import Production, update_stage

SHAKE_S = 10.0
SEARCH_S = 1.0
_METER_S = 1.5
_APART = "track and picture are of different times: they did not begin together"
_LIVE = "Measure live, or from a take's own files"
_SILENT_NS = 1_000_000_000


class DelayStep:
    """Watches picture and track; measures when asked, writes."""

    def __init__(self, production: Production, setup: CameraSetup, source: str) -> None:
        self._production, self._source = production, source
        inside = production.root / setup.track
        self._track_name = setup.track
        self._track = str(inside) if setup.track and inside.exists() else setup.track
        self._live = is_live(source)
        self._log, self._meter = MotionLog(SHAKE_S + MARGIN_S), MotionLog(_METER_S)
        self._poses: LiveTrack | None = None
        self._trouble: OpensetError | None = None
        self._last_ns = self._first_ns = 0
        self._shaking = False
        self._work = Work()
        self._clock = ""
        self._file = DraftFile(camera_folder(production), "delay")
        self._draft = self._left()
        self._serial, self._used = int(self._draft is not None), False
        self._listen()

    def look(self, frame: PlateFrame) -> None:
        """One picture: how fast it moves; while the camera is shaken, keep that."""
        luma = whole_luma(frame.picture)
        self._last_ns = frame.time_ns
        self._meter.add(frame.time_ns, luma)
        if not self._shaking:
            return
        self._first_ns = self._first_ns or frame.time_ns
        self._log.add(frame.time_ns, luma)
        if frame.time_ns - self._first_ns >= ns_from_s(SHAKE_S):
            self._shaking = False
            self._measure_live()

    def draw(self, canvas: Canvas) -> None:
        """Nothing is drawn: the picture itself shows the shaking."""

    def status(self) -> dict[str, Any]:
        """How it stands."""
        found = self._work.done()
        if isinstance(found, DelayEstimate):
            self._measured(found)
        return {
            "track": self._track_name,
            "tracked": self._tracked(),
            "live": self._live,
            "motion_px": round(moved_px(self._meter.motion()), 2),
            "needed_px": MIN_MOTION_PX,
            "shaking": self._shaking,
            "seconds": round(max(0, self._last_ns - self._first_ns) / 1e9, 1) if self._shaking else 0.0,
            "wanted_s": SHAKE_S,
            "busy": self._work.busy,
            "result": None if self._draft is None else self._draft.said,
            "serial": self._serial,
            "used": self._used,
            "trouble": told(self._work.trouble or self._trouble),
        }

    def obey(self, order: Order) -> Said:
        """begin, use."""
        kind = order["type"]
        if kind == "begin":
            return self._begin()
        return self._use() if kind == "use" else UNKNOWN

    def _listen(self) -> None:
        if not self._track or self._live != is_endpoint(self._track):
            return
        if self._live:
            try:
                poses = LiveTrack()
                open_tracker(self._track, poses.add).start()
                self._poses = poses
            except OpensetError as trouble:
                self._trouble = trouble

    def _tracked(self) -> bool:
        """Whether there is a track to compare with: a file, or a tracker that was just heard."""
        if not self._live:
            return bool(self._track) and not is_endpoint(self._track)
        end = self._last_ns + _SILENT_NS
        return self._poses is not None and bool(self._poses.between(self._last_ns - _SILENT_NS, end))

    def _begin(self) -> Said:
        if self._work.busy or self._shaking or not self._tracked():
            return False, "no track is heard"
        self._draft, self._trouble = None, None
        if self._live:
            self._clock = ""
            self._log, self._first_ns, self._shaking = MotionLog(SHAKE_S + MARGIN_S), 0, True
            return True, "shake the camera"

        def work() -> DelayEstimate:
            take = take_of(self._source, self._track)
            found = material_of(take, self._source, self._track, Wanted(seconds=30.0), lambda _: None)
            self._clock = "" if take else "first" if found.clock == BY_FIRST else "own"
            estimate = self._estimated(found.motion, found.track)
            if estimate.refused is None and not is_a_stages(found, estimate.delay_s):
                return replace(
                    estimate, refused=_APART, remedy="Measure live, or from a take's own files"
                )
            return estimate

        self._work.start(work)
        return True, "measuring"

    def _measure_live(self) -> None:
        motion, poses = self._log.motion(), self._poses
        margin = ns_from_s(MARGIN_S)
        if poses is None or not len(motion.to_ns):
            self._trouble = BadInput("nothing was seen", todo="Check the picture and the tracker")
            return
        track = poses.between(int(motion.from_ns[0]) - margin, int(motion.to_ns[-1]) + margin)
        self._work.start(lambda: self._estimated(motion, track))

    def _estimated(self, motion: Motion, track: list[TrackSample]) -> DelayEstimate:
        found = estimate_delay(motion, track, (-SEARCH_S, SEARCH_S))
        chart = delay_chart(found, motion, track, title=self._track_name)
        self._file.draw(chart)
        return found

    def _use(self) -> Said:
        draft = self._draft
        if draft is None or draft.said.get("refused") is not None:
            return False, "there is no delay yet"
        update_stage(self._production, json.loads(draft.made))
        self._file.settle()
        self._used = True
        return True, "used"

    def _measured(self, found: DelayEstimate) -> None:
        """It was measured: keep it until it is used."""
        now = datetime.now(UTC)  # noqa: TID251 - the bench's own clock
        files = {"first": ": clip and track by their first frame", "own": ": clip and track's file"}
        kept = {
            "delay_s": round(found.delay_s, 6),
            "delay_sd_s": round(found.sd_s or 0.0, 6),
            "delay_confidence": round(found.confidence, 4),
            "delay_measured": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "delay_measured_from": f"{self._source} on the camera's page{files.get(self._clock, '')}",
        }
        self._draft = Draft({**said(found), "clock": self._clock}, json.dumps(kept))
        self._used = False
        self._serial += 1
        try:
            if found.refused is None:
                self._file.write(self._draft)
        except OpensetError as trouble:
            self._trouble = trouble

    def _left(self) -> Draft | None:
        """What was measured and not used when the bench last ended."""
        draft = self._file.read()
        try:
            kept = json.loads(draft.made) if draft else {}
        except (ValueError, RecursionError):
            return None
        numbers = (
            [kept.get(name) for name in ("delay_s", "delay_sd_s")] if isinstance(kept, dict) else []
        )
        return draft if numbers and all(isinstance(each, float) for each in numbers) else None


def moved_px(motion: Motion) -> float:
    """How much the picture moves, pixels a frame at the width flow is measured at (640)."""
    if len(motion.flow_px) < 3:
        return 0.0
    return float(np.sqrt(np.mean(np.var(motion.flow_px, axis=0)) * 2))


def said(found: DelayEstimate) -> dict[str, Any]:
    """An estimate as JSON; `too_still` where a refusal is for want of motion."""
    return {
        "ms": round(1000 * found.delay_s, 1),
        "sd_ms": None if found.sd_s is None else round(1000 * found.sd_s, 2),
        "confidence": round(found.confidence, 3),
        "refused": found.refused,
        "remedy": found.remedy,
        "too_still": found.refused is not None and found.moved_px < MIN_MOTION_PX,
        "notes": list(found.notes),
    }
