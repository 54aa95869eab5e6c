"""The recorder's thread: everything a take keeps goes through one lossless pipe, in order."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from openset.primitives.errors import OpensetError
from openset.stage.accuracy.watch import MarkSummary
from openset.stage.live.pipes import Lossless, PipeClosed
from openset.stage.live.track import RawSample
from openset.stage.record.files import make_contact, make_proxy, seal_take
from openset.stage.record.live import TakeWriter
from openset.stage.record.model import Fault, TakeFrame, TakeRecord, TakeSpec
from openset.store.production import Production, take_folder

PIPE_FRAMES = 24


@dataclass(frozen=True)
class Roll:
    """Open this take."""

    spec: TakeSpec
    started_at: datetime


@dataclass(frozen=True, eq=False)
class Entry:
    """One frame for the open take, with the tracker's reports and the faults since the one before."""

    frame: TakeFrame
    reports: tuple[RawSample, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Cut:
    """Close the open take; `faults` are those that came after its last frame, `accuracy` is how far the
    marks may be off."""

    reason: str
    counts: dict[str, int]
    faults: tuple[Fault, ...] = ()
    accuracy: tuple[MarkSummary, ...] = ()


Order = Roll | Entry | Cut


class AfterCut(threading.Thread):
    """Does one thing to each closed take, in order and at a low priority. `trouble` is the first error
    it met."""

    def __init__(self, name: str, work: Callable[[Path], object]) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._folders: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self.trouble: OpensetError | None = None

    def add(self, folder: Path) -> None:
        """A take has been closed."""
        self._folders.put(folder)

    def run(self) -> None:
        """Until `finish`; what was added before is still done."""
        if sys.platform == "linux":
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)
        while (folder := self._folders.get()) is not None:
            try:
                self._work(folder)
            except OpensetError as trouble:
                self.trouble = self.trouble or trouble

    def finish(self) -> None:
        """Wait until everything added is done."""
        self._folders.put(None)
        self.join()


class Recorder(threading.Thread):
    """Writes takes. `trouble` is the error that stopped the open take; `records` are those closed.

    Closed takes are sealed, and then shown (proxy, contact sheet), by threads of their own: hashing a
    long take must not keep the next one from rolling. `frames_done` counts the frames taken from the
    pipe that are done with, written or not: their planes may be used again.
    """

    def __init__(self, production: Production) -> None:
        super().__init__(name="recorder", daemon=True)
        self._production = production
        self.pipe: Lossless[Order] = Lossless("recorder", PIPE_FRAMES)
        self.records: list[TakeRecord] = []
        self.trouble: OpensetError | None = None
        self.frames_done = 0
        self.idle = threading.Event()
        self.idle.set()
        self._writer: TakeWriter | None = None
        self._sealer = AfterCut("sealer", self._seal)
        self._previews = AfterCut("previews", self._show)

    def run(self) -> None:
        """Serve the pipe until it is closed and empty; an open take is closed whatever happens."""
        self._sealer.start()
        self._previews.start()
        failed = True
        try:
            self._serve()
            failed = False
        finally:
            self.pipe.close()
            if failed:
                self.trouble = OpensetError(
                    "the recorder failed", todo="The take is kept up to here; start the engine again"
                )
            self._close("the engine ended", {})
            self._sealer.finish()
            self.trouble = self.trouble or self._sealer.trouble

    def _serve(self) -> None:
        while True:
            try:
                order = self.pipe.get(timeout_s=0.5)
            except PipeClosed:
                return
            if order is None:
                continue
            try:
                self._obey(order)
            except OpensetError as trouble:
                self.trouble = self.trouble or trouble
            if isinstance(order, Entry):
                self.frames_done += 1

    def _obey(self, order: Order) -> None:
        match order:
            case Roll():
                self._close("the next take rolled", {})
                self.trouble = None
                self._writer = TakeWriter(self._production, order.spec, order.started_at)
                self.idle.clear()
            case Entry() if self._writer:
                self._note(self._writer, order.faults)
                if self.trouble is None:
                    self._writer.add(order.frame)
                    for raw in order.reports:
                        self._writer.add_raw(raw.arrival_ns, raw.time_ns, raw.sample)
            case Cut() if self._writer:
                self._note(self._writer, order.faults)
                self._close(order.reason, order.counts, order.accuracy)

    def _note(self, writer: TakeWriter, faults: tuple[Fault, ...]) -> None:
        for fault in faults:
            writer.note_fault(fault.time_ns, fault.kind, fault.text)

    def _close(
        self, reason: str, counts: dict[str, int], accuracy: tuple[MarkSummary, ...] = ()
    ) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            return
        if counts:  # frames that were on their way when the disk gave up are lost after all
            unwritten = counts["recorded"] - writer.frames
            lost = counts["recording_lost"] + unwritten
            counts = {**counts, "recorded": writer.frames, "recording_lost": lost}
        try:
            record = writer.close(reason, counts, accuracy=accuracy, sealed=False)
            self.records.append(record)
            self._sealer.add(take_folder(self._production, record.spec.id))
        except OpensetError as trouble:
            self.trouble = self.trouble or trouble
        finally:
            self.idle.set()

    def _seal(self, folder: Path) -> None:
        seal_take(folder)
        self._previews.add(folder)

    def _show(self, folder: Path) -> None:
        self.idle.wait()
        make_proxy(folder)
        make_contact(folder)

    def end(self) -> None:
        """No more orders; wait until every take is closed and sealed."""
        self.pipe.close()
        self.join()

    def finish(self) -> None:
        """As `end`, and wait until the proxies and contact sheets are made."""
        self.end()
        self._previews.finish()
