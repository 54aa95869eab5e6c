"""One phone: its pictures solved against the printed tags, its turning between them, its poses sent.

Two threads meet here: the socket's, which must never wait, and the solver's own. Of pictures only the
newest is solved; of trouble nothing is raised, it is counted and said in `status`.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.image import U8Plane
from openset.primitives.space import F64, Pose, quaternion_from_matrix
from openset.primitives.time import ns_from_s
from openset.stage.accuracy.said import say_spread
from openset.stage.lens.measured import LensFile
from openset.stage.lens.model import Lens
from openset.stage.lens.report import report_from_lens
from openset.stage.live.outlet import UdpOutlet
from openset.stage.live.phone_keep import Keeper
from openset.stage.live.phone_wire import Frame, Motion
from openset.stage.live.pipes import Latest
from openset.stage.live.recorded import Report
from openset.stage.markers.bow import unbowed
from openset.stage.markers.detect import TagDetector
from openset.stage.markers.edge import EDGE_SD_PX, learned
from openset.stage.markers.equations import seen_corners
from openset.stage.markers.focal import TagView, pose_by_lens
from openset.stage.markers.gyro_mount import GyroMount
from openset.stage.markers.handheld import BRIDGE_S, NAMED_M, Carried, Handheld
from openset.stage.markers.model import CameraView, PoseEstimate, SeenTag, TagMap
from openset.stage.markers.phone_clock import PhoneClock
from openset.stage.markers.phone_lens import PhoneLens
from openset.stage.markers.pose import solve
from openset.stage.markers.refine import STILL
from openset.stage.markers.refine import Motion as Twist
from openset.stage.tracking.endpoint import Endpoint
from openset.stage.tracking.samples import LensReport, TrackSample
from openset.stage.tracking.wire import Heard

ENOUGH_TAGS = 4
"""So many hold a pose: no more time is spent on looking for others."""
FULL_EVERY = 10
SILENT_NS = 1_000_000_000
STEP_NS = 16_666_667
OLDEST_NS = 5_000_000_000
AHEAD_NS = 100_000_000
"""What a phone says of a moment longer gone, or that much ahead of now, is not believed: one such pose
or reading would be newer than all that follow."""
_BROWSER_SPREAD = np.diag([0.02**2] * 3 + [0.005**2] * 3)
"""What WebXR's own tracking is off by in a room, as said in docs/how-to/use-a-phone.md."""
_FACING_SPREAD = np.diag([0.3**2] * 3 + [0.035**2] * 3)


@dataclass(frozen=True)
class PhonePlan:
    """What all phones share. `to` is where the first one's poses go; others get the ports after it."""

    to: Endpoint
    tags: TagMap | None = None
    lens: LensFile | None = None
    keep: Path | None = None
    clock: Callable[[], int] = time.monotonic_ns


class PhoneSolver(threading.Thread):
    """Solves one phone's pictures until `stop`; `place` counts phones from 0."""

    def __init__(self, name: str, place: int, plan: PhonePlan) -> None:
        super().__init__(name=f"phone {place + 1}", daemon=True)
        self._plan, self._place, self._label = plan, place, name
        self._outlet = UdpOutlet(replace(plan.to, port=plan.to.port + place))
        self._frames: Latest[tuple[Frame, int, int]] = Latest()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._detector = TagDetector()
        self._handheld = Handheld()
        self.mount = GyroMount()
        self.clock = PhoneClock()
        self.keeper = Keeper(plan.keep)
        self.faults: Counter[str] = Counter()
        self.mode = "tags"
        self.lens = PhoneLens(plan.lens)
        self._state, self._note = "waiting", ""
        self._estimate: PoseEstimate | None = None
        self._used: Lens | None = None
        self._edge = (0.0, EDGE_SD_PX)
        self._told_lens: Lens | None = None
        self._last_seen = 0
        self._frame_count = self._blind = 0
        self._frame_ns = 0
        self._told_ns = 0
        self._sent: deque[int] = deque(maxlen=240)
        self._solved: deque[int] = deque(maxlen=120)
        self._ages_ms: deque[float] = deque(maxlen=60)
        self._works_ms: deque[float] = deque(maxlen=60)
        self._jumps = 0

    # What the socket's thread says.

    def picture(self, frame: Frame) -> None:
        """A picture has come; an unsolved older one is dropped. Where the camera's own word of when it
        was taken cannot be, the moment it was sent stands for it."""
        captured = self._moment(frame.captured_ms)
        if captured is None:
            self.faults["a picture of a time that cannot be"] += 1
            captured = self._moment(frame.sent_ms)
        if captured is not None:
            self._frames.put((frame, captured, self._plan.clock()))

    def _moment(self, ms: float) -> int | None:
        """A moment of the phone's on the engine's clock; None where it cannot be true."""
        at, now = self.clock.host_ns(round(ms * 1e6)), self._plan.clock()
        ahead = AHEAD_NS + ns_from_s(self.clock.doubt_s or 0.0)
        return at if now - OLDEST_NS <= at <= now + ahead else None

    def motion(self, motion: Motion) -> None:
        """Readings of the motion sensors have come."""
        with self._lock:
            rates = self.mount.camera_rates(motion.turn)
            for ms, rate in zip(motion.ms.tolist(), rates, strict=True):
                at = self._moment(ms)
                if at is None:
                    self.faults["motion of a time that cannot be"] += 1
                else:
                    self._handheld.gyro.add(at, rate)

    def own_pose(self, ms: float, pose: Pose, mode: str) -> None:
        """A pose the browser gave by itself, already on the stage: sent as it is."""
        at = self._moment(ms)
        if at is None:
            self.faults["a pose of a time that cannot be"] += 1
            return
        self.mode = mode
        spread = _BROWSER_SPREAD if mode == "xr" else _FACING_SPREAD
        said = "turning only, " if mode == "facing" else ""
        self._send(at, pose, said + say_spread(spread))
        self._state = "tracked"

    def trips(self) -> None:
        """After an exchange of clocks: a jump of the phone's clock begins the fusion anew."""
        if self.clock.jumps != self._jumps:
            self._jumps = self.clock.jumps
            self.faults["the phone's clock jumped"] += 1
            with self._lock:
                self._handheld.clear()

    def stop(self) -> None:
        """End the thread and close the way out."""
        self._ending.set()
        if self.is_alive():
            self.join(2.0)
        self._outlet.close()

    # The solver's thread.

    def run(self) -> None:
        """Solve the newest picture, again and again."""
        while not self._ending.is_set():
            taken = self._frames.take(0.05)
            if taken is None:
                continue
            try:
                self.take(*taken)
            except (ValueError, ArithmeticError, cv2.error, np.linalg.LinAlgError):
                self.faults["a picture could not be solved"] += 1

    def take(self, frame: Frame, captured_ns: int, arrived_ns: int) -> None:
        """Solve one picture now, and send what may be told."""
        began = self._plan.clock()
        luma = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
        if luma is None or luma.shape != (frame.height_px, frame.width_px):
            self.faults["a picture could not be decoded"] += 1
            return
        self.keeper.offer(frame.jpeg, np.asarray(luma, np.uint8))
        self._frame_ns = arrived_ns
        if self.mode != "tags" or self._plan.tags is None:
            return
        self.lens.choose(frame.width_px, frame.height_px)
        seen = self._look(np.asarray(luma, np.uint8))
        estimate, self._note = self._solve(seen, captured_ns, self._plan.tags)
        step = ""
        if estimate is not None:
            estimate, step = self._with_lens_doubt(estimate, seen, self._plan.tags)
        self._estimate, self._last_seen = estimate, len(seen)
        self._works_ms.append((self._plan.clock() - began) / 1e6)
        told = self._fuse(estimate, captured_ns)
        for each in told:
            note = step if each is told[-1] and each.state == "solved" else ""
            self._send(each.time_ns, each.pose, _said(each, note))
        if estimate is not None:
            self._solved.append(self._plan.clock())
            self._ages_ms.append((self._plan.clock() - captured_ns) / 1e6)
            self.lens.learn(seen, estimate, self._plan.tags)

    def _look(self, luma: U8Plane) -> tuple[SeenTag, ...]:
        self._frame_count += 1
        full = self._frame_count % FULL_EVERY == 0 or 0 < self._blind <= 3
        if full:
            seen = self._detector.detect_full(luma)
        else:
            seen = self._detector.detect(luma, least=ENOUGH_TAGS)
        lens = self.lens.lens
        return seen if lens is None else unbowed(seen, lens)

    def _solve(
        self, seen: tuple[SeenTag, ...], time_ns: int, tags: TagMap
    ) -> tuple[PoseEstimate | None, str]:
        known = {tag.id: tags.tags[tag.id].corners_m for tag in seen if tag.id in tags.tags}
        start, twist = self._start(time_ns)
        solution = None
        for lens in self.lens.trials():
            edge_px, edge_sd_px = self._edge
            views = [
                CameraView(
                    lens,
                    seen,
                    readout_s=self.lens.readout_s,
                    edge_px=edge_px,
                    edge_sd_px=edge_sd_px,
                )
            ]
            solution = solve(seen_corners(views, known), start, twist)
            self._used = lens
            if solution.trouble != "no fit":
                break
        if solution is None or solution.estimate is None:
            self._blind += 1
            return None, solution.trouble if solution else "no fit"
        self._blind = 0
        self._edge = learned(self._edge, solution.estimate.edges_px.get(0))
        return solution.estimate, ""

    def _with_lens_doubt(
        self, estimate: PoseEstimate, seen: tuple[SeenTag, ...], tags: TagMap
    ) -> tuple[PoseEstimate, str]:
        """The estimate with what the lens may be off by in its spread, and in words the step that a
        lens found anew makes."""
        lens, before = self._used, self._told_lens
        self._told_lens = lens
        if lens is None:
            return estimate, ""
        slopes = pose_by_lens(TagView(seen, estimate.stage_from_body), tags, lens)
        if slopes is None:
            return estimate, ""
        covariance = estimate.covariance + slopes @ self.lens.covariance @ slopes.T
        grown = replace(estimate, covariance=covariance)
        if before is None or before.width_px != lens.width_px:
            return grown, ""
        change = np.array([lens.fx_px - before.fx_px, lens.fy_px - before.fy_px])
        step_m = float(np.linalg.norm(slopes[:3, :2] @ change))
        return grown, f"lens found anew, a step of {step_m * 100:.1f} cm" if step_m > NAMED_M else ""

    def _start(self, time_ns: int) -> tuple[Pose | None, Twist]:
        """The last pose turned on by the gyroscope, and how fast it turns."""
        with self._lock:
            last = self._handheld.last_ns
            if last is None or not 0 < time_ns - last < round(BRIDGE_S * 1e9) or not self._estimate:
                return None, STILL
            turned = self._handheld.gyro.turned(last, time_ns)
            rate = self._handheld.gyro.mean(time_ns - STEP_NS, time_ns + STEP_NS)
            velocity = self._handheld.velocity_m_s
        old = self._estimate.stage_from_body
        w, x, y, z = quaternion_from_matrix(turned).tolist()
        start = old.after(Pose((0.0, 0.0, 0.0), (w, x, y, z)))
        if rate is None:
            return start, STILL
        return start, Twist(np.concatenate([velocity, rate]))

    def _fuse(self, estimate: PoseEstimate | None, time_ns: int) -> list[Carried]:
        with self._lock:
            if estimate is not None:
                last, before = self._handheld.last_ns, self._handheld.last_rotation
                told = self._handheld.solved(time_ns, estimate.stage_from_body, estimate.covariance)
                if told:
                    self._pair(last, before, time_ns, estimate)
                    self._state = "tracked"
                return told
            bridged = self._bridge(time_ns)
            self._state = "bridged" if bridged else "lost"
            return bridged

    def _pair(self, last: int | None, before: F64 | None, now: int, estimate: PoseEstimate) -> None:
        if last is None or before is None or not 0 < now - last < 200_000_000:
            return
        mean = self._handheld.gyro.mean(last, now)
        if mean is None or estimate.used < 2:
            return
        phone = mean @ self.mount.camera_from_phone + self.mount.bias
        self.mount.pair(phone, self._handheld.turning(before, last, now))

    def _bridge(self, time_ns: int) -> list[Carried]:
        """The turning alone up to a picture that showed no tags."""
        last = self._handheld.last_ns
        if last is None:
            return []
        begin, told = max(last, self._told_ns), []
        for at in range(begin + STEP_NS, time_ns + 1, STEP_NS):
            carried = self._handheld.beyond(at)
            if carried is None:
                break
            told.append(carried)
        return told

    def _send(self, time_ns: int, pose: Pose, status: str) -> None:
        lens = told_lens(self.lens.lens)
        sample = TrackSample(time_ns, pose, lens, status=status)
        name = f"phone {self._place + 1}"
        now = self._plan.clock()
        heard = Heard(name, pose, lens, status=status)
        self._outlet.carry(Report(name, sample, heard, now), self._place, now)
        self._told_ns = max(self._told_ns, time_ns)
        self._sent.append(now)

    def status(self) -> Mapping[str, Any]:
        """How it stands, for the page and for people."""
        now, estimate, lens = self._plan.clock(), self._estimate, self.lens
        return {
            "type": "status",
            "state": self._now_state(now),
            "mode": self.mode,
            "trouble": self._note,
            "tags_seen": self._last_seen,
            "tags_used": estimate.used if estimate else 0,
            "tags_mapped": len(self._plan.tags.tags) if self._plan.tags else 0,
            "poses_per_s": _rate(self._sent, now),
            "solved_per_s": _rate(self._solved, now),
            "capture_to_pose_ms": _median(self._ages_ms),
            "solve_ms": _median(self._works_ms),
            "round_trip_ms": _rounded(self.clock.round_trip_s, 1e3, 1),
            "clock_doubt_ms": _rounded(self.clock.doubt_s, 1e3, 1),
            **_spread(estimate),
            "lens": lens.source,
            "lens_misfits": lens.misfits,
            "focal_px": None if lens.lens is None else round(lens.lens.fx_px, 1),
            "focal_doubt_percent": round(100 * lens.doubt, 2),
            "to": f"{self._plan.to.host}:{self._plan.to.port + self._place}",
            "skipped": self._frames.replaced,
            "kept": self.keeper.count,
            "faults": dict(Counter(dict(self.faults)).most_common(5)),
        }

    def _now_state(self, now: int) -> str:
        if self.mode == "tags" and self._plan.tags is None:
            return "no map"
        if self.mode == "tags" and now - self._frame_ns > SILENT_NS:
            return "no picture" if self._frame_ns else "waiting"
        if self.mode != "tags" and not (self._sent and now - self._sent[-1] < SILENT_NS):
            return "waiting"
        return self._state


_WORDS = {"solved": "tracked", "between": "tracked", "bridged": "turning only, tags lost"}


def told_lens(lens: Lens | None) -> LensReport:
    """The lens as it is sent with a pose; one not known yet, or too wide to be told, is left out."""
    try:
        return LensReport() if lens is None else report_from_lens(lens)
    except BadInput:
        return LensReport()


def _said(carried: Carried, step: str = "") -> str:
    parts = (_WORDS[carried.state], carried.note, step, say_spread(carried.covariance))
    return ", ".join(each for each in parts if each)


def _spread(estimate: PoseEstimate | None) -> dict[str, float | None]:
    """Standard deviations over the three axes together."""
    if estimate is None:
        return {"spread_mm": None, "spread_mdeg": None, "residual_px": None}
    sd = np.sqrt(np.diag(estimate.covariance))
    turned = float(np.degrees(np.linalg.norm(sd[3:])))
    return {
        "spread_mm": round(float(np.linalg.norm(sd[:3])) * 1e3, 2),
        "spread_mdeg": round(turned * 1e3, 1),
        "residual_px": round(estimate.residual_px, 2),
    }


def _rounded(value: float | None, times: float, digits: int) -> float | None:
    return None if value is None else round(value * times, digits)


def _rate(times: deque[int], now: int) -> float:
    """How many in the last second."""
    return float(sum(now - each < 1_000_000_000 for each in list(times)))


def _median(values: deque[float]) -> float | None:
    return round(float(np.median(list(values))), 1) if values else None
