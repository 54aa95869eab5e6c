"""The bench's fourth step by another way: the delay of a screen and a live camera, from coded patches.

The patches are shown by the page that `calibrate delay --screen` shows too (stage/live/flasher.py), on
this machine's screen or, where asked, on one that hangs on another machine of the same network.
"""

from __future__ import annotations

import json
import queue
import secrets
import threading
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from openset.primitives.errors import BadInput, OpensetError
from openset.primitives.image import U8Plane
from openset.stage.calibrate.screen_codes import FIRST_ID, echo_of, schedule, schedule_json
from openset.stage.calibrate.screen_delay import Part
from openset.stage.live.bench_draw import GOOD, Canvas, whole_luma
from openset.stage.live.bench_step import UNKNOWN, Order, Said, Work, told
from openset.stage.live.flasher import Flasher
from openset.stage.live.plate import PlateFrame, is_live
from openset.stage.live.screen_run import ScreenRun, run_screen
from openset.stage.markers.detect import TagDetector
from openset.stage.markers.model import SeenTag
from openset.store.camera import camera_folder
from openset.store.files import write_atomic
from openset.store.production import Production

FLASH_S = 20.0
"""How long patches are shown."""
SLOWEST_FPS = 5.0
RESULT_FILE = "screen.json"
PARTS = ("loop", "processing", "capture", "display")
_WAIT_S = 0.5
_HELD_S = 2.0
_MOST_BYTES = 64 << 10
_WORDS = ("language", "title", "waiting", "over", "left", "right", "go")
_LONGEST_WORD = 300


class ScreenStep:
    """Opens the patches' page, watches it through the camera, measures when asked."""

    def __init__(self, production: Production, source: str, fps: float) -> None:
        self._folder: Path = camera_folder(production)
        self._live, self._fps = is_live(source), fps
        self._flasher: Flasher | None = None
        self._words: dict[str, str] = {}
        self._detector = TagDetector()
        self._seen: tuple[SeenTag, ...] = ()
        self._read_ns = 0
        self._times: deque[int] = deque(maxlen=30)
        self._pictures: queue.Queue[tuple[int, U8Plane]] = queue.Queue(2)
        self._handed, self._aimed = 0, False
        self._work = Work()
        self._trouble: OpensetError | None = None
        self._said = _read(self._folder / RESULT_FILE)

    def look(self, frame: PlateFrame) -> None:
        """One picture: to the run while one is on, else look whether the patches are read."""
        self._times.append(frame.time_ns)
        if self._flasher is None:
            return
        if self._work.busy:
            try:
                self._pictures.put_nowait((frame.time_ns, whole_luma(frame.picture)))
                self._handed += 1
            except queue.Full:
                return
        elif self._flasher.joined.is_set():
            self._aim(self._flasher, frame)

    def draw(self, canvas: Canvas) -> None:
        """The outline of the patch that is read while the camera is aimed."""
        for tag in () if self._work.busy else self._seen:
            canvas.outline(tag.corners_px, GOOD)

    def status(self) -> dict[str, Any]:
        """How it stands."""
        self._pick_up()
        flasher = self._flasher
        return {
            "live": self._live,
            "state": self._state(),
            "read": bool(self._seen),
            "port": flasher.port if flasher else 0,
            "path": flasher.path if flasher else "",
            "pictures": self._handed,
            "wanted_s": FLASH_S,
            "result": self._said,
            "trouble": told(self._work.trouble or self._trouble),
        }

    def obey(self, order: Order) -> Said:
        """open (network, words), begin (capture_ms), close."""
        kind = order["type"]
        if kind == "open":
            return self._open(order)
        if kind == "begin":
            return self._begin(order)
        if kind == "close":
            self.close()
            return True, "closed"
        return UNKNOWN

    def close(self) -> None:
        """Take the patches' page away; a run that is on ends by itself."""
        flasher, self._flasher = self._flasher, None
        self._seen, self._aimed = (), False
        if flasher is not None:
            # A screen that has gone to sleep is waited for, and not by the picture.
            threading.Thread(target=flasher.close, name="patches go", daemon=True).start()

    def _state(self) -> str:
        if self._work.busy:
            return "running"
        if self._flasher is None:
            return "closed"
        return "aiming" if self._flasher.joined.is_set() else "waiting"

    def _open(self, order: Order) -> Said:
        if not self._live:
            return False, "a screen is measured with a live camera"
        if self._work.busy:
            return False, "it is being measured"
        self.close()
        self._trouble = None
        given = order.get("words")
        self._words = {
            name: str(given[name])[:_LONGEST_WORD]
            for name in _WORDS
            if isinstance(given, dict) and name in given
        }
        flips = schedule(FLASH_S, max(SLOWEST_FPS, self._looks_fps()), _random())
        self._flasher = Flasher(
            schedule_json(flips), network=bool(order.get("network")), words=self._words
        )
        return True, "open the page on the screen"

    def _aim(self, flasher: Flasher, frame: PlateFrame) -> None:
        """Show one patch and look whether the camera reads it."""
        if not self._aimed:
            self._aimed = True
            flasher.aim(echo_of(FIRST_ID))
        found = self._detector.detect(whole_luma(frame.picture))
        seen = tuple(tag for tag in found if tag.id == echo_of(FIRST_ID))
        if seen:
            self._seen, self._read_ns = seen, frame.time_ns
        elif frame.time_ns - self._read_ns > _HELD_S * 1e9:
            self._seen = ()
        if self._seen and flasher.begun.is_set():
            flasher.begun.clear()
            self._begin({"type": "begin"})

    def _begin(self, order: Order) -> Said:
        flasher = self._flasher
        if flasher is None or not flasher.joined.is_set():
            return False, "the patches are not open on any screen"
        if not self._seen:
            return False, "the camera does not read the patch"
        capture = capture_of(order.get("capture_ms"))
        self._pictures, self._handed = queue.Queue(2), 0
        flasher.say(self._words.get("go", ""))

        def work() -> ScreenRun:
            return run_screen(flasher, self._arriving(), capture=capture, seconds=FLASH_S + 10.0)

        return (True, "measuring") if self._work.start(work) else (False, "it is being measured")

    def _arriving(self) -> Iterator[tuple[int, U8Plane]]:
        """Pictures as they come; the end where none came for long or the page was taken away."""
        silent = 0
        while silent < 10 and self._flasher is not None:
            try:
                yield self._pictures.get(timeout=_WAIT_S)
                silent = 0
            except queue.Empty:
                silent += 1

    def _pick_up(self) -> None:
        found = self._work.done()
        if not isinstance(found, ScreenRun):
            return
        self._said = screen_said(found, datetime.now(UTC))  # noqa: TID251 - the bench's own clock
        self.close()
        try:
            write_atomic(self._folder / RESULT_FILE, json.dumps(self._said).encode())
        except OpensetError as trouble:
            self._trouble = trouble

    def _looks_fps(self) -> float:
        """How many pictures a second this machine gets to look at: the camera's rate at most."""
        if len(self._times) < 5:
            return self._fps
        span_s = (self._times[-1] - self._times[0]) / 1e9
        return min(self._fps, (len(self._times) - 1) / span_s) if span_s > 0 else self._fps


def screen_said(found: ScreenRun, now: datetime) -> dict[str, Any]:
    """A run as JSON: milliseconds with their standard deviation for each part that could be told, and
    in `unknown` a code and a sentence for what could not."""
    parts: dict[str, Any] = {}
    for name in PARTS:
        part = getattr(found.parts, name)
        told_here = part is not None and found.loop.refused is None
        parts[name] = (
            {"ms": round(1000 * part.delay_s, 1), "sd_ms": round(1000 * part.sd_s, 1)}
            if told_here
            else None
        )
    return {
        **parts,
        "refused": found.loop.refused,
        "remedy": found.loop.remedy,
        "pictures": found.pictures,
        "sights": found.loop.sights,
        "strays": found.loop.strays,
        "clock_ms": None if found.clock_doubt_s is None else round(1000 * found.clock_doubt_s, 1),
        "unknown": [{"code": _code(text), "text": text} for text in found.parts.said],
        "made": f"{now:%Y-%m-%dT%H:%M:%SZ}",
    }


def _code(said: str) -> str:
    """`display and capture: …` as display-and-capture."""
    return said.partition(":")[0].replace(" ", "-")


def capture_of(given: object) -> Part | None:
    """The camera's own delay as typed, milliseconds; None where nothing was. Raises BadInput."""
    if given is None or given == "":
        return None
    try:
        ms = float(str(given))
    except ValueError:
        ms = float("nan")
    if not 0 <= ms < 5000:
        raise BadInput(f"{str(given)[:20]!r} is no delay of a camera", todo="Type milliseconds: 62.5")
    return Part(ms / 1000, 0.001)


def _read(path: Path) -> dict[str, Any] | None:
    """The last run's result; None where there is none that can be read."""
    try:
        with path.open("rb") as stream:
            found = json.loads(stream.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and {*PARTS, "unknown", "refused"} <= set(found) else None


def _random() -> np.random.Generator:
    return np.random.default_rng(secrets.randbits(64))
