"""A simulated take on disk: the plate, the tracker's log and the truth to judge by.

    plate.mp4          H.264 4:2:0, BT.709
    track.otrk.jsonl   one line per tracker sample: arrival_ns, time_ns, sample (OpenTrackIO)
    truth.json         the plan, the lens, the mark, and the true pose of every frame at mid-exposure
    truth_matte.mkv    FFV1 grey, 255 = figure
    truth_screen.mkv   FFV1 grey, 255 = all that is not figure is cloth

All times count from the middle of frame 0's exposure. Rendering goes in pieces of SEGMENT_FRAMES; an
interrupted day goes on with the first piece that is missing.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import orjson
from av.video.stream import VideoStream

from openset.primitives.colour import yuv420_from_rgb
from openset.primitives.errors import BadInput
from openset.sim import tracker
from openset.sim.motion import camera_at
from openset.sim.picture import Studio
from openset.sim.plan import DayPlan

Progress = Callable[[int, int], None]
SEGMENT_FRAMES = 50
MARK_M = (0.0, 0.0, 0.0)
_STREAMS = ("plate.mp4", "truth_matte.mkv", "truth_screen.mkv")
_BT709 = 1
_LIMITED, _FULL = 1, 2


@dataclass(frozen=True)
class Shoot:
    """Where one simulated take lies, and the plan it came from."""

    folder: Path
    plan: DayPlan

    @property
    def plate(self) -> Path:
        """The camera's picture."""
        return self.folder / "plate.mp4"

    @property
    def track(self) -> Path:
        """The tracker's log."""
        return self.folder / "track.otrk.jsonl"

    @property
    def truth(self) -> Path:
        """Plan, lens, mark and true poses."""
        return self.folder / "truth.json"

    @property
    def matte(self) -> Path:
        """The true matte, frame by frame."""
        return self.folder / "truth_matte.mkv"

    @property
    def screen(self) -> Path:
        """Where everything that is not figure is cloth."""
        return self.folder / "truth_screen.mkv"


def write_day(folder: Path, plan: DayPlan, progress: Progress | None = None) -> Shoot:
    """Shoot a plan into `folder`; a finished shoot of the same plan is left as it is.

    `progress` is called with frames done and frames in all; what it raises stops the shoot, and the
    next call goes on from there. Raises BadInput where another plan has been shot.
    """
    shoot = Shoot(folder, plan)
    if shoot.truth.is_file():
        if _plan_text(read_shoot(folder).plan) != _plan_text(plan):
            raise BadInput(
                "another simulated day lies here", where=str(folder), todo="Name an empty folder"
            )
        return shoot
    pieces = folder / "pieces"
    _own_pieces(pieces, plan)
    starts = range(0, plan.frame_count, SEGMENT_FRAMES)
    studio: Studio | None = None
    for start in starts:
        if not (pieces / f"{start:06d}.done").is_file():
            studio = studio or Studio(plan)
            _write_piece(pieces, studio, start, progress)
        elif progress is not None:
            progress(min(start + SEGMENT_FRAMES, plan.frame_count), plan.frame_count)
    for name in _STREAMS:
        _join([pieces / f"{start:06d}-{name}" for start in starts], folder / name, plan)
    shoot.track.write_bytes(b"".join(_track_lines(plan)))
    shoot.truth.write_bytes(
        orjson.dumps(_truth(plan), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    )
    shutil.rmtree(pieces)
    return shoot


def read_shoot(folder: Path) -> Shoot:
    """A shoot written earlier; BadInput where there is none."""
    path = folder / "truth.json"
    try:
        fields = orjson.loads(path.read_bytes())["plan"]
    except (OSError, ValueError, KeyError, TypeError) as trouble:
        raise BadInput(
            "no simulated day lies here", where=str(folder), todo="Shoot it with write_day"
        ) from trouble
    return Shoot(folder, _plan_from(fields))


def read_true_poses(shoot: Shoot) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Mid-exposure times (n,) in nanoseconds and stage_from_camera (n, 4, 4) of every frame."""
    frames = orjson.loads(shoot.truth.read_bytes())["frames"]
    times = np.array([frame["time_ns"] for frame in frames], np.int64)
    return times, np.array([frame["stage_from_camera"] for frame in frames])


def read_grey(path: Path) -> Iterator[npt.NDArray[np.uint8]]:
    """Each frame (h, w) of a truth film in order."""
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            yield frame.to_ndarray(format="gray").astype(np.uint8, copy=False)


def _plan_text(plan: DayPlan) -> bytes:
    return orjson.dumps(_plan_fields(plan), option=orjson.OPT_SORT_KEYS)


def _plan_fields(plan: DayPlan) -> dict[str, Any]:
    fields = dataclasses.asdict(plan)
    fields["rate"] = str(plan.rate)
    return fields


def _plan_from(fields: dict[str, Any]) -> DayPlan:
    kept = {**fields, "rate": Fraction(fields["rate"])}
    for name in ("camera_from_m", "camera_to_m"):
        kept[name] = tuple(kept[name])
    return DayPlan(**kept)


def _own_pieces(pieces: Path, plan: DayPlan) -> None:
    """An empty folder for pieces, or the one an earlier call left for the same plan."""
    note = pieces / "plan.json"
    if note.is_file() and note.read_bytes() == _plan_text(plan):
        return
    if pieces.exists():
        shutil.rmtree(pieces)
    pieces.mkdir(parents=True)
    note.write_bytes(_plan_text(plan))


def _write_piece(pieces: Path, studio: Studio, start: int, progress: Progress | None) -> None:
    plan = studio.plan
    stop = min(start + SEGMENT_FRAMES, plan.frame_count)
    films = [av.open(str(pieces / f"{start:06d}-{name}"), "w") for name in _STREAMS]
    try:
        streams = [
            _plate_stream(films[0], plan),
            _grey_stream(films[1], plan),
            _grey_stream(films[2], plan),
        ]
        for index in range(start, stop):
            picture = studio.render(index)
            frames = (
                _yuv_frame(picture.rgb),
                _grey_frame(picture.alpha),
                _grey_frame(picture.alpha + picture.screen),
            )
            for film, stream, frame in zip(films, streams, frames, strict=True):
                frame.pts = index - start
                frame.time_base = 1 / plan.rate
                film.mux(stream.encode(frame))
            if progress is not None:
                progress(index + 1, plan.frame_count)
        for film, stream in zip(films, streams, strict=True):
            film.mux(stream.encode(None))
    finally:
        for film in films:
            film.close()
    (pieces / f"{start:06d}.done").touch()


def _plate_stream(film: av.container.OutputContainer, plan: DayPlan) -> VideoStream:
    stream = film.add_stream("libx264", rate=plan.rate)
    stream.width, stream.height, stream.pix_fmt = plan.width_px, plan.height_px, "yuv420p"
    stream.time_base = 1 / plan.rate
    stream.options = {"crf": "14", "preset": "veryfast", "bf": "0", "g": str(SEGMENT_FRAMES)}
    _tag(stream, _LIMITED)
    return stream


def _grey_stream(film: av.container.OutputContainer, plan: DayPlan) -> VideoStream:
    stream = film.add_stream("ffv1", rate=plan.rate)
    stream.width, stream.height, stream.pix_fmt = plan.width_px, plan.height_px, "gray"
    stream.time_base = 1 / plan.rate
    stream.options = {"level": "3", "slices": "4"}
    stream.codec_context.color_range = _FULL
    return stream


def _tag(stream: VideoStream, colour_range: int) -> None:
    context = stream.codec_context
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = colour_range


def _yuv_frame(rgb: npt.NDArray[np.uint8]) -> av.VideoFrame:
    planes = yuv420_from_rgb(rgb)
    stacked = np.concatenate([planes.y.ravel(), planes.u.ravel(), planes.v.ravel()])
    height, width = planes.y.shape
    frame = av.VideoFrame.from_ndarray(stacked.reshape(height * 3 // 2, width), format="yuv420p")
    frame.color_range, frame.colorspace = _LIMITED, _BT709
    return frame


def _grey_frame(share: npt.NDArray[np.float32]) -> av.VideoFrame:
    codes = np.clip(share * np.float32(255.0) + np.float32(0.5), 0, 255).astype(np.uint8)
    return av.VideoFrame.from_ndarray(codes, format="gray")


def _join(pieces: list[Path], path: Path, plan: DayPlan) -> None:
    """The pieces' packets one after the other in a new file; every piece starts with a key frame."""
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    with av.open(str(part), "w") as out:
        stream: VideoStream | None = None
        count = 0
        for piece in pieces:
            with av.open(str(piece)) as film:
                source = film.streams.video[0]
                stream = stream or out.add_stream_from_template(source)
                for packet in film.demux(source):
                    if packet.dts is None:
                        continue
                    packet.pts = packet.dts = round(count / plan.rate / packet.time_base)
                    packet.stream = stream
                    out.mux(packet)
                    count += 1
    part.replace(path)


def _track_lines(plan: DayPlan) -> Iterator[bytes]:
    for index in range(tracker.sample_count(plan)):
        line = {
            "arrival_ns": tracker.arrival_ns(plan, index),
            "time_ns": tracker.sample_time_ns(plan, index),
            "sample": tracker.track_sample(plan, index),
        }
        yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _truth(plan: DayPlan) -> dict[str, Any]:
    frames = []
    for index in range(plan.frame_count):
        camera = camera_at(plan, plan.frame_time_s(index))
        frames.append(
            {
                "frame": index,
                "time_ns": plan.frame_time_ns(index),
                "position_m": list(camera.position_m),
                "pan_tilt_roll_rad": [camera.pan_rad, camera.tilt_rad, camera.roll_rad],
                "stage_from_camera": camera.matrix.tolist(),
            }
        )
    return {
        "plan": _plan_fields(plan),
        "lens": dataclasses.asdict(plan.optics),
        "mark_m": list(MARK_M),
        "frames": frames,
    }
