"""The phones' solver: a loopback socket for the site, one `PhoneSolver` for each phone behind it.

As the stage engine's own socket it is open only to who holds the token, which lies with the port in
$OPENSET_HOME/phones/solver.json, readable by its owner alone. The site, which knows who a phone is,
carries its messages here unread; what they are is in phone_wire.py.
"""

from __future__ import annotations

import asyncio
import hmac
import http
import json
import os
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from openset.primitives.errors import OpensetError, PortInUse
from openset.primitives.space import Pose
from openset.stage.live.phone_solver import PhonePlan, PhoneSolver
from openset.stage.live.phone_wire import (
    LARGEST_MESSAGE,
    Frame,
    WireFault,
    numbers,
    read_message,
    read_text,
    time_ms,
)
from openset.stage.markers.files import read_good_map
from openset.stage.markers.phone_pose import (
    Alignment,
    aligned_on_mark,
    pose_from_facing,
    pose_from_xr,
)
from openset.store.files import make_folder, write_atomic
from openset.store.home import openset_home

MOST_PHONES = 4
STATUS_S = 0.2
SILENT_S = 60.0
IDLE_S = 600.0
HEIGHT_M = 1.5
MOST_UNHEARD = 32
"""Answers that may be on their way to the page at once."""
_NOT_PLAIN = re.compile(r"[^\w .-]")


def note_file() -> Path:
    """Where the site finds the port and the token."""
    return openset_home() / "phones" / "solver.json"


class Conversation:
    """One phone's messages, in order; `answers` are what it is to hear back."""

    def __init__(self, solver: PhoneSolver, clock: Callable[[], int]) -> None:
        self._solver, self._clock = solver, clock
        self._own: Pose | None = None
        self._aligned = {"xr": Alignment(), "facing": Alignment()}
        self._answered: dict[int, int] = {}

    def hear(self, message: str | bytes) -> list[dict[str, Any]]:
        """One message of the page; never raises, what it cannot use is counted."""
        try:
            if isinstance(message, bytes):
                return self._bytes(message)
            said = read_text(message)
            return getattr(self, f"_{said['type']}")(said)  # type: ignore[no-any-return]
        except WireFault as fault:
            self._solver.faults[str(fault)] += 1
            return []

    def _bytes(self, message: bytes) -> list[dict[str, Any]]:
        read = read_message(message)
        if isinstance(read, Frame):
            if self._solver.clock.known:
                self._solver.picture(read)
            return [{"type": "taken", "number": read.number}]
        if self._solver.clock.known:
            self._solver.motion(read)
        return []

    def _hello(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        return self._mode(said)

    def _mode(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        if said.get("mode") not in ("tags", "xr", "facing"):
            raise WireFault("a mode that is none")
        self._solver.mode = said["mode"]
        (angle,) = numbers(said, "screen", 1, 360)
        self._solver.mount.hold(angle)
        self._own = None
        return []

    def _ping(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        """The page asks the time; it adds when it heard an answer, and when it had asked for that."""
        now = self._clock()
        asked = round(time_ms(said) * 1e6)
        if said.get("heard") is not None:
            before, heard = (round(time_ms(said, name) * 1e6) for name in ("asked", "heard"))
            answered = self._answered.pop(before, None)
            if answered is not None and not self._solver.clock.add(before, answered, heard):
                self._solver.faults["a round trip that cannot be"] += 1
            self._solver.trips()
        self._answered[asked] = now
        while len(self._answered) > MOST_UNHEARD:
            del self._answered[next(iter(self._answered))]
        return [{"type": "pong", "ms": said["ms"]}]

    def _xr(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        pose = pose_from_xr(numbers(said, "p", 3, 1e3), numbers(said, "q", 4, 1.1))
        if pose is None:
            raise WireFault("xr without q")
        return self._own_pose("xr", time_ms(said), pose)

    def _facing(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        alpha, beta, gamma, screen = numbers(said, "angles", 4, 720)
        return self._own_pose("facing", time_ms(said), pose_from_facing(alpha, beta, gamma, screen))

    def _own_pose(self, mode: str, ms: float, pose: Pose) -> list[dict[str, Any]]:
        self._own = pose
        if mode == "facing" and self._aligned[mode] == Alignment():
            self._aligned[mode] = aligned_on_mark(pose, (0.0, 0.0, HEIGHT_M))
        if self._solver.clock.known:
            self._solver.own_pose(ms, self._aligned[mode].of(pose), mode)
        return []

    def _align(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        """The person stands on the mark, looks along the stage's +Y, and has pressed."""
        x, y, height = numbers(said, "mark", 3, 1e3)
        if self._own is None or self._solver.mode == "tags":
            return [{"type": "aligned", "ok": False}]
        self._aligned[self._solver.mode] = aligned_on_mark(self._own, (x, y, height))
        return [{"type": "aligned", "ok": True}]

    def _keep(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        keeper = self._solver.keeper
        ok = keeper.ask()
        return [{"type": "kept", "ok": ok, "count": keeper.count, "folder": str(keeper.folder or "")}]

    def _bye(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        self._solver.mode = "tags"
        return []


def welcome(plan: PhonePlan, port: object) -> tuple[str, str]:
    """What the one who starts it by hand must know: where it waits, and what it still lacks."""
    lacks = "" if plan.tags else "Without --tags or --floor-tag phones only look around. "
    return (
        f"The phones' solver waits on 127.0.0.1:{port}; poses go to {plan.to}. Ctrl-C ends it.",
        f"{lacks}Phones come through the pages that openset up DIR --phones opens.",
    )


class PhoneServer:
    """Serves phones until `stop`. `say` gets a line when one comes or goes."""

    def __init__(
        self, plan: PhonePlan, say: Callable[[str], None], *, end_when_idle: bool = False
    ) -> None:
        self._plan, self._say = plan, say
        self._token = secrets.token_urlsafe(32)
        self._places: dict[str, int] = {}
        self._here: dict[str, PhoneSolver] = {}
        self._end_when_idle = end_when_idle
        self._ending = asyncio.Event()
        self._busy_s = time.monotonic()
        self.served = 0

    async def run(self, port: int) -> None:
        """Open the port on loopback (0 takes any), leave the note, serve. Raises PortInUse."""
        try:
            server = await serve(
                self._talk,
                "127.0.0.1",
                port,
                process_request=self._admit,
                max_size=LARGEST_MESSAGE,
                max_queue=8,
                compression=None,
            )
        except OSError as error:
            raise PortInUse(
                f"port {port} cannot be opened ({error.strerror})",
                where="the phones' solver",
                todo="Choose another --port, or 0 for any",
            ) from error
        entry = {"port": server.sockets[0].getsockname()[1], "token": self._token, "pid": os.getpid()}
        note = json.dumps(entry).encode()
        make_folder(note_file().parent)
        write_atomic(note_file(), note, mode=0o600)
        for line in welcome(self._plan, entry["port"]):
            self._say(line)
        try:
            async with server:
                await self._until_the_end()
        finally:
            with suppress(OSError):
                if note_file().read_bytes() == note:
                    note_file().unlink()

    def stop(self) -> None:
        """End `run`."""
        self._ending.set()

    async def _until_the_end(self) -> None:
        while not self._ending.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), 1.0)
            if self._here:
                self._busy_s = time.monotonic()
            if self._end_when_idle and time.monotonic() - self._busy_s > IDLE_S:
                return

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        given = " ".join(request.headers.get_all("Authorization"))
        wanted = f"Bearer {self._token}"
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode()):
            return connection.respond(http.HTTPStatus.FORBIDDEN, "the token is missing or wrong\n")
        return None

    async def _talk(self, connection: ServerConnection) -> None:
        headers = connection.request.headers if connection.request else {}
        name = str(headers.get("X-Openset-Phone", ""))[:80]
        if not name:  # the site only looks whether anybody is there
            return
        before = self._here.pop(name, None)
        if before is None and len(self._here) >= MOST_PHONES:
            await connection.send(json.dumps({"type": "refused", "text": "too many phones"}))
            return
        if before is not None:
            await asyncio.to_thread(before.stop)
        solver = self._solver(name, str(headers.get("X-Openset-Tags", "")))
        self._here[name] = solver
        solver.start()
        self.served += 1
        self._say(f"{_plain(name)} is here")
        telling = asyncio.create_task(_tell(connection, solver))
        try:
            await self._listen(connection, Conversation(solver, self._plan.clock))
        except (ConnectionClosed, TimeoutError):
            pass
        finally:
            telling.cancel()
            if self._here.get(name) is solver:
                del self._here[name]
            await asyncio.to_thread(solver.stop)
            self._say(f"{_plain(name)} has gone")

    async def _listen(self, connection: ServerConnection, talk: Conversation) -> None:
        while True:
            message = await asyncio.wait_for(connection.recv(), SILENT_S)
            for answer in talk.hear(message):
                await connection.send(json.dumps(answer))

    def _solver(self, name: str, tags: str) -> PhoneSolver:
        """A phone that comes back gets the port it had. `tags` is the map of the production its page
        was opened for, as a URL writes a path; one given at the start outranks it."""
        taken = {self._places[other] for other in self._here if other in self._places}
        place = self._places.get(name)
        if place is None or place in taken:
            place = next(each for each in range(MOST_PHONES + 1) if each not in taken)
        self._places = {other: at for other, at in self._places.items() if at != place}
        self._places[name] = place
        keep = self._plan.keep / f"phone-{_plain(name)}" if self._plan.keep else None
        plan = replace(self._plan, keep=keep)
        if plan.tags is None and tags:
            try:
                plan = replace(plan, tags=read_good_map(Path(unquote(tags))))
            except OpensetError as trouble:
                self._say(f"{_plain(name)} has no tags: {trouble.line}")
        return PhoneSolver(name, place, plan)


async def _tell(connection: ServerConnection, solver: PhoneSolver) -> None:
    with suppress(ConnectionClosed):
        while True:
            await connection.send(json.dumps(solver.status()))
            await asyncio.sleep(STATUS_S)


def _plain(name: str) -> str:
    return _NOT_PLAIN.sub("", name)[:40] or "a phone"
