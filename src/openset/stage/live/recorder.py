"""The recorder's thread: everything a take keeps goes through one lossless pipe, in order."""

from __future__ import annotations

import os
import queue
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from openset.primitives.errors import OpensetError
from openset.primitives.ids import TakeId
from openset.stage.live.pipes import Lossless, PipeClosed
from openset.stage.live.track import RawSample
from openset.stage.record.files import make_contact, make_proxy
from openset.stage.record.live import TakeWriter
from openset.stage.record.model import TakeFrame, TakeRecord, TakeSpec
from openset.store.production import Production, take_folder

PIPE_FRAMES = 24


@dataclass(frozen=True)
class Roll:
    """Open this take."""

    spec: TakeSpec
    started_at: datetime


@dataclass(frozen=True)
class Fault:
    """Something went wrong at `time_ns`; the take remembers it."""

    time_ns: int
    kind: str
    text: str


@dataclass(frozen=True)
class Cut:
    """Close the open take."""

    reason: str
    counts: dict[str, int]


Order = Roll | TakeFrame | RawSample | Fault | Cut


class Finisher(threading.Thread):
    """Makes what people look at afterwards (proxy, contact sheet) from closed takes: at a low
    priority, one at a time, and never begins one while a take rolls."""

    def __init__(self, idle: threading.Event) -> None:
        super().__init__(name="finisher", daemon=True)
        self._idle = idle
        self._folders: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self.troubles: list[OpensetError] = []

    def add(self, folder: Path) -> None:
        """A take has been closed."""
        self._folders.put(folder)

    def run(self) -> None:
        """Until `finish`; what was added before is still made."""
        if hasattr(os, "setpriority"):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)
        while (folder := self._folders.get()) is not None:
            self._idle.wait()
            try:
                make_proxy(folder)
                make_contact(folder)
            except OpensetError as trouble:
                self.troubles.append(trouble)

    def finish(self) -> None:
        """Wait until everything added is made."""
        self._folders.put(None)
        self.join()


class Recorder(threading.Thread):
    """Writes takes. `trouble` is the error that stopped the open take; `records` are those closed."""

    def __init__(self, production: Production) -> None:
        super().__init__(name="recorder", daemon=True)
        self._production = production
        self.pipe: Lossless[Order] = Lossless("recorder", PIPE_FRAMES)
        self.records: list[TakeRecord] = []
        self.trouble: OpensetError | None = None
        self.written = 0
        self.idle = threading.Event()
        self.idle.set()
        self._writer: TakeWriter | None = None
        self._finisher = Finisher(self.idle)

    def run(self) -> None:
        """Serve the pipe until it is closed and empty."""
        self._finisher.start()
        while True:
            try:
                order = self.pipe.get(timeout_s=0.5)
            except PipeClosed:
                break
            if order is None:
                continue
            try:
                self._obey(order)
            except OpensetError as trouble:
                self.trouble = trouble
                self._close(trouble.line, {})
        self._close("the engine ended", {})
        self._finisher.finish()

    def _obey(self, order: Order) -> None:
        match order:
            case Roll():
                self.idle.clear()
                self.trouble, self.written = None, 0
                self._writer = TakeWriter(self._production, order.spec, order.started_at)
            case TakeFrame() if self._writer:
                self._writer.add(order)
                self.written += 1
            case RawSample() if self._writer:
                self._writer.add_raw(order.arrival_ns, order.time_ns, order.sample)
            case Fault() if self._writer:
                self._writer.note_fault(order.time_ns, order.kind, order.text)
            case Cut():
                self._close(order.reason, order.counts)

    def _close(self, reason: str, counts: dict[str, int]) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            self.idle.set()
            return
        try:
            record = writer.close(reason, counts)
            self.records.append(record)
            self._finisher.add(take_folder(self._production, record.spec.id))
        except OpensetError as trouble:
            self.trouble = self.trouble or trouble
        finally:
            self.idle.set()

    def finish(self) -> None:
        """No more orders; wait until everything queued is on disk."""
        self.pipe.close()
        self.join()

    def closed_ids(self) -> list[TakeId]:
        """The takes closed so far, in order."""
        return [record.spec.id for record in self.records]
