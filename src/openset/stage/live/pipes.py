"""The three kinds of pipe between threads, and no others.

Latest: one slot, the newest wins (poses, monitor pictures). Lossless: bounded, overflow is an error a
person sees (recording). Broadcast: every listener gets its own short queue and loses its own oldest.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class PipeFull(RuntimeError):
    """A lossless pipe is full: whoever reads it does not keep up. `size` is its bound."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        super().__init__(f"{name}: {size} waiting, no room for more")


class PipeClosed(RuntimeError):
    """The other end has gone."""


class Latest(Generic[T]):
    """One slot; a newer value replaces an unread one. `replaced` counts those nobody saw."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._value: T | None = None
        self.replaced = 0

    def put(self, value: T) -> None:
        """Make `value` the newest."""
        with self._condition:
            if self._value is not None:
                self.replaced += 1
            self._value = value
            self._condition.notify_all()

    def take(self, timeout_s: float) -> T | None:
        """The newest unread value, waiting at most `timeout_s`; None if there is none."""
        with self._condition:
            if self._value is None:
                self._condition.wait(timeout_s)
            value, self._value = self._value, None
            return value


class Lossless(Generic[T]):
    """A bounded queue that never drops. `deepest` is the most that ever waited."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self.deepest = 0
        self._condition = threading.Condition()
        self._waiting: deque[T] = deque()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, value: T, timeout_s: float = 0.0) -> None:
        """Queue `value`; waits up to `timeout_s` for room, then raises PipeFull."""
        with self._condition:
            if not self._condition.wait_for(
                lambda: self._closed or len(self._waiting) < self.size, timeout_s
            ):
                raise PipeFull(self.name, self.size)
            if self._closed:
                raise PipeClosed(self.name)
            self._waiting.append(value)
            self.deepest = max(self.deepest, len(self._waiting))
            self._condition.notify_all()

    def get(self, timeout_s: float) -> T | None:
        """The oldest value, waiting at most `timeout_s`; None if none came.

        Raises PipeClosed when the pipe is closed and everything in it has been read.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._waiting or self._closed, timeout_s)
            if self._waiting:
                value = self._waiting.popleft()
                self._condition.notify_all()
                return value
            if self._closed:
                raise PipeClosed(self.name)
            return None

    def close(self) -> None:
        """No more will be put; what waits can still be read."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()


class Broadcast(Generic[T]):
    """Every listener hears what is said after it joined; a slow one loses its own oldest."""

    def __init__(self, depth: int = 16) -> None:
        self._lock = threading.Lock()
        self._depth = depth
        self._listeners: list[deque[T]] = []

    def listen(self) -> deque[T]:
        """A queue of its own for a new listener."""
        with self._lock:
            queue: deque[T] = deque(maxlen=self._depth)
            self._listeners.append(queue)
            return queue

    def leave(self, queue: deque[T]) -> None:
        """The listener with this queue has gone."""
        with self._lock:
            self._listeners = [other for other in self._listeners if other is not queue]

    def say(self, value: T) -> None:
        """Tell every listener."""
        with self._lock:
            for queue in self._listeners:
                queue.append(value)
