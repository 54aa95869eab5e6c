"""A simulated shooting day run through the real stage, and judged against the truth.

The tracker speaks OpenTrackIO over loopback UDP, the picture comes at its own delay, the engine
measures that delay in the rehearsal, and two takes are rolled.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from openset.formats.opentrackio import read
from openset.primitives.space import pose_from_matrix
from openset.primitives.time import NS_PER_S, frame_time_ns
from openset.sim.files import Shoot, read_grey, read_true_poses
from openset.sim.judge import MatteError, TrackError, key_error, track_error
from openset.sim.live import TrackerSender
from openset.sim.plan import DayPlan
from openset.stage.lens.model import Lens
from openset.stage.live.loop import Cue, StageLoop
from openset.stage.record.files import read_track_lines
from openset.stage.record.model import MATTE_FILE, TakeRecord
from openset.stage.render.vantage import Vantage, vantage_of
from openset.stage.rig import StagePlan, StageResult, run_stage
from openset.stage.tracking.opentrackio import sample_from_reading
from openset.store.production import Production, take_folder

TRACKER_DELAY_S = 0.012


@dataclass(frozen=True)
class Schedule:
    """The day in source frames: the rehearsal in which the delay is measured, and each take's slate,
    first frame and end."""

    measure: tuple[int, int]
    takes: tuple[tuple[str, int, int], ...]

    @property
    def frames(self) -> int:
        """Frames the day needs."""
        return self.takes[-1][2] + 5

    def cues(self) -> tuple[Cue, ...]:
        """The schedule as the loop's cues."""
        out = [Cue(self.measure[0], "measure"), Cue(self.measure[1], "measured")]
        for slate, first, end in self.takes:
            out += [Cue(first - 2, "slate", slate), Cue(first, "roll"), Cue(end, "cut")]
        return tuple(out)


DEMO_DAY = Schedule(measure=(5, 165), takes=(("1 A", 175, 285), ("2 A", 300, 410)))


@dataclass(frozen=True)
class JudgedTake:
    """A take's record beside the truth."""

    record: TakeRecord
    folder: Path
    key: MatteError
    track: TrackError


@dataclass(frozen=True)
class JudgedDay:
    """What the stage did and how far it was from the truth."""

    stage: StageResult
    takes: tuple[JudgedTake, ...]
    true_delay_s: float
    sent: int

    @property
    def delay_error_ms(self) -> float:
        """Delay used minus the true one."""
        return (self.stage.delay_s - self.true_delay_s) * 1000


def day_plan(schedule: Schedule, seed: int, width_px: int = 1280, height_px: int = 720) -> DayPlan:
    """A plan long enough for the schedule."""
    plan = DayPlan(seed=seed, width_px=width_px, height_px=height_px)
    return replace(plan, duration_s=float(schedule.frames / plan.rate))


def shoot_day(
    production: Production,
    shoot: Shoot,
    schedule: Schedule,
    *,
    set_name: str,
    backend: str = "auto",
    port: int | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> JudgedDay:
    """Run the day through the stage in real time and judge it; raises the trouble that ended it."""
    address = f"udp:127.0.0.1:{free_udp_port()}"
    sender: TrackerSender | None = None
    start_ns = 0

    def ready(loop: StageLoop, first_ns: int) -> None:
        nonlocal sender, start_ns
        start_ns = first_ns
        sender = TrackerSender(
            shoot.plan, address, first_ns, tracker_delay_s=TRACKER_DELAY_S, lead_in_s=0.25
        )
        sender.start()

    plan = StagePlan(
        plate=str(shoot.plate),
        track=address,
        set_name=set_name,
        scene=schedule.takes[0][0].split()[0],
        shot=schedule.takes[0][0].split()[1],
        backend=backend,
        record_matte=True,
        cues=schedule.cues(),
        stills=tuple(
            (first + end) // 2 + offset for _, first, end in schedule.takes for offset in (-30, 30)
        ),
        port=port,
        plate_delay_s=shoot.plan.delay_s,
        vantage=camera_vantage(shoot),
        wait_for_track=False,
    )
    try:
        result = run_stage(production, plan, say=say, ready=ready)
    finally:
        if sender is not None:
            sender.stop()
    if result.trouble is not None:
        raise result.trouble
    takes = tuple(judge_take(production, record, shoot, start_ns) for record in result.takes)
    # The engine hears the tracker TRACKER_DELAY_S after the moment: its clock map takes that for zero.
    true_delay_s = shoot.plan.delay_s - TRACKER_DELAY_S
    return JudgedDay(result, takes, true_delay_s, sender.sent if sender else 0)


def camera_vantage(shoot: Shoot) -> Vantage:
    """From where the day's camera sees the set: known here, as a crew knows where its dolly runs."""
    _, poses = read_true_poses(shoot)
    optics = shoot.plan.optics
    lens = Lens(
        optics.width_px, optics.height_px, optics.f_px, optics.f_px, optics.cx_px, optics.cy_px,
        k1=optics.k1, k2=optics.k2, p1=optics.p1, p2=optics.p2,
    )  # fmt: skip
    return vantage_of([pose_from_matrix(pose) for pose in poses[::10]], lens)


def judge_take(production: Production, record: TakeRecord, shoot: Shoot, start_ns: int) -> JudgedTake:
    """Compare a take's mattes and poses with the truth of the same frames.

    `start_ns` is when frame 0 of the day was exposed, on the engine's clock.
    """
    folder = take_folder(production, record.spec.id)
    lines = read_track_lines(folder)
    shift_ns = start_ns + round((shoot.plan.delay_s - record.spec.delay_s) * NS_PER_S)
    period_ns = frame_time_ns(1, shoot.plan.rate)
    numbers = [round((line.time_ns - shift_ns) / period_ns) for line in lines]
    _, true_poses = read_true_poses(shoot)
    poses = np.array(
        [
            sample_from_reading(read(line.sample), line.time_ns).stage_from_camera.matrix
            for line in lines
        ]
    )
    key = key_error(
        _grey(folder / MATTE_FILE),
        _picked(read_grey(shoot.matte), numbers),
        _picked(read_grey(shoot.screen), numbers),
    )
    return JudgedTake(record, folder, key, track_error(poses, true_poses[numbers], shoot.plan.optics))


def _grey(path: Path) -> Iterator[npt.NDArray[np.uint8]]:
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            yield frame.to_ndarray(format="gray").astype(np.uint8, copy=False)


def _picked(
    frames: Iterator[npt.NDArray[np.uint8]], numbers: list[int]
) -> Iterator[npt.NDArray[np.uint8]]:
    """Frames of those numbers, which rise."""
    wanted = iter(numbers)
    number = next(wanted, None)
    for index, frame in enumerate(frames):
        while number == index:
            yield frame
            number = next(wanted, None)


def free_udp_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
