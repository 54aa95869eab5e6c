"""The take's folder after the cut: reading it, marking it, checking it, mending it, showing it."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import tomli_w

from openset.primitives.colour import rgb_from_yuv420
from openset.primitives.errors import BadInput, OpensetError, PlateBroken
from openset.primitives.image import U8Plane, U8Planes, Yuv420
from openset.stage.record.checks import check_movie, check_raw, check_state, check_totals, check_track
from openset.stage.record.model import (
    COMPOSITE_FILE,
    CONTACT_FILE,
    MARKS_FILE,
    MATTE_FILE,
    PICTURE_FILE,
    PROXY_FILE,
    RAW_FILE,
    RESERVE_FILE,
    SOLVE_FILE,
    SOLVED_FILE,
    TAKE_FILE,
    TRACK_FILE,
    UNSEALED,
    FileTotals,
    Finding,
    Marks,
    TakeRecord,
    TrackTotals,
    Verification,
    marks_from_tables,
    marks_tables,
    record_from_tables,
    record_tables,
)
from openset.stage.record.track import TrackLine, parse_track_line, totals_with
from openset.store.files import hash_file, write_atomic, writing
from openset.store.mhl import check, is_sealed, seal
from openset.store.recording import RecordingFile, is_locked

PROXY_WIDTH = 960
_KILLED = "the recording was cut off"
_FILE_STATES = {"whole": "hash holds", "changed": "hash holds", "missing": "file is there"}


@dataclass(frozen=True)
class MovieCount:
    """What a movie holds when decoded to the end; `trouble` says why it stopped early, if it did."""

    frames: int
    size: tuple[int, int] = (0, 0)
    timecode: str = ""
    trouble: str = ""


def read_take(folder: Path) -> TakeRecord:
    """take.toml of a take's folder. Raises BadInput when it is absent or cannot be understood."""
    path = folder / TAKE_FILE
    return record_from_tables(_load(path, "A take's folder holds take.toml"), str(path))


def write_take(folder: Path, record: TakeRecord) -> None:
    """Write take.toml whole. Raises BadInput, DiskFull, NotWritable."""
    write_atomic(folder / TAKE_FILE, _dump(record_tables(record), folder / TAKE_FILE))


def read_marks(folder: Path) -> Marks:
    """What people said of the take; no marks where nobody has. Raises BadInput."""
    path = folder / MARKS_FILE
    if not path.exists():
        return Marks()
    return marks_from_tables(_load(path, ""), str(path))


def write_marks(folder: Path, marks: Marks) -> None:
    """Write marks.toml whole; the seal of the take does not cover it. Raises DiskFull, NotWritable."""
    write_atomic(folder / MARKS_FILE, _dump(marks_tables(marks), folder / MARKS_FILE))


def read_track_lines(folder: Path, name: str = TRACK_FILE) -> list[TrackLine]:
    """The take's track, frame by frame. Raises BadInput naming the line that cannot be read."""
    path = folder / name
    read = []
    for number, line in enumerate(_lines(path), 1):
        try:
            read.append(parse_track_line(line))
        except ValueError as error:
            raise BadInput(f"line {number} cannot be read ({error})", where=str(path)) from error
    return read


def read_solve(folder: Path) -> dict[str, Any] | None:
    """solved.toml of a take that was solved: its tables; None where it was not. The report is written
    last, so a track without one is of a solve that was cut off. Raises BadInput where the solved track
    is not the one the report was written for."""
    path, track = folder / SOLVE_FILE, folder / SOLVED_FILE
    if not path.exists():
        return None
    tables = _load(path, "openset solve --replace makes it again")
    hashes = tables.get("files")
    wanted = hashes.get(SOLVED_FILE) if isinstance(hashes, dict) else None
    if not track.is_file() or wanted != hash_file(track):
        raise BadInput(
            "the solved track is not as the solve left it",
            where=str(track),
            todo="Run openset solve --replace, or delete both solved files",
        )
    return tables


def best_track(folder: Path) -> str:
    """The name of the track to work with: the solved one where the take was solved and that helped.
    Raises BadInput where that one is broken."""
    tables = read_solve(folder)
    if tables is None or tables.get("solve", {}).get("better") is False:
        return TRACK_FILE
    return SOLVED_FILE


def seal_take(folder: Path) -> Path:
    """Seal the folder but for what may change after the cut.

    Raises AlreadyExists, DiskFull, NotWritable."""
    return seal(folder, ignore=UNSEALED)


def verify_take(folder: Path) -> Verification:
    """Re-hash every file against the manifest, decode every frame, read every line, and hold all
    figures against take.toml. Never raises for what is in the folder: it becomes a finding."""
    # Takes sealed by an earlier version know less of what stands outside the seal.
    sealed = [
        _sealed_finding(state.path, state.state, state.detail)
        for state in check(folder)
        if state.state != "added" or state.path not in UNSEALED
    ]
    try:
        record = read_take(folder)
    except BadInput as error:
        return Verification((Finding(False, "take.toml is read", TAKE_FILE, error.line), *sealed))
    named = Finding(
        str(record.spec.id) == folder.resolve().name, "the folder bears the take's name", TAKE_FILE
    )
    movies = [_movie_finding(folder, name, wanted, record) for name, wanted in _movies(record)]
    return Verification((
        *sealed,
        check_state(record),
        named,
        check_totals(record),
        *movies,
        *check_track(record, _lines(folder / TRACK_FILE)),
        check_raw(record, _lines(folder / RAW_FILE)),
        *_solved_findings(folder),
    ))  # fmt: skip


def recover_take(folder: Path) -> TakeRecord:
    """Close a take whose recording was cut off: count what is there, write take.toml (state
    "recovered"), seal. What was recorded is not changed but for a torn last line of a text file. A take
    that is closed and sealed is left as it is. Raises BadInput, DiskFull, NotWritable."""
    record = read_take(folder)
    picture = folder / PICTURE_FILE
    if picture.exists() and is_locked(picture):
        raise BadInput("the take is being recorded", where=str(folder), todo="Cut first")
    if record.state == "recording":
        record = _recounted(folder, record)
        write_take(folder, record)
    _sweep(folder)
    if not is_sealed(folder):
        seal_take(folder)
    return record


def make_proxy(folder: Path) -> Path | None:
    """proxy.mp4 of the composite, at most PROXY_WIDTH wide, playable in a browser while it loads; None
    for a take of no frames. Raises PlateBroken, DiskFull, NotWritable."""
    record = read_take(folder)
    if record.frames == 0:
        return None
    unfinished = folder / f".{PROXY_FILE}"
    with writing(folder / PROXY_FILE):
        unfinished.unlink(missing_ok=True)
        sink = RecordingFile(unfinished)
        try:
            _transcode(folder / COMPOSITE_FILE, sink, record)
            os.replace(unfinished, folder / PROXY_FILE)
        except (OpensetError, OSError):
            unfinished.unlink(missing_ok=True)
            raise
        finally:
            sink.close()
    return folder / PROXY_FILE


def make_contact(folder: Path) -> Path | None:
    """contact.jpg: plate, matte where recorded, and composite at four moments; None for a take of no
    frames. Raises PlateBroken, DiskFull, NotWritable."""
    # An office node reads and verifies takes without OpenCV, which only the sheet needs.
    import cv2

    from openset.stage.record.contact import Row, contact_sheet, moments

    record = read_take(folder)
    numbers = moments(record.frames)
    if not numbers:
        return None
    rows = [Row("plate", frames_at(folder / PICTURE_FILE, numbers))]
    if record.spec.record_matte:
        rows.append(Row("matte", frames_at(folder / MATTE_FILE, numbers)))
    rows.append(Row("composite", frames_at(folder / COMPOSITE_FILE, numbers)))
    captions = [str(record.spec.start_timecode.plus(number)) for number in numbers]
    sheet = contact_sheet(str(record.spec.id), _subtitle(record), captions, rows)
    _, jpeg = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 92])
    write_atomic(folder / CONTACT_FILE, jpeg.tobytes())
    return folder / CONTACT_FILE


def frames_at(path: Path, numbers: Sequence[int]) -> list[U8Planes]:
    """The frames of these numbers as R'G'B' (3, h, w). Raises PlateBroken where one is missing."""
    with _named(path), av.open(str(path)) as container:
        return [_frame_at(container, number, path) for number in numbers]


def count_movie(path: Path) -> MovieCount:
    """Decode the movie to its end; a file that does not open holds no frames."""
    frames, size, timecode = 0, (0, 0), ""
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            tags = {**container.metadata, **stream.metadata}
            timecode = tags.get("timecode") or tags.get("TIMECODE") or ""
            for frame in container.decode(stream):
                frames += 1
                size = (frame.width, frame.height)
    except (av.FFmpegError, IndexError) as error:
        return MovieCount(frames, size, timecode, f"decoding stops at frame {frames} ({error})")
    return MovieCount(frames, size, timecode)


def trim_torn_line(path: Path) -> int:
    """Cut what follows the last newline; returns how many whole lines are left, 0 for no file."""
    if not path.exists():
        return 0
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole != len(data):
        with writing(path):
            os.truncate(path, whole)
    return data.count(b"\n")


def _recounted(folder: Path, record: TakeRecord) -> TakeRecord:
    spec = record.spec
    files = FileTotals(
        picture_frames=count_movie(folder / PICTURE_FILE).frames,
        composite_frames=count_movie(folder / COMPOSITE_FILE).frames,
        matte_frames=count_movie(folder / MATTE_FILE).frames if spec.record_matte else 0,
        track_lines=trim_torn_line(folder / TRACK_FILE),
        raw_lines=trim_torn_line(folder / RAW_FILE),
    )
    counts = [files.picture_frames, files.composite_frames, files.track_lines]
    poses = TrackTotals()
    with suppress(BadInput):
        for line in read_track_lines(folder):
            poses = totals_with(poses, line.state, line.age_s)
    return replace(
        record,
        state="recovered",
        frames=min([*counts, files.matte_frames] if spec.record_matte else counts),
        files=files,
        poses=poses,
        reason=_KILLED,
        ended_at=datetime.fromtimestamp((folder / PICTURE_FILE).stat().st_mtime, UTC),
    )


def _sweep(folder: Path) -> None:
    """Remove what an interrupted writer leaves: the reserve, half-written files, half a seal."""
    leftovers = [folder / RESERVE_FILE, *folder.glob(".*.new"), folder / f".{PROXY_FILE}"]
    for path in leftovers:
        with writing(path):
            path.unlink(missing_ok=True)
    for workshop in folder.glob(".seal-*"):
        with writing(workshop):
            shutil.rmtree(workshop)


def _solved_findings(folder: Path) -> list[Finding]:
    what = "the solved track is whole"
    try:
        return [Finding(True, what, SOLVED_FILE)] if read_solve(folder) is not None else []
    except BadInput as error:
        return [Finding(False, what, SOLVED_FILE, error.what)]


def _movies(record: TakeRecord) -> list[tuple[str, int]]:
    files = record.files
    out = [(PICTURE_FILE, files.picture_frames), (COMPOSITE_FILE, files.composite_frames)]
    return [*out, (MATTE_FILE, files.matte_frames)] if record.spec.record_matte else out


def _movie_finding(folder: Path, name: str, wanted: int, record: TakeRecord) -> Finding:
    if wanted == 0 and (folder / name).is_file():
        return Finding(True, "every frame decodes", name, "no frames")
    counted = count_movie(folder / name)
    return check_movie(
        name, wanted, counted.frames, counted.size, counted.timecode, record, counted.trouble
    )


def _sealed_finding(path: str, state: str, detail: str) -> Finding:
    what = _FILE_STATES.get(
        state, "the manifest knows every file" if state == "added" else "the seal holds"
    )
    return Finding(state == "whole", what, path, detail)


def _subtitle(record: TakeRecord) -> str:
    spec = record.spec
    rate = f"{float(spec.rate):.6g}"
    return (
        f"{record.started_at:%Y-%m-%d %H:%M}   {record.frames} frames at {rate} fps   "
        f"{spec.width} x {spec.height}   set {spec.set_name}"
    )


def _frame_at(container: av.container.InputContainer, number: int, path: Path) -> U8Planes:
    """Seek to the whole frame before `number` and decode up to it."""
    stream = container.streams.video[0]
    if stream.average_rate is None or stream.time_base is None:
        raise PlateBroken("states no frame rate", where=str(path))
    container.seek(int(number / stream.average_rate / stream.time_base), stream=stream)
    for frame in container.decode(stream):
        if (
            frame.pts is not None
            and round(frame.pts * stream.time_base * stream.average_rate) >= number
        ):
            return _rgb(frame)
    raise PlateBroken(f"ends before frame {number}", where=str(path))


def _rgb(frame: av.VideoFrame) -> U8Planes:
    planes = [_plane(plane) for plane in frame.planes]
    if frame.format.name.startswith("gray"):
        return np.stack([planes[0]] * 3)
    return rgb_from_yuv420(Yuv420(*planes))


def _plane(plane: Any) -> U8Plane:
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _transcode(source: Path, sink: RecordingFile, record: TakeRecord) -> None:
    spec = record.spec
    width = min(PROXY_WIDTH, spec.width)
    height = round(spec.height * width / spec.width / 2) * 2
    options = {"preset": "superfast", "crf": "25", "g": str(max(1, int(spec.rate)))}
    try:
        with (
            _named(source),
            av.open(str(source)) as reading,
            av.open(sink, "w", format="mp4", options={"movflags": "+faststart"}) as output,
        ):
            stream = output.add_stream("libx264", spec.rate, options)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for number, frame in enumerate(reading.decode(video=0)):
                small = frame.reformat(width, height, "yuv420p", interpolation="FAST_BILINEAR")
                small.pts, small.time_base = number, 1 / spec.rate
                output.mux(stream.encode(small))
            output.mux(stream.encode(None))
    except (PlateBroken, OSError):
        if sink.trouble:
            raise sink.trouble from None
        raise


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """FFmpeg's refusals to read `path`, by name."""
    try:
        yield
    except av.FFmpegError as error:
        raise PlateBroken(f"cannot be decoded ({error})", where=str(path)) from error


def _lines(path: Path) -> list[bytes]:
    """The lines of a text file, a torn last one included; none where the file is absent."""
    return path.read_bytes().splitlines() if path.is_file() else []


def _load(path: Path, todo: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        raise BadInput("there is no take here", where=str(path.parent), todo=todo) from None
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"is not TOML ({error})", where=str(path)) from error


def _dump(tables: dict[str, Any], path: Path) -> bytes:
    try:
        return tomli_w.dumps(tables).encode()
    except (TypeError, ValueError) as error:
        raise BadInput(f"cannot hold this value ({error})", where=str(path)) from error
