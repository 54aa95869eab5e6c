"""The patches on a screen: a loopback page that shows them, and when it put up which.

Every message is one JSON object. The page asks for the time (`ask`: page_ms), is told (`time`:
asked_ms, host_ns) and says when it heard (`heard`), by which its clock is laid on the host's. It gets
the `schedule` (tags as rows of bits, flips in milliseconds) and says of each `flip` the refresh it was
drawn for (page_ms); `echo` asks it to show what was read, `echoed` says when it did, `done` ends it;
`begin` says that somebody pressed its key. The page is served on 127.0.0.1 alone, or where asked on the
network for a screen of another machine, under a path nobody can guess.
"""

from __future__ import annotations

import http
import json
import math
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from openset.primitives.errors import PortInUse
from openset.stage.live.flasher_page import flasher_page
from openset.stage.markers.phone_clock import PhoneClock

MOST_FLIPS = 10_000
_LONGEST_MESSAGE = 4096


class Flasher:
    """Serves the page and keeps what it says. `shown` and `echoed` are (host's nanoseconds, tag), in
    the order they came; all calls may come from any thread."""

    def __init__(
        self,
        schedule: dict[str, Any],
        *,
        port: int = 0,
        network: bool = False,
        now_ns: Callable[[], int] = time.monotonic_ns,
        words: dict[str, str] | None = None,
    ) -> None:
        said = words or {}
        self._schedule = schedule
        self._ids = {flip["index"]: int(flip["id"]) for flip in schedule["flips"]}
        self._now_ns = now_ns
        self._page = flasher_page(
            language=said.get("language", "en"),
            title=said.get("title", "Openset: delay"),
            waiting=said.get("waiting", "Point the camera at this screen"),
            over=said.get("over", "Done: this page can be closed"),
            patches=(said.get("left", "Patch"), said.get("right", "Echo")),
        )
        # On the network it may have to be typed; a wrong guess costs a round trip, and it soon goes.
        self.path = f"/{secrets.token_hex(4) if network else secrets.token_urlsafe(24)}"
        self._lock = threading.Lock()
        self._clock = PhoneClock()
        self._flips: list[tuple[int, int]] = []
        self._echoes: list[tuple[int, int]] = []
        self._connection: ServerConnection | None = None
        self.joined, self.done, self.begun = (threading.Event() for _ in range(3))
        try:
            self._server: Server = serve(
                self._talk, "0.0.0.0" if network else "127.0.0.1", port, process_request=self._answer,
                max_size=_LONGEST_MESSAGE, compression=None,
            )  # fmt: skip
        except OSError as error:
            raise PortInUse(
                f"port {port} cannot be opened ({error.strerror})", todo="Choose another --port"
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="flasher", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The page's port."""
        return int(self._server.socket.getsockname()[1])

    @property
    def address(self) -> str:
        """What to open in a browser on this machine."""
        return f"http://127.0.0.1:{self.port}{self.path}"

    @property
    def clock_doubt_s(self) -> float | None:
        """How far the page's clock may be off the host's, either way; None before it asked."""
        with self._lock:
            return self._clock.doubt_s

    @property
    def shown(self) -> list[tuple[int, int]]:
        """When each tag of the left patch was put up, on the host's clock."""
        return self._on_host(self._flips)

    @property
    def echoed(self) -> list[tuple[int, int]]:
        """When each echo was put up, on the host's clock."""
        return self._on_host(self._echoes)

    def echo(self, id: int) -> None:
        """Have the right patch show a tag."""
        self._tell({"type": "echo", "id": id})

    def say(self, text: str) -> None:
        """Show a line of text below the patches."""
        self._tell({"type": "say", "text": text})

    def aim(self, id: int) -> None:
        """Have the right patch stand there with a tag, to point the camera by."""
        self._tell({"type": "schedule", "tags": self._schedule["tags"], "flips": []})
        self.echo(id)

    def start(self) -> None:
        """Have the page begin the schedule."""
        self._tell({"type": "schedule", **self._schedule})

    def close(self) -> None:
        """Let the page go and free the port."""
        self._server.shutdown()
        self._thread.join(2.0)

    def __enter__(self) -> Flasher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_host(self, said: list[tuple[int, int]]) -> list[tuple[int, int]]:
        with self._lock:
            return [(self._clock.host_ns(at), id) for at, id in said] if self._clock.known else []

    def _tell(self, message: dict[str, Any]) -> None:
        with self._lock:
            connection = self._connection
        if connection is not None:
            try:
                connection.send(json.dumps(message))
            except ConnectionClosed:
                return

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        if not secrets.compare_digest(request.path.encode(), self.path.encode()):
            return connection.respond(http.HTTPStatus.NOT_FOUND, "not here\n")
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{request.headers.get('Host', '')}":
            return connection.respond(http.HTTPStatus.FORBIDDEN, "only for its own page\n")
        if "websocket" in request.headers.get("Upgrade", "").lower():
            return None
        headers = Headers(
            [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Length", str(len(self._page))),
                ("Cache-Control", "no-store"),
                ("Connection", "close"),
            ]
        )
        return Response(200, "OK", headers, self._page)

    def _talk(self, connection: ServerConnection) -> None:
        with self._lock:
            self._connection = connection
        try:
            for message in connection:
                self._hear(connection, message)
        except ConnectionClosed:
            return
        finally:
            with self._lock:
                if self._connection is connection:
                    self._connection = None

    def _hear(self, connection: ServerConnection, message: str | bytes) -> None:
        """One message; what is not understood is left out."""
        heard_ns = self._now_ns()
        try:
            said = json.loads(message)
            kind = said["type"]
            if kind == "ask":
                asked_ms = _milliseconds(said["page_ms"])
                answer = {"type": "time", "asked_ms": asked_ms, "host_ns": heard_ns}
                connection.send(json.dumps(answer))
            elif kind == "heard":
                asked, heard = (_page_ns(said[name]) for name in ("asked_ms", "heard_ms"))
                with self._lock:
                    self._clock.add(asked, int(said["host_ns"]), heard)
                self.joined.set()
            elif kind == "flip" and len(self._flips) < MOST_FLIPS:
                at, id = _page_ns(said["page_ms"]), self._ids[int(said["index"])]
                with self._lock:
                    self._flips.append((at, id))
            elif kind == "echoed" and len(self._echoes) < MOST_FLIPS:
                at, id = _page_ns(said["page_ms"]), int(said["id"])
                with self._lock:
                    self._echoes.append((at, id))
            elif kind == "done":
                self.done.set()
            elif kind == "begin":
                self.begun.set()
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return


def _milliseconds(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or abs(number) > 1e12:
        raise ValueError("no time")
    return number


def _page_ns(value: Any) -> int:
    return round(_milliseconds(value) * 1e6)
