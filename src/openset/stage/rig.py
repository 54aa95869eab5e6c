"""One stage, wired: a picture, a track, a set, a back end, the recorder and the control socket.

The latency policy is read here in one place: poses and monitor pictures are Latest, recording is
Lossless, status is Broadcast.
"""

from __future__ import annotations

import shlex
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from signal import default_int_handler
from typing import Any

import numpy as np

from openset.primitives.errors import BadInput, OpensetError, TrackNotFound
from openset.primitives.image import empty_yuv420
from openset.primitives.space import Pose, look_at
from openset.primitives.time import Timecode, frame_time_ns, ns_from_s, parse_timecode
from openset.stage.accuracy.watch import MarkWatch
from openset.stage.calibrate.rings import LensSeries, Rings, rings_of
from openset.stage.exchange.lens_source import scaled
from openset.stage.key.keyer import Keyer
from openset.stage.key.settings import KeySettings
from openset.stage.lens.measured import LensFile
from openset.stage.lens.model import Lens, pinhole
from openset.stage.lens.picture import measured_lens_for, plain_lens_for
from openset.stage.lens.report import lens_from_report
from openset.stage.live.backend import open_renderer
from openset.stage.live.control import Control
from openset.stage.live.frame_lens import NOMINAL_FOCAL_MM, NOMINAL_SENSOR_MM, FrameLens
from openset.stage.live.inlet import open_tracker
from openset.stage.live.loop import (
    Cue,
    LoopSettings,
    StageLoop,
    Tally,
)
from openset.stage.live.ltc import parse_ltc
from openset.stage.live.ltc_input import LtcInput
from openset.stage.live.monitor import Monitor, MonitorFrame
from openset.stage.live.plate import PlateFormat, PlateSource
from openset.stage.live.recorder import Recorder
from openset.stage.live.status import say_timecode
from openset.stage.live.track import FileTrack, LiveTrack, Track
from openset.stage.record.files import read_take, recover_take
from openset.stage.record.model import TakeRecord
from openset.stage.render.vantage import LIVE_MARGIN_RAD, MARGIN_RAD, Vantage, vantage_of
from openset.stage.render.view import Renderer
from openset.stage.scene.files import read_set
from openset.stage.scene.model import Scene
from openset.stage.tracking.delay import DelayEstimate
from openset.stage.tracking.endpoint import is_endpoint
from openset.stage.tracking.files import UNTIMED, read_track
from openset.stage.tracking.live import UdpTracker
from openset.stage.tracking.source import TrackerCounts
from openset.store.mhl import is_sealed
from openset.store.production import Production, set_file, take_folder, take_ids

BACKENDS = ("auto", "gpu", "cpu")
FIRST_SAMPLE_S = 5.0
RINGS_PATIENCE_S = 2.0
"""So long a live tracker may take to say how the rings stand."""
LEAD_NS = ns_from_s(0.3)
TICK_S = 5.0
LOOK_S = 0.5
LTC_PATIENCE_S = 3.0
"""So long the first timecode may take to be believed before it is said to be missing."""
FIRST_TIMECODE = "10:00:00:00"

Say = Callable[[str], None]


@dataclass(frozen=True)
class StagePlan:
    """What to run.

    `paced` plays a clip in real time (a live track forces it), `loop` starts it again at its end.
    `port` None opens no control socket. `vantage` is where a set is baked from, and towards, when the
    cpu back end needs a panorama; None takes it from the track. `wait_for_track` makes a silent live
    tracker an error instead of a state. `lens` is used where the track says nothing of one. `timecode`
    is that of the first frame; None takes the clip's own, or ten o'clock where it has none.
    `tracker_from_camera` is how the camera sits on the tracker's body, None as measured with the lens.
    `rings` is what was named of the rings of a series. `ltc` is a source of linear
    timecode (see stage/live/ltc.py) to jam to, None for none. `delay_sd_s` is how sure the delay is,
    None where it was not measured; `lens_file` what was measured of the lens, `lens_source` its name.
    """

    plate: str
    track: str
    set_name: str
    scene: str
    shot: str
    backend: str = "auto"
    delay_s: float = 0.0
    record_matte: bool = False
    roll_at_start: bool = False
    cues: tuple[Cue, ...] = ()
    stills: tuple[int, ...] = ()
    paced: bool = False
    loop: bool = False
    port: int | None = None
    plate_delay_s: float = 0.0
    vantage: Vantage | None = None
    wait_for_track: bool = True
    timecode: str | None = None
    key: KeySettings = field(default_factory=KeySettings)
    lens: Lens | None = None
    tracker_from_camera: Pose | None = None
    ltc: str | None = None
    delay_sd_s: float | None = None
    lens_file: LensFile | None = None
    lens_source: str = ""
    rings: Rings = field(default_factory=Rings)


@dataclass(frozen=True)
class StageResult:
    """What happened, in figures. `trouble` is what ended the run early, None if nothing did.
    `timecode_state` and `timecode_note` are as on the monitor."""

    takes: tuple[TakeRecord, ...]
    tally: Tally
    delay_s: float
    delay_found: DelayEstimate | None
    track_counts: dict[str, Any]
    track_samples: int
    backend: str
    seconds: float
    trouble: OpensetError | None
    recorder_queue_deepest: int
    stills: tuple[MonitorFrame, ...]
    interrupted: bool
    timecode_state: str = ""
    timecode_note: str = ""


def recover_open_takes(production: Production, say: Say) -> tuple[TakeRecord, ...]:
    """Close and seal every take that a killed engine left open; those still rolling are left alone."""
    recovered = []
    for take_id in take_ids(production):
        folder = take_folder(production, take_id)
        try:
            if read_take(folder).state != "recording" and is_sealed(folder):
                continue
            recovered.append(recover_take(folder))
            say(f"take {take_id} was left open; recovered with {recovered[-1].frames} frames")
        except OpensetError as trouble:
            say(f"take {take_id} is left as it is: {trouble.line}")
    return tuple(recovered)


class _Open:
    """Everything a run has opened, closed in the right order whatever happened."""

    def __init__(self, plate: PlateSource, recorder: Recorder) -> None:
        self.plate, self.recorder = plate, recorder
        self.tracker: UdpTracker | None = None
        self.ltc: LtcInput | None = None
        self.control: Control | None = None
        self.monitor: Monitor | None = None
        self.renderer: Renderer | None = None

    def close(self, say: Say) -> None:
        """Takes are closed and sealed whatever else goes wrong and however often Ctrl-C is pressed;
        only the making of their proxies can be interrupted."""
        with _unhurried(say), ExitStack() as closing:
            if self.renderer is not None:
                closing.callback(self.renderer.close)
            for part in (self.monitor, self.control, self.tracker, self.ltc):
                if part is not None:
                    closing.callback(part.stop)
            if self.recorder.is_alive():
                closing.callback(self.recorder.end)
            closing.callback(self.plate.stop)
        if self.recorder.ident is not None:
            self.recorder.finish()


def _interrupting() -> list[int]:
    """The signals that raise KeyboardInterrupt here: Ctrl-C, and others where the command said so."""
    if threading.current_thread() is not threading.main_thread():
        return []
    return [each for each in signal.valid_signals() if signal.getsignal(each) is default_int_handler]


@contextmanager
def _handled(signals: list[int], handler: Callable[[], None]) -> Iterator[None]:
    for each in signals:
        signal.signal(each, lambda *_: handler())
    try:
        yield
    finally:
        for each in signals:
            signal.signal(each, default_int_handler)


def _unhurried(say: Say) -> AbstractContextManager[None]:
    """Inside, Ctrl-C and a polite kill wait: what is being closed is closed whole."""
    return _handled(_interrupting(), lambda: say("closing the take, a moment"))


def _ending_in_order(loop: StageLoop, asked: list[int]) -> AbstractContextManager[None]:
    """Inside, the first Ctrl-C ends the loop between two frames, so that every figure of the take stays
    true; the second interrupts whatever the loop waits for."""

    def end() -> None:
        asked.append(1)
        if len(asked) > 1:
            raise KeyboardInterrupt
        loop.stop("interrupted")

    return _handled(_interrupting(), end)


def run_stage(
    production: Production,
    plan: StagePlan,
    *,
    say: Say = lambda text: None,
    ready: Callable[[StageLoop, int], None] = lambda loop, start_ns: None,
) -> StageResult:
    """Open everything, run until the picture ends or an order stops it, close everything.

    `ready` is called once, just before the first frame is due at `start_ns` on the engine's clock.
    Raises an OpensetError when something cannot be opened; trouble during the run ends the take, keeps
    what was recorded and comes back in the result. Ctrl-C while frames run is an order to end, and the
    result says so; a second one raises KeyboardInterrupt, once the take is closed.
    """
    if plan.backend not in BACKENDS:
        raise BadInput(f"no back end {plan.backend!r}", todo=f"Choose one of {', '.join(BACKENDS)}")
    recover_open_takes(production, say)
    scene = read_set(set_file(production, plan.set_name))
    plate = PlateSource(
        plan.plate,
        rate=production.rate,
        paced=plan.paced or is_endpoint(plan.track) or _hears_live(plan),
        loop=plan.loop,
        delay_s=plan.plate_delay_s,
    )
    opened = _Open(plate, Recorder(production))
    try:
        plan = replace(plan, lens=_lens_of(plan, plate.format.width, plate.format.height))
        series = _series_of(plan, plate.format.width, plate.format.height)
        heard = _open_ltc(plan, opened, say)
        track = _open_track(plan, opened, say)
        if series is not None and series.is_series:
            _refuse_silence(series, track, wait=plan.wait_for_track)
        loop = _open_loop(production, plan, scene, track, opened, series, say)
        opened.recorder.start()
        start_ns = time.monotonic_ns() + LEAD_NS
        if isinstance(track, FileTrack) and plate.realtime:
            track.start_at(start_ns)
        if opened.ltc is not None:
            late_ns = ns_from_s(plan.plate_delay_s) if opened.ltc.with_picture else 0
            opened.ltc.start_at(start_ns + late_ns if plate.realtime else 0, realtime=plate.realtime)
        ready(loop, start_ns)
        began = time.monotonic()
        asked: list[int] = []
        ticker = _Ticker(loop, None if plan.loop else plate.format.promised_frames, say, heard)
        ticker.start()
        plate.start_at(start_ns)
        try:
            with _ending_in_order(loop, asked):
                loop.run()
        finally:
            ticker.stop()
        seconds = time.monotonic() - began
    finally:
        opened.close(say)
    records, tally = tuple(opened.recorder.records), loop.tally
    # Frames that were on their way when the disk gave up are in no take.
    written = sum(record.frames for record in records)
    tally = replace(
        tally,
        recorded=written,
        recording_lost=tally.recording_lost + tally.recorded - written,
    )
    return StageResult(
        takes=records,
        tally=tally,
        delay_s=loop.delay_s,
        delay_found=loop.delay_found,
        track_counts=asdict(opened.tracker.counts) if opened.tracker else {},
        track_samples=track.samples,
        backend=loop.settings.backend,
        seconds=seconds,
        trouble=opened.recorder.trouble or plate.trouble,
        recorder_queue_deepest=opened.recorder.pipe.deepest,
        stills=tuple(loop.stills),
        interrupted=bool(asked),
        timecode_state=loop.status.timecode_state,
        timecode_note=loop.status.timecode_note,
    )


def _lens_of(plan: StagePlan, width: int, height: int) -> Lens | None:
    """The plan's lens for the picture that is shot. Raises BadInput where it cannot be."""
    if plan.lens is None or plan.lens_file is not None:
        return None
    if plan.lens.is_bent:
        return measured_lens_for(plan.lens, width, height, plan.lens_source)
    return plain_lens_for(plan.lens, width, height)


def _series_of(plan: StagePlan, width: int, height: int) -> LensSeries | None:
    """The plan's lens file for the picture that is shot. Raises BadInput where it cannot be, or for a
    setting that was not measured."""
    if plan.lens_file is None:
        return None
    settings = tuple(
        scaled(each, measured_lens_for(each.lens, width, height, plan.lens_source))
        for each in plan.lens_file.settings
    )
    return LensSeries(replace(plan.lens_file, settings=settings), plan.rings, plan.lens_source)


def _refuse_silence(series: LensSeries, track: Track, *, wait: bool) -> None:
    """Raise BadInput where neither the plan nor the track says how the rings of a series stand. What a
    live tracker has not said yet a plan that does not wait learns later: the monitor says so."""
    if isinstance(track, FileTrack):
        told = [rings_of(report) for _, report in track.every(1)]
        if all(series.at(rings).missing for rings in told):
            series.refuse_silence(min(told, key=lambda rings: len(series.at(rings).missing)))
    elif wait:
        until = time.monotonic() + RINGS_PATIENCE_S
        while series.at(rings_of(track.at(time.monotonic_ns()).lens)).missing:
            if time.monotonic() > until:
                series.refuse_silence(rings_of(track.at(time.monotonic_ns()).lens))
            time.sleep(0.02)


def _open_track(plan: StagePlan, opened: _Open, say: Say) -> Track:
    """The track of the plan; a live one has given its first sample unless the plan does not wait."""
    plate = opened.plate
    if not is_endpoint(plan.track):
        if plan.track.lower().endswith(UNTIMED):
            raise _untimed(plan.track)
        samples = read_track(Path(plan.track))
        promised = plate.format.promised_frames
        period = frame_time_ns(promised, plate.format.rate) if plan.loop and promised else None
        return FileTrack(samples, period_ns=period)
    track = LiveTrack()
    opened.tracker = open_tracker(plan.track, track.add)
    opened.tracker.start()
    if plan.wait_for_track:
        say(f"waiting for the tracker on {plan.track}")
        if not track.wait_for(1, FIRST_SAMPLE_S):
            raise TrackNotFound(
                f"nothing arrived in {FIRST_SAMPLE_S:.0f} s",
                where=plan.track,
                todo="Start the tracker, and send to this machine's address and this port",
            )
    return track


def _untimed(track: str) -> BadInput:
    timed = Path(track).with_suffix(".otrk.jsonl")
    return BadInput(
        "FreeD packets carry no time",
        where=track,
        todo=f"Convert them first: openset convert {shlex.quote(track)} {shlex.quote(str(timed))} "
        "--rate 50 --profile …",
    )


def _hears_live(plan: StagePlan) -> bool:
    """True where the timecode comes in real time, so that the picture must too."""
    return plan.ltc is not None and bool(parse_ltc(plan.ltc).system)


def _open_ltc(plan: StagePlan, opened: _Open, say: Say) -> str:
    """The plan's timecode; a sound input has been heard, unless the plan does not wait or it is silent:
    then the takes say so. What was said of it, "" for nothing."""
    if plan.ltc is None:
        return ""
    source = parse_ltc(plan.ltc)
    own = not source.system and Path(plan.plate).is_file() and Path(source.place).samefile(plan.plate)
    ltc = opened.ltc = LtcInput(source, opened.plate.format.rate, with_picture=own)
    ltc.start()
    if ltc.live and plan.wait_for_track:
        say(f"waiting for timecode on {plan.ltc}")
        if not ltc.wait_for_lock(FIRST_SAMPLE_S):
            say(f"  {ltc.note or 'no timecode heard'}; going on, and listening")
            return say_timecode("none", ltc.note)
        return say_timecode("locked", "")
    return ""


def track_trouble(counts: TrackerCounts) -> int:
    """How many datagrams were lost or thrown away."""
    return counts.lost + counts.out_of_order + sum(counts.faults.values())


def _vantage(
    track: Track, plan: StagePlan, series: LensSeries | None, width: int, height: int
) -> Vantage:
    """From where, and how far around, this track will see the set."""
    if plan.vantage is not None:
        return plan.vantage
    if isinstance(track, FileTrack):
        found, margin_rad = track.every(25), MARGIN_RAD
    else:
        now = track.at(time.monotonic_ns())
        found, margin_rad = ([(now.pose, now.lens)] if now.pose else []), LIVE_MARGIN_RAD
    mounts = FrameLens(width, height, series=series, mount=plan.tracker_from_camera)
    poses = []
    for pose, report in found:
        mounts.at(report)
        poses.append(pose.after(mounts.tracker_from_camera))
    reports = [report for _, report in found if report and report.focal_length_mm]
    if series is not None:
        lens = series.widest
    elif reports:
        widest = min(reports, key=lambda report: report.focal_length_mm or 0.0)
        lens = lens_from_report(widest, width, height)
    else:
        lens = plan.lens or pinhole(width, height, NOMINAL_FOCAL_MM, NOMINAL_SENSOR_MM)
    return vantage_of(poses or [look_at((0.0, -4.0, 1.5), (0.0, 0.0, 1.5))], lens, margin_rad)


def _open_loop(
    production: Production,
    plan: StagePlan,
    scene: Scene,
    track: Track,
    opened: _Open,
    series: LensSeries | None,
    say: Say,
) -> StageLoop:
    """The renderer, the keyer, the loop and the socket, warmed up: no frame waits for a compiler."""
    plate = opened.plate.format
    vantage = _vantage(track, plan, series, plate.width, plate.height)
    renderer = open_renderer(
        production, scene, plan.set_name, plan.backend, vantage, realtime=opened.plate.realtime,
        size=(plate.width, plate.height), say=say,
    )  # fmt: skip
    opened.renderer = renderer
    tracker = opened.tracker
    loop = StageLoop(
        production,
        opened.plate,
        track,
        renderer,
        Keyer(plate.width, plate.height, plan.key, clock=time.perf_counter_ns),
        opened.recorder,
        LoopSettings(
            scene=plan.scene,
            shot=plan.shot,
            set_name=plan.set_name,
            backend=renderer.name,
            plate_source=plan.plate,
            track_source=plan.track,
            delay_s=plan.delay_s,
            record_matte=plan.record_matte,
            key=plan.key.as_mapping(),
            cues=(*plan.cues, Cue(0, "roll")) if plan.roll_at_start else plan.cues,
            stills=plan.stills,
            tracker_from_camera=plan.tracker_from_camera,
            fallback_lens=plan.lens,
            lens_series=series,
            delay_sd_s=plan.delay_sd_s,
            lens_source=plan.lens_source,
        ),
        world_from_stage=scene.world_from_stage,
        start_timecode=_start_timecode(plan.timecode, plate),
        track_faults=(lambda: track_trouble(tracker.counts)) if tracker else (lambda: 0),
        ltc=opened.ltc,
        watch=MarkWatch(production.marks, delay_sd_s=plan.delay_sd_s or 0.0),
    )
    _warm_up(renderer, Keyer(plate.width, plate.height, plan.key), plate.width, plate.height)
    if plan.port is not None:
        control = Control(
            production.id,
            production.title,
            port=plan.port,
            status=loop.status.as_message,
            obey=loop.obey,
        )
        opened.control = control
        control.start_serving()
        opened.monitor = loop.monitor = Monitor(control.publish, control.watched)
        opened.monitor.start()
        say(f"live monitor on port {control.port}")
    return loop


def _start_timecode(asked: str | None, plate: PlateFormat) -> Timecode:
    """The timecode of the source's first frame; a clip's own where it can be read."""
    if asked is None:
        with suppress(ValueError):
            return parse_timecode(plate.timecode, plate.rate)
    return parse_timecode(asked or FIRST_TIMECODE, plate.rate)


def _warm_up(renderer: Renderer, keyer: Keyer, width: int, height: int) -> None:
    """One frame of flat green through renderer and keyer, so that everything is compiled."""
    picture, composite = empty_yuv420(width, height), empty_yuv420(width, height)
    picture.y[:], picture.u[:], picture.v[:] = 120, 90, 80
    background = np.zeros((3, height, width), np.uint8)
    renderer.render(look_at((0, -4, 1.5), (0, 0, 1.5)), pinhole(width, height, 30, 24), background)
    keyer.process(picture, background, composite, np.zeros((height, width), np.uint8))


class _Ticker(threading.Thread):
    """Says every few seconds how far the shoot is, and at once what became of the timecode, until
    closed. `heard` is what was said of the timecode before."""

    def __init__(self, loop: StageLoop, promised: int | None, say: Say, heard: str) -> None:
        super().__init__(name="ticker", daemon=True)
        self._loop, self._promised, self._say, self._heard = loop, promised, say, heard
        self._ending = threading.Event()

    def run(self) -> None:
        due_s = time.monotonic() + TICK_S
        patient_s = time.monotonic() + LTC_PATIENCE_S
        while not self._ending.wait(LOOK_S):
            if self._loop.status.timecode_note or time.monotonic() > patient_s:
                self._tell_timecode()
            if time.monotonic() < due_s:
                continue
            due_s += TICK_S
            status = self._loop.status
            total = f" of {self._promised}" if self._promised else ""
            self._say(
                f"  frame {status.frames_in}{total}, {status.rate_fps:.1f} a second, "
                f"dropped {status.dropped}, {status.tracking_state}"
            )

    def _tell_timecode(self) -> None:
        status = self._loop.status
        if not status.frames_in:
            return
        told = say_timecode(status.timecode_state, status.timecode_note)
        if told and told != self._heard:
            self._heard = told
            self._say(f"  {told}")

    def stop(self) -> None:
        self._ending.set()
        self.join()
        self._tell_timecode()
