"""The engine's loopback socket: status and monitor pictures out, the crew's orders in.

One WebSocket server on 127.0.0.1, open only to who holds the token written into
$OPENSET_HOME/engines/<production id>.json (readable by its owner alone). A page of another site cannot
know the token, so it can neither see the picture nor roll.
"""

from __future__ import annotations

import asyncio
import errno
import hmac
import http
import json
import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from openset.primitives.errors import BadInput, PortInUse
from openset.stage.live.pipes import Broadcast
from openset.store.files import make_folder, write_atomic
from openset.store.home import openset_home

DEFAULT_PORT = 8010
STATUS_HZ = 5.0

Reply = dict[str, Any]


class Control(threading.Thread):
    """The socket server on its own thread and event loop.

    `status` is called for each status message; `obey` for each order and answers (ok, text). Raises
    PortInUse from `start_serving` when another engine or program holds the port.
    """

    def __init__(
        self,
        production_id: str,
        title: str,
        *,
        port: int,
        status: Callable[[], dict[str, Any]],
        obey: Callable[[dict[str, Any]], tuple[bool, str]],
    ) -> None:
        super().__init__(name="control", daemon=True)
        self._production_id, self._title = production_id, title
        self._port, self._status, self._obey = port, status, obey
        self._token = secrets.token_urlsafe(32)
        self._pictures: Broadcast[bytes] = Broadcast(depth=1)
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._ending: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners = 0
        self._entry = b""
        self.port = port

    @property
    def file(self) -> Path:
        """Where clients find the port and the token."""
        return openset_home() / "engines" / f"{self._production_id}.json"

    def start_serving(self) -> None:
        """Start; returns when the port is open. Raises PortInUse, BadInput, DiskFull, NotWritable."""
        if not 0 <= self._port <= 65535:
            raise BadInput(f"there is no port {self._port}", todo="Choose --port from 0 to 65535")
        self.start()
        self._ready.wait(10)
        if self._failure is not None:
            if self._failure.errno == errno.EADDRINUSE:
                raise PortInUse(
                    f"port {self._port} is taken",
                    where="the stage engine",
                    todo="Another engine may be running: stop it, or choose --port",
                )
            raise BadInput(
                f"port {self._port} cannot be opened ({self._failure.strerror or self._failure})",
                where="the stage engine",
                todo="Choose a --port of 1024 or above",
            )
        make_folder(self.file.parent)
        entry = {
            "port": self.port,
            "token": self._token,
            "pid": os.getpid(),
            "production": self._production_id,
            "title": self._title,
        }
        self._entry = json.dumps(entry).encode()
        write_atomic(self.file, self._entry, mode=0o600)

    def run(self) -> None:
        """The thread: an event loop of its own."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        try:
            server: Server = await serve(
                self._talk,
                "127.0.0.1",
                self._port,
                process_request=self._admit,
                max_size=64 * 1024,
                compression=None,
            )
        except OSError as failure:
            self._failure = failure
            self._ready.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._ending.wait()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        wanted = f"Bearer {self._token}"
        given = " ".join(request.headers.get_all("Authorization"))
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode()):
            return connection.respond(
                http.HTTPStatus.FORBIDDEN, "the engine's token is missing or wrong\n"
            )
        return None

    async def _talk(self, connection: ServerConnection) -> None:
        queue = self._pictures.listen()
        self._listeners += 1
        telling = asyncio.create_task(self._tell(connection))
        showing = asyncio.create_task(self._show(connection, queue))
        try:
            async for message in connection:
                await connection.send(json.dumps(await self._answer(message)))
        except ConnectionClosed:
            pass
        finally:
            self._listeners -= 1
            self._pictures.leave(queue)
            telling.cancel()
            showing.cancel()

    async def _answer(self, message: str | bytes) -> Reply:
        try:
            order = json.loads(message)
            if not isinstance(order, dict) or not isinstance(order.get("type"), str):
                raise ValueError
        except (ValueError, RecursionError):
            return {
                "type": "reply",
                "ok": False,
                "text": "not an order: send a JSON object with a type",
            }
        ok, text = await asyncio.to_thread(self._obey, order)
        return {"type": "reply", "ok": ok, "text": text, "to": order["type"]}

    async def _tell(self, connection: ServerConnection) -> None:
        try:
            while True:
                await connection.send(json.dumps(self._status()))
                await asyncio.sleep(1 / STATUS_HZ)
        except ConnectionClosed:
            return

    async def _show(self, connection: ServerConnection, queue: Any) -> None:
        try:
            while True:
                if queue:
                    await connection.send(queue.popleft())
                else:
                    await asyncio.sleep(0.01)
        except ConnectionClosed:
            return

    def publish(self, jpeg: bytes) -> None:
        """A new monitor picture for everyone who looks; safe from any thread."""
        self._pictures.say(jpeg)

    def watched(self) -> bool:
        """Whether anybody is connected."""
        return self._listeners > 0

    def stop(self) -> None:
        """Close the socket and remove the file, unless another engine has written its own since."""
        if self._loop and self._ending and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ending.set)
            self.join(3.0)
        with suppress(OSError):
            if self._entry and self.file.read_bytes() == self._entry:
                self.file.unlink()
