"""The bench: the process that measures the camera with a live picture, for the camera's page.

It listens as the stage does (stage/live/control.py), as "<production id>.camera": status and pictures
out, orders in. One loop owns everything: it takes the newest picture, gives it to the step in hand,
obeys orders between two pictures, and ends when nobody has looked for a while, so that the camera is
free for the stage.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from openset.primitives.errors import OpensetError
from openset.stage.live.bench_delay import DelayStep
from openset.stage.live.bench_draw import Canvas
from openset.stage.live.bench_lens import LensStep
from openset.stage.live.bench_screen import ScreenStep
from openset.stage.live.bench_step import Order, Said, Step
from openset.stage.live.bench_tags import TagsStep
from openset.stage.live.control import Control
from openset.stage.live.pipes import PipeClosed
from openset.stage.live.plate import PlateFrame, PlateSource, is_live
from openset.store.camera import CameraSetup, read_setup
from openset.store.production import Production

STEPS = ("lens", "tags", "delay", "screen")
SILENT_S = 3.0
UNWATCHED_S = 90.0
_WAIT_S = 0.1
_OBEY_S = 10.0
_STATUS_EVERY_S = 0.15


def bench_id(production_id: str) -> str:
    """The name the bench of a production listens under."""
    return f"{production_id}.camera"


class Bench:
    """One run over one picture source. `say` hears one line when it is open."""

    def __init__(self, production: Production, picture: str, *, port: int = 0) -> None:
        self.production, self.picture = production, picture
        self._setup: CameraSetup = read_setup(production)
        inside = production.root / picture
        self._source = str(inside) if picture and inside.exists() else picture
        self._plate = PlateSource(self._source, paced=True, loop=True)
        self._name = STEPS[0]
        self._steps: dict[str, Step] = {}
        self._step_trouble = ""
        self._orders: queue.Queue[tuple[Order, queue.Queue[Said]]] = queue.Queue()
        self._ending = threading.Event()
        self._heard_s = self._watched_s = time.monotonic()
        self._status: dict[str, Any] = {"type": "status", "rolling": False}
        self._told_s = 0.0
        self.control = Control(
            bench_id(production.id),
            production.title,
            port=port,
            status=lambda: self._status,
            obey=self._ask,
        )

    def run(self, say: Callable[[str], None]) -> None:
        """Until `stop`, the order "stop", or nobody has looked for UNWATCHED_S. Raises what opening the
        socket raises."""
        self.control.start_serving()
        say(f"the camera's page is open; picture from {self.picture}; Ctrl-C ends it")
        try:
            self._plate.start_at(time.monotonic_ns())
            while not self._ending.is_set():
                self._once()
        finally:
            self._ending.set()
            self._plate.stop()
            self.control.stop()

    def stop(self) -> None:
        """End it; safe from any thread."""
        self._ending.set()

    def _once(self) -> None:
        now = time.monotonic()
        frame = self._newest()
        if frame is not None:
            self._heard_s = now
            self._look(frame)
        self._obey_all()
        if now - self._told_s > _STATUS_EVERY_S:
            self._told_s = now
            self._status = self._stands(now)
        if self.control.watched():
            self._watched_s = now
        elif now - self._watched_s > UNWATCHED_S:
            self._ending.set()

    def _newest(self) -> PlateFrame | None:
        """The newest picture; those before it are passed over."""
        try:
            frame = self._plate.queue.get(_WAIT_S)
            while frame is not None and len(self._plate.queue):
                frame = self._plate.queue.get(0.0)
        except PipeClosed:
            self._ending.wait(_WAIT_S)
            return None
        return frame

    def _look(self, frame: PlateFrame) -> None:
        step = self._step()
        if step is not None:
            try:
                step.look(frame)
            except OpensetError as trouble:
                self._step_trouble = trouble.line
        if self.control.watched():
            canvas = Canvas(frame.picture)
            if step is not None:
                step.draw(canvas)
            self.control.publish(canvas.jpeg())

    def _step(self) -> Step | None:
        """The step in hand, made when it is first needed; None where it cannot be."""
        if self._name not in self._steps:
            self._step_trouble = ""
            try:
                self._steps[self._name] = self._made(self._name)
            except OpensetError as trouble:
                self._step_trouble = trouble.line
                return None
        return self._steps[self._name]

    def _made(self, name: str) -> Step:
        width, height = self._plate.format.width, self._plate.format.height
        if name == "delay":
            return DelayStep(self.production, self._setup, self._source)
        if name == "screen":
            return ScreenStep(self.production, self._source, float(self._plate.format.rate))
        made = TagsStep if name == "tags" else LensStep
        return made(self.production, self._setup, width, height)

    def _ask(self, order: Order) -> Said:
        """An order from the socket's thread: waits until the loop has obeyed it."""
        answer: queue.Queue[Said] = queue.Queue(1)
        self._orders.put((order, answer))
        try:
            return answer.get(timeout=_OBEY_S)
        except queue.Empty:
            return False, "the bench is busy"

    def _obey_all(self) -> None:
        while True:
            try:
                order, answer = self._orders.get_nowait()
            except queue.Empty:
                return
            try:
                answer.put(self._obey(order))
            except OpensetError as trouble:
                answer.put((False, trouble.line))
            self._told_s = 0.0

    def _obey(self, order: Order) -> Said:
        kind = order["type"]
        if kind == "stop":
            self._ending.set()
            return True, "ending"
        if kind == "step":
            name = str(order.get("step"))
            if name not in STEPS:
                return False, "there is no such step"
            self._name = name
            return True, name
        step = self._step()
        return (False, self._step_trouble) if step is None else step.obey(order)

    def _sheets(self) -> None:
        """What was set on the page since, for the steps that are at work."""
        setup = read_setup(self.production)
        if setup == self._setup:
            return
        self._setup = setup
        for step in self._steps.values():
            if isinstance(step, LensStep | TagsStep):
                try:
                    step.sheets(setup)
                except OpensetError as trouble:
                    self._step_trouble = trouble.line

    def _stands(self, now: float) -> dict[str, Any]:
        self._sheets()
        step = self._step()
        trouble = self._plate.trouble
        silent_s = now - self._heard_s
        return {
            "type": "status",
            "rolling": False,
            "step": self._name,
            "picture": {
                "source": self.picture,
                "live": is_live(self._source),
                "width": self._plate.format.width,
                "height": self._plate.format.height,
                "silent_s": round(silent_s, 1) if silent_s > SILENT_S else 0.0,
                "trouble": trouble.line if trouble is not None else "",
            },
            "trouble": self._step_trouble,
            self._name: None if step is None else step.status(),
        }
