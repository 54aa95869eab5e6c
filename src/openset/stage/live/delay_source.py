"""Picture and track for the measuring of their delay: from a take, from a clip and a track's file, or
live, each with the times it has and on whose clock they are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from openset.primitives.errors import BadInput, PlateNotFound, TrackNotFound
from openset.primitives.space import IDENTITY
from openset.primitives.time import frame_time_ns, ns_from_s
from openset.stage.lens.model import Lens
from openset.stage.live.delay_track import mount_kept, mounted, samples_of
from openset.stage.live.delay_watch import Say, Wanted, Watched, lens_of
from openset.stage.live.inlet import open_tracker
from openset.stage.live.pipes import PipeClosed
from openset.stage.live.plate import PlateFrame, PlateSource, is_live
from openset.stage.live.track import LiveTrack
from openset.stage.record.files import read_take, read_track_lines
from openset.stage.record.model import PICTURE_FILE, RAW_FILE, TAKE_FILE
from openset.stage.tracking.endpoint import is_endpoint
from openset.stage.tracking.motion import WORKING_WIDTH, Motion
from openset.stage.tracking.samples import TrackSample

FIRST_FRAME_S = 10.0
FIRST_SAMPLE_S = 10.0
MARGIN_S = 1.5
EARLIEST_S, LATEST_S = -0.1, 1.0
"""The delays that a stage can have, by far: beyond them two files did not begin together."""
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
    loose: bool = False
    """Whether it comes of two files that do not say when the other began."""

    @property
    def per_measured_px(self) -> float:
        """Pixels of the picture to one of the width its motion is measured at."""
        return max(1.0, self.width_px / WORKING_WIDTH)


def from_take(folder: Path, wanted: Wanted, say: Say) -> Material:
    """A take's picture and what the tracker sent meanwhile, both on the engine's clock."""
    record = read_take(folder)
    lines = read_track_lines(folder)
    late_ns = ns_from_s(record.spec.delay_s)
    size = (record.spec.width, record.spec.height)
    lens, mount = lens_of(wanted, size)
    log = Watched(wanted, lens := lens or record.spec.lens)
    for frame in _frames(PlateSource(str(folder / PICTURE_FILE), rate=record.spec.rate)):
        if frame.index >= len(lines):
            break
        began = frame_time_ns(frame.index, record.spec.rate)
        if not log.add(began, lines[frame.index].time_ns + late_ns, frame.picture.y, say):
            break
    motion = log.motion()
    track, back = samples_of(folder, wanted.rate, wanted.profile, IDENTITY)
    if wanted.mount is None and (wanted.lens is None or mount == IDENTITY):
        mount = mount_kept(lines, track)
    if (folder / RAW_FILE).is_file() and (folder / RAW_FILE).stat().st_size:
        track = mounted(track, mount)  # frame by frame it is the camera's already
    said = "the engine's clock, as the take kept it"
    return Material(
        motion, track, said, log.frames, lens, record.spec.delay_s, log.uneven, back, log.width_px
    )


def from_files(picture: str, track: Path, wanted: Wanted, say: Say) -> Material:
    """A clip and a track's file. The clip counts from its first frame; the track by its own times where
    they fall on the clip, else from its first sample."""
    plate = PlateSource(picture, rate=wanted.rate or Fraction(25))
    lens, mount = lens_of(wanted, (plate.format.width, plate.format.height))
    samples, back = samples_of(track, wanted.rate, wanted.profile, mount)
    log = Watched(wanted, lens)
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
    return Material(
        motion, samples, said, log.frames, lens, None, log.uneven, back, log.width_px, loose=True
    )


def from_live(picture: str, track: str, wanted: Wanted, say: Say) -> Material:
    """What comes from a camera and a tracker now, for as long as is wanted, as the engine times it."""
    poses = LiveTrack(wanted.seconds + FIRST_FRAME_S + 2 * MARGIN_S)
    tracker = open_tracker(track, poses.add)
    plate = PlateSource(picture)
    lens, mount = lens_of(wanted, (plate.format.width, plate.format.height))
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
        log = Watched(wanted, lens)
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
        samples = mounted(poses.between(begin - margin, end + margin), mount)
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


def is_a_stages(material: Material, delay_s: float) -> bool:
    """Whether a delay found of this material can be the stage's. Two files that do not say when the
    other began tell only how they lie to each other."""
    return not material.loose or EARLIEST_S <= delay_s <= LATEST_S


def take_of(picture: str, track: str) -> Path | None:
    """The take in whose folder both files lie; None where there is no such one."""
    if is_live(picture) or is_endpoint(track):
        return None
    folder = Path(track).resolve().parent
    return folder if folder == Path(picture).resolve().parent and is_take(folder) else None


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
