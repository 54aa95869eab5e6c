"""The frame loop: hold the picture for its own pose, render, key, hand on. Nothing here raises for live
trouble; it becomes a state on the monitor and a note in the take.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from openset.primitives.errors import BadInput, OpensetError
from openset.primitives.ids import TakeId, check_name, parse_take_id
from openset.primitives.image import U8Plane, U8Planes, Yuv420, empty_yuv420
from openset.primitives.space import IDENTITY, Pose
from openset.primitives.time import Timecode, ns_from_s, s_from_ns
from openset.stage.accuracy.watch import MarkWatch
from openset.stage.calibrate.rings import LensSeries
from openset.stage.key.keyer import Keyer
from openset.stage.lens.model import Lens
from openset.stage.live.bench_step import Work
from openset.stage.live.frame_lens import FrameLens
from openset.stage.live.ltc_input import LtcInput
from openset.stage.live.marks import MarkLook
from openset.stage.live.monitor import VIEWS, Monitor, MonitorFrame
from openset.stage.live.pipes import PipeClosed, PipeFull
from openset.stage.live.plate import PlateFrame, PlateSource
from openset.stage.live.recorder import PIPE_FRAMES, Cut, Entry, Order, Recorder, Roll
from openset.stage.live.stamps import Stamper
from openset.stage.live.status import Status, say_trouble
from openset.stage.live.track import RawSample, Track
from openset.stage.record.files import read_marks, write_marks
from openset.stage.record.model import Fault, TakeFrame, TakeSpec
from openset.stage.render.view import Renderer
from openset.stage.tracking.delay import DelayEstimate, MotionLog, estimate_delay
from openset.store.files import free_bytes
from openset.store.production import Production, next_take, take_folder

HOLD_S = 0.25
"""Longest the picture is held back for a pose that has not arrived."""
PATIENCE_S = 0.5
"""Longest a live picture waits for the recorder before its frame is given up."""
RING = PIPE_FRAMES + 6
"""Slots for results: what waits for the recorder, what it has in hand, and some for the monitor."""
REPORTS_LEAD_NS = ns_from_s(0.2)
"""How much of the tracker's own reports from before the roll a take keeps."""


@dataclass(frozen=True)
class Cue:
    """Something the loop does by itself when source frame `frame` has come; `value` is a slate's
    "scene shot"."""

    frame: int
    action: Literal["roll", "cut", "measure", "measured", "slate"]
    value: str = ""


@dataclass(frozen=True)
class LoopSettings:
    """What the rig decided before the first frame. `stills` are source frames to keep whole."""

    scene: str
    shot: str
    set_name: str
    backend: str
    plate_source: str
    track_source: str
    delay_s: float
    record_matte: bool
    key: dict[str, Any]
    cues: tuple[Cue, ...] = ()
    stills: tuple[int, ...] = ()
    fallback_lens: Lens | None = None
    lens_series: LensSeries | None = None
    tracker_from_camera: Pose | None = None
    delay_sd_s: float | None = None
    lens_source: str = ""


@dataclass
class Tally:
    """Every frame accounted for: in = out, and what each was worth. `timecode_slips` are numbers left
    out where LTC runs faster than the picture; no frame is missing there."""

    frames_in: int = 0
    dropped: int = 0
    recorded: int = 0
    recording_lost: int = 0
    held: int = 0
    no_pose: int = 0
    timecode_slips: int = 0

    def as_counts(self) -> dict[str, int]:
        """The figures take.toml keeps; slips only where there are any."""
        counts = dict(vars(self))
        if not self.timecode_slips:
            del counts["timecode_slips"]
        return counts


@dataclass
class _Slot:
    """One place of the ring: the arrays a frame's results live in, and the number of the frame whose
    they were when they last went to the recorder."""

    composite: Yuv420
    matte: U8Plane
    background: U8Planes
    sent: int = 0


@dataclass
class _Take:
    """The take now rolling: how many frames it has, and the faults and tracker reports that have not
    gone to the recorder yet."""

    spec: TakeSpec
    tally: Tally = field(default_factory=Tally)
    index: int = 0
    faults: list[Fault] = field(default_factory=list)
    reports: list[RawSample] = field(default_factory=list)


class StageLoop:
    """One stage: wires a picture, a track, a renderer and a keyer to the recorder and the monitor.

    `run` returns when the picture ends or `stop` was asked. Orders (`roll`, `cut`, `slate`, …) may come
    from any thread; they take effect between two frames.
    """

    def __init__(
        self,
        production: Production,
        plate: PlateSource,
        track: Track,
        renderer: Renderer,
        keyer: Keyer,
        recorder: Recorder,
        settings: LoopSettings,
        *,
        world_from_stage: Pose,
        start_timecode: Timecode,
        track_faults: Callable[[], int] = lambda: 0,
        ltc: LtcInput | None = None,
        watch: MarkWatch | None = None,
    ) -> None:
        self.production, self.plate, self.track = production, plate, track
        self.renderer, self.keyer, self.recorder = renderer, keyer, recorder
        self.settings = settings
        self.delay_s = settings.delay_s
        self.delay_found: DelayEstimate | None = None
        self.monitor: Monitor | None = None
        self.stills: list[MonitorFrame] = []
        self.tally = Tally()
        self.status = Status(
            production=production.id,
            title=production.title,
            scene=settings.scene,
            shot=settings.shot,
            backend=settings.backend,
            rate_wanted=float(plate.format.rate),
            delay_ms=settings.delay_s * 1000,
        )
        self._world_from_stage = world_from_stage
        self._stamper = Stamper(start_timecode, ltc)
        self._track_faults = track_faults
        self._marks = MarkLook(watch or MarkWatch({}), track, self.status)
        self._delay_sd_s = settings.delay_sd_s
        self._orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._cues = deque(sorted(settings.cues, key=lambda cue: cue.frame))
        self._stop = threading.Event()
        self._end_reason = "the picture ended"
        self._lens = FrameLens(
            plate.format.width,
            plate.format.height,
            series=settings.lens_series,
            fallback=settings.fallback_lens,
            mount=settings.tracker_from_camera,
        )
        self._frame_ns = 0
        self._roll_asked = False
        self._take: _Take | None = None
        self._last_state = ""
        self._last_pose = IDENTITY
        self._next_index = 0
        self._meter: MotionLog | None = None
        self._meter_start_ns = 0
        self._measuring = Work()
        self._recent: deque[float] = deque(maxlen=50)
        self._disk_checked = 0.0
        width, height = plate.format.width, plate.format.height
        self._sent = 0
        self._stills = deque(sorted(settings.stills))
        self._ring = deque(
            _Slot(
                empty_yuv420(width, height),
                np.zeros((height, width), np.uint8),
                np.zeros((3, height, width), np.uint8),
            )
            for _ in range(RING)
        )
        self._name_next_take()

    # Orders, from any thread.

    def obey(self, order: dict[str, Any]) -> tuple[bool, str]:
        """One order of the control socket: (ok, a sentence). Marks are written at once, the rest
        between frames."""
        kind = order["type"]
        try:
            if kind in ("roll", "cut", "stop"):
                self._orders.put(order)
                return True, {"roll": "Rolling", "cut": "Cut", "stop": "Stopping"}[kind]
            if kind == "slate":
                scene = check_name(str(order.get("scene", "")), "scene")
                shot = check_name(str(order.get("shot", "")), "shot")
                if self.status.rolling:
                    return False, "A take is rolling. Cut first, then set the slate"
                self._orders.put({"type": "slate", "scene": scene, "shot": shot})
                return True, f"Slate {scene} {shot}"
            if kind == "view" and order.get("what") in VIEWS:
                self.status.view = str(order["what"])
                if self.monitor is not None:
                    self.monitor.view = self.status.view
                return True, f"Showing {order['what']}"
            if kind in ("circle", "note"):
                return True, self._mark(order)
        except OpensetError as trouble:
            return False, trouble.line
        return False, f"unknown order {kind!r}"

    def _mark(self, order: dict[str, Any]) -> str:
        """Say something of a take of this session. Marks lie outside the seal, so a take that still
        rolls, or is just being sealed, is marked like any other."""
        status, take = self.status, str(order.get("take", ""))
        if take not in status.takes and not (status.rolling and take == status.take):
            raise BadInput("that is no take of this session", where=take, todo="Mark it on its page")
        folder = take_folder(self.production, parse_take_id(take))
        marks = read_marks(folder)
        if order["type"] == "circle":
            marks = replace(marks, circled=bool(order.get("circled", True)))
        else:
            marks = replace(marks, note=str(order.get("text", ""))[:2000])
        write_marks(folder, marks)
        others = [one for one in status.circled if one != take]
        status.circled = [*others, take] if marks.circled else others
        return f"{take} marked"

    def stop(self, reason: str = "the engine was stopped") -> None:
        """End after the frame in hand, closing the take for this reason. Safe in a signal's handler."""
        self._end_reason = reason
        self._stop.set()

    # The loop.

    def run(self) -> None:
        """Until the picture ends or `stop`."""
        while not self._stop.is_set():
            try:
                frame = self.plate.queue.get(timeout_s=0.25)
            except PipeClosed:
                self._miss(self.plate.dropped - self.tally.dropped, 0)
                break
            self._update_status()
            if frame is not None:
                self._account(frame)
                self._take_cues(frame)
                self._take_delay(frame.time_ns)
            self._take_orders(frame)
            if frame is not None:
                self._shoot(frame)
        if self._take is not None:
            reason = self.plate.trouble.line if self.plate.trouble else self._end_reason
            if self.plate.trouble is not None:
                self._fault(self._frame_ns, "picture", self.plate.trouble.line)
            self._cut(reason)
        self._update_status(force=True)

    def _account(self, frame: PlateFrame) -> None:
        """Count this frame and those that never came; these belong to the take open until now."""
        self._miss(frame.index - self._next_index, frame.time_ns)
        self._next_index = frame.index + 1
        self._frame_ns = frame.time_ns
        self.tally.frames_in += 1
        self.status.timecode = str(self._stamper.stamp(frame.index, frame.time_ns, self.delay_s))
        self.status.timecode_state = self._stamper.state
        self.status.timecode_note = self._stamper.note
        if self._take is not None:
            self._take.tally.timecode_slips = self._stamper.slips
        self._tell_of_timecode(frame.time_ns)

    def _miss(self, missed: int, time_ns: int) -> None:
        """`missed` frames of the source never came; they would have been next."""
        if missed <= 0:
            return
        self.tally.frames_in += missed
        self.tally.dropped += missed
        if self._take is not None:
            self._take.tally.frames_in += missed
            self._take.tally.dropped += missed
            plural = "frame" if missed == 1 else "frames"
            at = self._stamper.lost(self._next_index)
            self._fault(time_ns, "dropped", f"{missed} {plural} dropped at {at}")

    def _take_orders(self, frame: PlateFrame | None) -> None:
        """Obey what came since the last frame; a roll waits for the picture."""
        while not self._orders.empty():
            order = self._orders.get_nowait()
            kind = order["type"]
            if kind == "roll":
                self._roll_asked = True
            elif kind == "cut":
                self._roll_asked = False
                self._cut("cut")
            elif kind == "slate" and self._take is None:
                self._slate(order["scene"], order["shot"])
            elif kind == "stop":
                self.stop()
        if self._roll_asked and frame is not None:
            self._roll_asked = False
            self._roll(frame)

    def _take_cues(self, frame: PlateFrame) -> None:
        while self._cues and frame.index >= self._cues[0].frame:
            cue = self._cues.popleft()
            if cue.action == "roll":
                self._roll(frame)
            elif cue.action == "cut":
                self._cut("cut")
            elif cue.action == "slate":
                self._slate(*cue.value.split())
            elif cue.action == "measure":
                self._meter, self._meter_start_ns = MotionLog(), frame.time_ns
            else:
                self._finish_measuring(frame.time_ns)

    def _shoot(self, frame: PlateFrame) -> None:
        """One frame through the chain."""
        began = time.monotonic()
        pose_time_ns = frame.time_ns - ns_from_s(self.delay_s)
        if not self.track.complete:
            waited_s = s_from_ns(time.monotonic_ns() - frame.time_ns)
            self.track.wait_for(pose_time_ns, max(0.0, HOLD_S - max(0.0, waited_s)))
        found = self.track.at(pose_time_ns)
        self._note_tracking(frame, found.state, found.age_s)
        lens = self._lens.at(found.lens)
        if found.pose is not None:
            self._last_pose = found.pose.after(self._lens.tracker_from_camera)
        pose = self._last_pose
        if text := self._lens.news():
            self._fault(frame.time_ns, "lens", text)
        if found.state == "tracked":
            self._marks.lens_known(self._lens.covariance, lens.width_px)
            self._marks.look(pose_time_ns, lens, pose, self._lens.tracker_from_camera)
        slot = self._free_slot()
        self.renderer.render(self._world_from_stage.after(pose), lens, slot.background)
        report = self.keyer.process(frame.picture, slot.background, slot.composite, slot.matte)
        self.status.key_score = report.score
        self.status.frames_out += 1
        self._recent.append(began)
        if self._meter is not None:
            self._meter.add(frame.time_ns, frame.picture.y)
        if self._take is not None:
            age_s = found.age_s if math.isfinite(found.age_s) else 0.0
            self._record(frame, slot, pose, lens, age_s, found.state)
        else:
            self.track.drain(pose_time_ns - REPORTS_LEAD_NS)
        shown = MonitorFrame(frame.picture, slot.composite, slot.matte, slot.background)
        if self.monitor is not None:
            self.monitor.latest.put(shown)
        while self._stills and frame.index >= self._stills[0]:
            self._stills.popleft()
            self.stills.append(deepcopy(shown))

    def _free_slot(self) -> _Slot:
        """The slot used longest ago among those the recorder has done with; since its pipe is shorter
        than the ring there is one."""
        self._ring.rotate(-1)
        while self._ring[0].sent > self.recorder.frames_done:
            self._ring.rotate(-1)
        return self._ring[0]

    def _note_tracking(self, frame: PlateFrame, state: str, age_s: float) -> None:
        self.status.tracking_state = state
        self.status.tracking_age_ms = age_s * 1000 if state != "none" else 0.0
        tallies = [self.tally] + ([self._take.tally] if self._take else [])
        for tally in tallies:
            tally.held += state == "held"
            tally.no_pose += state == "none"
        if state != self._last_state and self._last_state:
            word = {"tracked": "the track is back", "held": "the track stopped; holding the last pose"}
            self._fault(frame.time_ns, "track", word.get(state, "no track"))
        self._last_state = state

    # Takes.

    def _slate(self, scene: str, shot: str) -> None:
        self.settings = replace(self.settings, scene=scene, shot=shot)
        self.status.scene, self.status.shot = scene, shot
        self._name_next_take()

    def _name_next_take(self) -> None:
        self.status.take = str(next_take(self.production, self.settings.scene, self.settings.shot))

    def _roll(self, frame: PlateFrame) -> None:
        """Open a take whose first frame is the one in hand."""
        if self._take is not None:
            return
        if self._measuring.busy:
            self._measuring.wait()  # a take rolled just after the rehearsal is to have its delay
            self._take_delay(frame.time_ns)
        settings = self.settings
        take_id: TakeId = next_take(self.production, settings.scene, settings.shot)
        lens = self._lens.at(self.track.at(frame.time_ns - ns_from_s(self.delay_s)).lens)
        plate = self.plate.format
        spec = TakeSpec(
            id=take_id,
            rate=plate.rate,
            width=plate.width,
            height=plate.height,
            start_timecode=self._stamper.roll(frame.time_ns, self.delay_s),
            delay_s=self.delay_s,
            set_name=settings.set_name,
            backend=settings.backend,
            plate_source=settings.plate_source,
            track_source=settings.track_source,
            lens=lens,
            key=settings.key,
            record_matte=settings.record_matte,
            delay_sd_s=self._delay_sd_s,
            lens_source=settings.lens_source,
            lens_setting=self._lens.setting,
        )
        self._marks.begin()
        self.track.drain(frame.time_ns - ns_from_s(self.delay_s) - REPORTS_LEAD_NS)
        self._take = _Take(spec)
        self._send(Roll(spec, datetime.fromtimestamp(time.time(), UTC)), PATIENCE_S)
        if text := self._lens.rolled():
            self._fault(frame.time_ns, "lens", text)
        self._tell_of_timecode(frame.time_ns)
        self.status.take, self.status.rolling = str(take_id), True

    def _cut(self, reason: str) -> None:
        take, self._take = self._take, None
        if take is None:
            return
        self._stamper.cut()
        self.tally.timecode_slips += take.tally.timecode_slips
        counts, marks = take.tally.as_counts(), self._marks.summary()
        self._send(Cut(reason, counts, tuple(take.faults), marks), 60.0)
        self.status.takes.append(str(take.spec.id))
        self.status.rolling, self.status.recorded = False, 0
        self._name_next_take()

    def _record(
        self, frame: PlateFrame, slot: _Slot, pose: Pose, lens: Lens, age_s: float, state: str
    ) -> None:
        take = self._take
        assert take is not None
        take.tally.frames_in += 1
        if self.recorder.trouble is not None:
            trouble = self.recorder.trouble
            take.tally.recording_lost += 1
            self.tally.recording_lost += 1
            self._fault(frame.time_ns, "recording", trouble.line)
            self.status.message = trouble.line
            self._cut(trouble.line)
            self._stop.set()
            return
        patience = PATIENCE_S if self.plate.realtime else 120.0
        pose_time_ns = frame.time_ns - ns_from_s(self.delay_s)
        taken = TakeFrame(
            index=take.index,
            time_ns=pose_time_ns,
            picture=frame.picture,
            composite=slot.composite,
            matte=slot.matte if take.spec.record_matte else None,
            stage_from_camera=pose,
            lens=lens,
            age_s=age_s,
            state=state,
            skipped=self._stamper.steps - take.index,
        )
        take.reports += self.track.drain(pose_time_ns)
        if self._send(Entry(taken, tuple(take.reports), tuple(take.faults)), patience):
            self._sent += 1
            slot.sent = self._sent
            take.reports.clear()
            take.faults.clear()
            take.index += 1
            take.tally.recorded += 1
            self.tally.recorded += 1
        else:
            take.tally.recording_lost += 1
            self.tally.recording_lost += 1
            at = self._stamper.timecode
            self._fault(frame.time_ns, "recording", f"frame at {at} lost: the disk is too slow")
        self.status.recorded = take.tally.recorded

    def _send(self, order: Order, patience_s: float) -> bool:
        try:
            self.recorder.pipe.put(order, patience_s)
        except (PipeFull, PipeClosed):
            return False
        return True

    def _fault(self, time_ns: int, kind: str, text: str) -> None:
        """Tell the monitor, and the open take at the moment of exposure, as its frames are timed."""
        self.status.faults.append({"time": self.status.timecode, "kind": kind, "text": text})
        if self._take is not None:
            exposed_ns = time_ns - ns_from_s(self.delay_s)
            self._take.faults.append(Fault(exposed_ns, kind, text))

    def _tell_of_timecode(self, time_ns: int) -> None:
        for text in self._stamper.news():
            self._fault(time_ns, "timecode", text)

    # Delay and status.

    def _finish_measuring(self, end_ns: int) -> None:
        meter, self._meter = self._meter, None
        if meter is None:
            return
        margin_ns = ns_from_s(1.0)
        samples = self.track.between(self._meter_start_ns - margin_ns, end_ns + margin_ns)
        motion = meter.motion()
        self._measuring.start(lambda: estimate_delay(motion, samples))
        if not self.plate.realtime:
            self._measuring.wait()  # nothing is late, and the same frames give the same takes

    def _take_delay(self, time_ns: int) -> None:
        """Use a delay that was measured meanwhile; a take keeps the one it was rolled with."""
        if self._take is not None or not self._measuring.busy:
            return
        found = self._measuring.done()
        if self._measuring.trouble is not None:
            self._fault(time_ns, "delay", self._measuring.trouble.line)
            self._measuring.trouble = None
        if not isinstance(found, DelayEstimate):
            return
        self.delay_found = found
        if found.refused is None:
            self.delay_s, self._delay_sd_s = found.delay_s, found.sd_s
            self._marks.delay_known(found.sd_s)
            self.status.delay_ms = found.delay_s * 1000
        else:
            self._fault(time_ns, "delay", found.refused)

    def _update_status(self, force: bool = False) -> None:
        now = time.monotonic()
        status = self.status
        status.frames_in, status.dropped = self.tally.frames_in, self.tally.dropped
        status.track_samples = self.track.samples
        status.track_faults = self._track_faults()
        if len(self._recent) > 2:
            status.rate_fps = (len(self._recent) - 1) / max(1e-6, self._recent[-1] - self._recent[0])
        if now - self._disk_checked > 2.0 or force:
            self._disk_checked = now
            status.disk_minutes_left = self._minutes_left()
        status.message = say_trouble(status) if self.recorder.trouble is None else status.message

    def _minutes_left(self) -> float:
        """Minutes of recording the disk still holds, at 0.9 bit a pixel for all files of a take."""
        plate = self.plate.format
        bytes_per_s = 0.9 * plate.width * plate.height * float(plate.rate) / 8
        return free_bytes(self.production.root) / bytes_per_s / 60
