"""Writing a take while it rolls. One thread calls the writer; a second one syncs the disk behind it."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from openset import __version__
from openset.primitives.errors import AlreadyExists, OpensetError
from openset.stage.accuracy.watch import MarkSummary
from openset.stage.record.files import count_movie, seal_take, trim_torn_line, write_take
from openset.stage.record.model import (
    COMPOSITE_FILE,
    MATTE_FILE,
    PICTURE_FILE,
    RAW_FILE,
    RESERVE_FILE,
    TRACK_FILE,
    Fault,
    FileTotals,
    TakeFrame,
    TakeRecord,
    TakeSpec,
    TrackTotals,
)
from openset.stage.record.movie import COMPOSITE, MATTE, PICTURE, Movie, yuv_planes
from openset.stage.record.track import frame_line, raw_line, totals_with
from openset.store.files import disk_error, make_folder, sync_folder, writing
from openset.store.production import Production, take_folder
from openset.store.recording import RecordingFile, Reserve

SYNC_EVERY_S = 0.4
RESERVE_BYTES = 4 << 20
MOST_FAULTS = 1000


class TakeWriter:
    """An open take. Not thread-safe: one thread calls it, in order.

    Everything written survives a kill of the process but for the last fragment (200 ms); every
    SYNC_EVERY_S all files are synced from a thread of the writer's own, so that a power cut loses about
    as little and the caller never waits for that.

    Raises AlreadyExists when the take's folder is there, DiskFull and NotWritable naming the file;
    after either, `add` refuses and `close` still closes and seals what was recorded.
    """

    def __init__(self, production: Production, spec: TakeSpec, started_at: datetime) -> None:
        self.folder = take_folder(production, spec.id)
        self._record = TakeRecord(
            spec, production.id, "recording", started_at, software=f"openset {__version__}"
        )
        self._started_s = time.monotonic()
        self._faults: list[Fault] = []
        self._poses, self._raw_lines, self._frames = TrackTotals(), 0, 0
        self._trouble: OpensetError | None = None
        self._closed = False
        self._sinks: dict[str, RecordingFile] = {}
        self._make_folder()
        try:
            self._open()
        except OpensetError:
            for sink in self._sinks.values():
                with suppress(OSError):
                    sink.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self._syncer = _Syncer(self)
        self._syncer.start()

    @property
    def frames(self) -> int:
        """Frames added so far."""
        return self._frames

    def add(self, frame: TakeFrame) -> None:
        """Append one frame to every file. ValueError where the frame does not follow the last one or is
        of another size; DiskFull, NotWritable."""
        self._check(frame)
        with self._disk():
            self._movies[PICTURE_FILE].add(*yuv_planes(frame.picture))
            self._movies[COMPOSITE_FILE].add(*yuv_planes(frame.composite))
            if frame.matte is not None and MATTE_FILE in self._movies:
                self._movies[MATTE_FILE].add(frame.matte)
            self._sinks[TRACK_FILE].write(frame_line(self._record.spec, frame))
            self._frames += 1
            self._poses = totals_with(self._poses, frame.state, frame.age_s)

    def add_raw(self, arrival_ns: int, time_ns: int, sample: dict[str, Any]) -> None:
        """Keep one tracker report as it came. One that JSON cannot hold, which only a hostile tracker
        sends, is noted as a fault. Raises DiskFull, NotWritable."""
        try:
            line = raw_line(arrival_ns, time_ns, sample)
        except TypeError as error:
            self.note_fault(time_ns, "track", f"a tracker report could not be kept ({error})")
            return
        with self._disk():
            self._sinks[RAW_FILE].write(line)
            self._raw_lines += 1

    def note_fault(self, time_ns: int, kind: str, text: str) -> None:
        """Remember trouble; the first MOST_FAULTS are kept, and reach the disk with the next sync."""
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(Fault(time_ns, kind, text))

    def close(
        self,
        reason: str,
        counts: Mapping[str, int],
        *,
        accuracy: tuple[MarkSummary, ...] = (),
        sealed: bool = True,
    ) -> TakeRecord:
        """Close every file, write take.toml and seal the folder (or leave that to the caller). Raises
        DiskFull or NotWritable only where take.toml or the seal cannot be written; `recover_take` then
        finishes the work."""
        if self._closed:
            raise ValueError("the take is closed already")
        self._closed = True
        self._syncer.finish()
        self._reserve.release()
        broken = self._close_files()
        if self._trouble:
            kind = type(self._trouble).__name__
            self._faults.append(Fault(time.monotonic_ns(), kind, self._trouble.line))
        files = self._file_totals(broken)
        self._record = replace(
            self._snapshot(),
            state="closed",
            ended_at=self._record.started_at + timedelta(seconds=time.monotonic() - self._started_s),
            frames=self._whole_frames(files),
            files=files,
            reason=reason,
            counts=dict(counts),
            accuracy=accuracy,
        )
        write_take(self.folder, self._record)
        if sealed:
            seal_take(self.folder)
        return self._record

    def _make_folder(self) -> None:
        make_folder(self.folder.parent)
        with writing(self.folder):
            try:
                self.folder.mkdir()
            except FileExistsError:
                raise AlreadyExists(
                    "the take is there already",
                    where=str(self.folder),
                    todo="Roll the next take number",
                ) from None

    def _open(self) -> None:
        spec = self._record.spec
        self._reserve = Reserve(self.folder / RESERVE_FILE, RESERVE_BYTES)
        write_take(self.folder, self._record)
        kinds = {PICTURE_FILE: PICTURE, COMPOSITE_FILE: COMPOSITE}
        if spec.record_matte:
            kinds[MATTE_FILE] = MATTE
        for name in (*kinds, TRACK_FILE, RAW_FILE):
            self._sinks[name] = RecordingFile(self.folder / name, self._reserve)
        with writing(self.folder / PICTURE_FILE):
            self._sinks[PICTURE_FILE].lock()
        self._movies = {
            name: Movie(self._sinks[name], kind, spec.width, spec.height, spec.start_timecode)
            for name, kind in kinds.items()
        }
        with writing(self.folder):
            sync_folder(self.folder)

    def _check(self, frame: TakeFrame) -> None:
        spec = self._record.spec
        if self._closed:
            raise ValueError("the take is closed")
        if frame.index != self._frames:
            raise ValueError(f"frame {frame.index} does not follow {self._frames - 1}")
        sizes = {(picture.width, picture.height) for picture in (frame.picture, frame.composite)}
        if sizes != {(spec.width, spec.height)}:
            raise ValueError(f"a frame of {sizes}, the take is {spec.width}x{spec.height}")
        if spec.record_matte and (
            frame.matte is None or frame.matte.shape != (spec.height, spec.width)
        ):
            raise ValueError("the take records mattes and the frame has none of its size")

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """Raise the first trouble any file met, now and at every later call."""
        if self._trouble:
            raise self._trouble
        try:
            yield
        except OSError as error:
            self._trouble = self._sink_trouble() or disk_error(error, self.folder)
            raise self._trouble from error
        self._trouble = self._sink_trouble()
        if self._trouble:
            raise self._trouble

    def _sink_trouble(self) -> OpensetError | None:
        return next((sink.trouble for sink in self._sinks.values() if sink.trouble), None)

    def _close_files(self) -> set[str]:
        """Close all; the names of the files that the disk did not let close whole."""
        broken = set()
        open_files: dict[str, RecordingFile | Movie] = {**self._sinks, **self._movies}
        for name, each in open_files.items():
            try:
                each.close()
            except OSError as error:
                self._trouble = self._trouble or disk_error(error, self.folder / name)
                broken.add(name)
        return broken | {name for name, sink in self._sinks.items() if sink.dead}

    def _file_totals(self, broken: set[str]) -> FileTotals:
        def frames(name: str) -> int:
            if name not in self._movies:
                return 0
            if name in broken:
                return count_movie(self.folder / name).frames
            return self._movies[name].frames

        return FileTotals(
            picture_frames=frames(PICTURE_FILE),
            composite_frames=frames(COMPOSITE_FILE),
            matte_frames=frames(MATTE_FILE),
            track_lines=trim_torn_line(self.folder / TRACK_FILE)
            if TRACK_FILE in broken
            else self._frames,
            raw_lines=trim_torn_line(self.folder / RAW_FILE) if RAW_FILE in broken else self._raw_lines,
        )

    def _whole_frames(self, files: FileTotals) -> int:
        counts = [files.picture_frames, files.composite_frames, files.track_lines]
        return min([*counts, files.matte_frames] if self._record.spec.record_matte else counts)

    def _snapshot(self) -> TakeRecord:
        return replace(self._record, faults=tuple(self._faults), poses=self._poses)

    def _sync(self) -> None:
        """From the syncer's thread: bytes to the platter, and faults into take.toml."""
        for sink in self._sinks.values():
            try:
                sink.sync()
            except OSError as error:
                sink.trouble = sink.trouble or disk_error(error, sink.path)
        snapshot = self._snapshot()
        if snapshot.faults != self._record.faults:
            self._record = snapshot
            try:
                write_take(self.folder, snapshot)
            except OpensetError as error:
                self._sinks[TRACK_FILE].trouble = self._sinks[TRACK_FILE].trouble or error


class _Syncer(threading.Thread):
    """Calls the writer's sync every SYNC_EVERY_S until told to finish."""

    def __init__(self, writer: TakeWriter) -> None:
        super().__init__(name="take-sync", daemon=True)
        self._writer = writer
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(SYNC_EVERY_S):
            self._writer._sync()

    def finish(self) -> None:
        """Stop, after the sync now running."""
        self._done.set()
        self.join()
