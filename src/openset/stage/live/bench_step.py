"""What the steps of the bench have in common: how one is asked, and work that takes seconds.

A step is only ever touched by the bench's own loop, so none of it needs a lock; work that takes seconds
runs on a thread of its own and is picked up by the loop when it has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from openset.primitives.errors import BadInput, OpensetError
from openset.stage.live.bench_draw import Canvas
from openset.stage.live.plate import PlateFrame

Order = dict[str, Any]
Said = tuple[bool, str]
UNKNOWN: Said = (False, "that is no order of this step")


class Step(Protocol):
    """One step of the set-up that needs the picture."""

    def look(self, frame: PlateFrame) -> None:
        """Take in one picture."""

    def draw(self, canvas: Canvas) -> None:
        """Draw what was found in it."""

    def status(self) -> dict[str, Any]:
        """How it stands, as JSON."""

    def obey(self, order: Order) -> Said:
        """Do as asked; whether it was done, and a word about it."""


class Work:
    """One piece of long work at a time."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._result: Any = None
        self.trouble: OpensetError | None = None

    @property
    def busy(self) -> bool:
        """Whether some is under way."""
        return self._thread is not None

    def start(self, work: Callable[[], Any]) -> bool:
        """Begin; False while other work is under way."""
        if self.busy:
            return False
        self.trouble, self._result = None, None
        self._thread = threading.Thread(target=self._run, args=(work,), name="bench work", daemon=True)
        self._thread.start()
        return True

    def done(self) -> Any:
        """What has ended since the last call: its result once, then None."""
        if self._thread is None or self._thread.is_alive():
            return None
        self._thread, result, self._result = None, self._result, None
        return result

    def wait(self) -> None:
        """Until what is under way has ended."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self._result = work()
        except OpensetError as trouble:
            self.trouble = trouble
        except (ArithmeticError, ValueError) as odd:  # among them LinAlgError
            self.trouble = BadInput(f"it cannot be solved ({odd})", todo="Shoot it again")


def told(trouble: OpensetError | None) -> dict[str, str] | None:
    """A trouble as JSON."""
    return None if trouble is None else {"text": trouble.what, "todo": trouble.todo or ""}
