"""Picture and track for the measuring of their delay: from a take, from a clip and a track's file, or
live, each with the times it has and on whose clock they are.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from openset.formats import opentrackio
from openset.primitives.errors import BadInput, PlateNotFound, TrackNotFound
from openset.primitives.image import U8Plane
from openset.primitives.space import IDENTITY, Pose
from openset.primitives.time import NS_PER_S, frame_time_ns, ns_from_s
from openset.stage.exchange.lens_source import open_lens
from openset.stage.lens.model import Lens, undistort
from openset.stage.live.inlet import open_tracker
from openset.stage.live.pipes import PipeClosed
from openset.stage.live.plate import PlateFrame, PlateSource, is_live
from openset.stage.live.recorded import open_recording
from openset.stage.live.track import LiveTrack
from openset.stage.record.files import read_take, read_track_lines
from openset.stage.record.model import PICTURE_FILE, RAW_FILE, TAKE_FILE
from openset.stage.record.track import TrackLine
from openset.stage.tracking.buffer import TrackBuffer
from openset.stage.tracking.delay_model import clock
from openset.stage.tracking.endpoint import is_endpoint
from openset.stage.tracking.motion import WORKING_WIDTH, Motion, MotionLog, Sight
from openset.stage.tracking.opentrackio_reading import sample_from_reading
from openset.stage.tracking.samples import TrackSample

Say = Callable[[str], None]
MOST_SAMPLES = 2_000_000
SET_BACK_NS = 100_000_000
FIRST_FRAME_S = 10.0
FIRST_SAMPLE_S = 10.0
MARGIN_S = 1.5
LONGEST_S = 36_000.0
_UNEVEN = 0.1
_UNTURNED, _UNMOVED_M, _ENOUGH = 0.999999, 0.005, 5000
BY_FIRST = "clip and track from their first frame and sample"
"""The clock of files that share none."""


@dataclass(frozen=True, eq=False)
class Material:
    """What the delay is measured from. `clock` says in words what the times of both are counted from;
    `used_s` is the delay a take was recorded with; `uneven` whether the frames' times are; `went_back`
    says that the track's clock was set back while it was recorded, "" where it was not."""

    motion: Motion
    track: list[TrackSample]
    clock: str
    frames: int
    lens: Lens | None = None
    used_s: float | None = None
    uneven: bool = False
    went_back: str = ""
    width_px: int = 0

    @property
    def per_measured_px(self) -> float:
        """Pixels of the picture to one of the width its motion is measured at."""
        return max(1.0, self.width_px / WORKING_WIDTH)


@dataclass(frozen=True)
class Wanted:
    """Which part of the picture, `start_s` and `seconds`; `mount` takes the tracker's body to the
    camera's entrance pupil (None: as the lens file says, else as it is); `lens` names a lens's file;
    `rate` and `profile` are for what holds no times and FreeD."""

    start_s: float = 0.0
    seconds: float = 30.0
    mount: Pose | None = None
    lens: Path | None = None
    rate: Fraction | None = None
    profile: str = "raw"


def from_take(folder: Path, wanted: Wanted, say: Say) -> Material:
    """A take's picture and what the tracker sent meanwhile, both on the engine's clock."""
    record = read_take(folder)
    lines = read_track_lines(folder)
    late_ns = ns_from_s(record.spec.delay_s)
    size = (record.spec.width, record.spec.height)
    lens, mount = _lens_of(wanted, size)
    log = _Watched(wanted, lens := lens or record.spec.lens)
    for frame in _frames(PlateSource(str(folder / PICTURE_FILE), rate=record.spec.rate)):
        if frame.index >= len(lines):
            break
        began = frame_time_ns(frame.index, record.spec.rate)
        if not log.add(began, lines[frame.index].time_ns + late_ns, frame.picture.y, say):
            break
    motion = log.motion()
    track, back = _samples(folder, wanted, IDENTITY)
    if wanted.mount is None and (wanted.lens is None or mount == IDENTITY):
        mount = _mount_kept(lines, track)
    if (folder / RAW_FILE).is_file() and (folder / RAW_FILE).stat().st_size:
        track = _mounted(track, mount)  # frame by frame it is the camera's already
    said = "the engine's clock, as the take kept it"
    return Material(
        motion, track, said, log.frames, lens, record.spec.delay_s, log.uneven, back, log.width_px
    )


def _mount_kept(lines: Sequence[TrackLine], track: Sequence[TrackSample]) -> Pose:
    """How the camera sat on the tracker in the take: its poses beside what the tracker sent."""
    heard = TrackBuffer(capacity_s=LONGEST_S)
    for each in track[:_ENOUGH]:
        heard.add(each)
    for line in lines:
        body = heard.at(line.time_ns, hold_after_s=0.0)
        if line.state == "tracked" and body.state == "tracked" and body.pose is not None:
            reading = opentrackio.read(line.sample)
            camera = sample_from_reading(reading, line.time_ns, None).stage_from_camera
            mount = body.pose.inverse().after(camera)
            turned = abs(mount.rotation_wxyz[0]) < _UNTURNED
            return mount if turned or np.abs(mount.position_m).max() > _UNMOVED_M else IDENTITY
    return IDENTITY


def from_files(picture: str, track: Path, wanted: Wanted, say: Say) -> Material:
    """A clip and a track's file. The clip counts from its first frame; the track by its own times where
    they fall on the clip, else from its first sample."""
    plate = PlateSource(picture, rate=wanted.rate or Fraction(25))
    lens, mount = _lens_of(wanted, (plate.format.width, plate.format.height))
    samples, back = _samples(track, wanted, mount)
    log = _Watched(wanted, lens)
    for frame in _frames(plate):
        if not log.add(frame.time_ns, frame.time_ns, frame.picture.y, say):
            break
    motion = log.motion()
    end_ns = int(motion.to_ns[-1]) if len(motion.to_ns) else 0
    first_ns, last_ns = samples[0].time_ns, samples[-1].time_ns
    over_ns = min(end_ns, last_ns) - max(0, first_ns)
    if over_ns >= 0.5 * min(end_ns, last_ns - first_ns) and over_ns > 0:
        said = "the clip from its first frame, the track by its own times"
    else:
        said = BY_FIRST
        samples = [replace(each, time_ns=each.time_ns - first_ns) for each in samples]
    return Material(motion, samples, said, log.frames, lens, None, log.uneven, back, log.width_px)


def from_live(picture: str, track: str, wanted: Wanted, say: Say) -> Material:
    """What comes from a camera and a tracker now, for as long as is wanted, as the engine times it."""
    poses = LiveTrack(wanted.seconds + FIRST_FRAME_S + 2 * MARGIN_S)
    tracker = open_tracker(track, poses.add)
    plate = PlateSource(picture)
    lens, mount = _lens_of(wanted, (plate.format.width, plate.format.height))
    tracker.start()
    try:
        say(f"waiting for the tracker on {track}")
        if not poses.wait_for(1, FIRST_SAMPLE_S):
            raise TrackNotFound(
                f"nothing arrived in {FIRST_SAMPLE_S:.0f} s",
                where=track,
                todo="Start the tracker, and send to this machine's address and this port",
            )
        plate.start()
        log = _Watched(wanted, lens)
        first_ns: int | None = None
        say(f"move the camera now: pan and tilt quickly and unevenly for {wanted.seconds:.0f} s")
        for frame in _queued(plate, FIRST_FRAME_S):
            first_ns = frame.time_ns if first_ns is None else first_ns
            if not log.add(frame.time_ns - first_ns, frame.time_ns, frame.picture.y, say):
                break
        time.sleep(0.3)
        motion = log.motion()
        begin, end = (int(motion.from_ns[0]), int(motion.to_ns[-1])) if len(motion.to_ns) else (0, 0)
        margin = ns_from_s(MARGIN_S)
        samples = _mounted(poses.between(begin - margin, end + margin), mount)
    finally:
        plate.stop()
        tracker.stop()
    return Material(
        motion,
        samples,
        "this machine's clock",
        log.frames,
        lens,
        None,
        log.uneven,
        width_px=log.width_px,
    )


def is_take(path: Path) -> bool:
    """Whether a folder is a take's."""
    return (path / TAKE_FILE).is_file()


def material_of(take: Path | None, picture: str, track: str, wanted: Wanted, say: Say) -> Material:
    """The material of what the command line names. Raises BadInput where that is not enough."""
    if take is not None:
        return from_take(take, wanted, say)
    if is_live(picture) != is_endpoint(track):
        raise BadInput(
            "one is live and the other recorded: they share no clock",
            where=f"{picture} and {track}",
            todo="Give both live, or both from files",
        )
    if is_live(picture):
        return from_live(picture, track, wanted, say)
    return from_files(picture, Path(track), wanted, say)


def sight_through(lens: Lens) -> Sight:
    """What the motion of a picture has to know of its lens."""
    middle, focal = np.array([lens.cx_px, lens.cy_px]), np.array([lens.fx_px, lens.fy_px])
    return Sight(
        lens.width_px,
        lens.height_px,
        lens.fx_px,
        lens.cy_px,
        lambda pixels: undistort(lens, (pixels - middle) / focal),
    )


class _Watched:
    """The motion of the part of a picture that is wanted, and what its times are like."""

    def __init__(self, wanted: Wanted, lens: Lens | None) -> None:
        self._wanted = wanted
        self._log = MotionLog(LONGEST_S, None if lens is None else sight_through(lens))
        self._times: list[int] = []
        self._told_s = 0.0
        self.width_px = 0

    @property
    def frames(self) -> int:
        """How many frames were looked at."""
        return len(self._times)

    @property
    def uneven(self) -> bool:
        """Whether one frame in ten or more came off the usual interval by a tenth or more of it (gaps
        of whole frames do not count)."""
        if len(self._times) < 10:
            return False
        steps = np.diff(self._times) / max(1.0, float(np.median(np.diff(self._times))))
        return bool(np.mean(np.abs(steps - np.maximum(1, np.round(steps))) > _UNEVEN) > 0.1)

    def add(self, place_ns: int, time_ns: int, luma: U8Plane, say: Say) -> bool:
        """Take in a frame at `place_ns` since the first; False where no more are wanted."""
        seconds = place_ns / NS_PER_S - self._wanted.start_s
        if seconds > self._wanted.seconds:
            return False
        if seconds >= 0:
            self._log.add(time_ns, luma)
            self.width_px = luma.shape[1]
            self._times.append(time_ns)
            if seconds - self._told_s >= 5.0:
                self._told_s = seconds
                say(f"{seconds:.0f} s of the picture read")
        return True

    def motion(self) -> Motion:
        """What was seen."""
        return self._log.motion()


def _lens_of(wanted: Wanted, size: tuple[int, int]) -> tuple[Lens | None, Pose]:
    """The lens of pictures of this size, and how the camera sits on the tracker."""
    if wanted.lens is None:
        return None, wanted.mount or IDENTITY
    file = open_lens(wanted.lens, *size)
    if len(file.settings) > 1:
        raise BadInput(
            f"holds {len(file.settings)} settings of the lens",
            where=str(wanted.lens),
            todo="Give a file of the one the picture was taken with",
        )
    return file.settings[0].lens, wanted.mount or file.tracker_from_camera or IDENTITY


def _frames(plate: PlateSource) -> Iterator[PlateFrame]:
    """A recorded picture's frames, as fast as they are read."""
    plate.start_at(0)
    try:
        yield from _queued(plate, FIRST_FRAME_S)
    finally:
        plate.stop()
    if plate.trouble is not None:
        raise plate.trouble


def _queued(plate: PlateSource, patience_s: float) -> Iterator[PlateFrame]:
    """Frames as they come, until the source ends; PlateNotFound where none comes for long."""
    while True:
        try:
            frame = plate.queue.get(patience_s)
        except PipeClosed:
            return
        if frame is None:
            raise PlateNotFound(
                f"no frame came for {patience_s:.0f} s", where=plate.source, todo="Check the camera"
            )
        yield frame


def _samples(path: Path, wanted: Wanted, mount: Pose) -> tuple[list[TrackSample], str]:
    """The samples of the source that sent most, in order of time, as the camera's entrance pupil; and
    what is said of a clock that was set back."""
    counts: Counter[str] = Counter()
    kept: list[tuple[str, TrackSample]] = []
    for report in open_recording(path, rate=wanted.rate, profile=wanted.profile).entries():
        counts[report.source] += 1
        kept.append((report.source, report.sample))
        if len(kept) > MOST_SAMPLES:
            raise BadInput(
                f"more than {MOST_SAMPLES} samples", where=str(path), todo="Give a shorter track"
            )
    most = counts.most_common(1)[0][0]
    samples = [sample for name, sample in kept if name == most]
    told = _set_back(samples)
    return _mounted(sorted(samples, key=lambda sample: sample.time_ns), mount), told


def _set_back(samples: list[TrackSample]) -> str:
    """Where the times of a track, as it was recorded, go back: datagrams overtake each other by
    milliseconds, a clock that is set goes further."""
    times = np.array([sample.time_ns for sample in samples], np.int64)
    back = np.flatnonzero(np.diff(times) < -SET_BACK_NS)
    if not len(back):
        return ""
    here = int(back[0])
    by_s = (times[here] - times[here + 1]) / NS_PER_S
    return f"the tracker's clock was set back by {by_s:.2f} s at {clock(_since(times, here))}"


def _since(times: npt.NDArray[np.int64], here: int) -> float:
    """Seconds from the first sample to one, by the clock before it was set."""
    return float(times[here] - times[0]) / NS_PER_S


def _mounted(samples: list[TrackSample], mount: Pose) -> list[TrackSample]:
    if mount == IDENTITY:
        return samples
    return [replace(each, stage_from_camera=each.stage_from_camera.after(mount)) for each in samples]
