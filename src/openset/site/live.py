"""The live pages' WebSocket: the engine's status and pictures to each browser, its commands back.

Every browser gets its own connection to the engine (loopback, with the engine's token), so answers and
the chosen view are its own. A slow browser never slows anything: of pictures and status only the newest
waits, and at most two pictures are under way until the browser says it has drawn one.

    browser -> site   the engine's commands, and {"type": "seen"} after each picture drawn
    site -> browser   everything the engine says, and {"type": "engine", "state", "text", "may_command"}
                      with state "running", "starting", "failed", "absent" or "refused"
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import websockets
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host
from websockets.exceptions import InvalidHandshake, WebSocketException

from openset.site.engines import Engine, find_engine, standing
from openset.site.models import Phone
from openset.site.permissions import MARK, STAGE, may
from openset.site.phones import phone_in_header, phone_may
from openset.site.secure import Receive, Scope, Send, door_of

# The engine shows one view to all monitors, so choosing it is the crew's as much as rolling is.
# Beneath, the orders of the bench that measures the camera.
ACTION = {
    **dict.fromkeys(("roll", "cut", "slate", "view", "stop"), STAGE),
    **dict.fromkeys(("step", "keep", "drop", "auto", "solve", "use", "begin", "again", "tape"), STAGE),
    **dict.fromkeys(("open", "close"), STAGE),
    **dict.fromkeys(("circle", "note"), MARK),
}

ON_PHONES = frozenset(("roll", "cut", "circle"))
"""All that a phone may ever ask of the stage."""

LARGEST_COMMAND = 8192
LARGEST_PICTURE = 16 * 1024 * 1024
PICTURES_UNDER_WAY = 2
LOOK_AGAIN_S = 0.5


@dataclass
class Outbox:
    """What waits for one browser: one slot each for engine, status and picture; answers in order."""

    status: str | None = None
    engine: str | None = None
    said: tuple[str, str, bool] | None = None
    picture: bytes | None = None
    answers: deque[str] = field(default_factory=lambda: deque(maxlen=64))
    credits: int = PICTURES_UNDER_WAY
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, message: str | bytes) -> None:
        """Take a message of the engine; the newest status and picture replace those still waiting."""
        if isinstance(message, bytes):
            self.picture = message
        elif _kind(message) == "status":
            self.status = message
        else:
            self.answers.append(message)
        self.wake.set()

    def say(self, state: str, may_command: bool, text: str = "") -> None:
        """Tell the browser how it stands with the engine, when that has changed."""
        if (state, text, may_command) == self.said:
            return
        self.said = (state, text, may_command)
        told = {"type": "engine", "state": state, "text": text, "may_command": may_command}
        self.engine = json.dumps(told)
        self.wake.set()

    def seen(self) -> None:
        """The browser has drawn a picture."""
        self.credits = min(self.credits + 1, PICTURES_UNDER_WAY)
        self.wake.set()

    def take(self) -> list[str | bytes]:
        """Everything that may go out now, oldest kind first."""
        out: list[str | bytes] = []
        if self.engine is not None:
            out.append(self.engine)
        out.extend(self.answers)
        if self.status is not None:
            out.append(self.status)
        if self.picture is not None and self.credits > 0:
            out.append(self.picture)
            self.credits -= 1
            self.picture = None
        self.engine, self.status = None, None
        self.answers.clear()
        return out


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """One browser's WebSocket, from the handshake to the end."""
    opening = await receive()
    if opening["type"] != "websocket.connect":
        return
    production_id = _production_id(str(scope["path"]))
    reason = refusal(scope) if production_id else "no such page"
    if not reason and door_of(scope) == "phones" and await _phone(scope) is None:
        reason = "this phone has not been let in"
    if reason:
        await _refuse(scope, send, reason)
        return
    await send({"type": "websocket.accept"})
    outbox = Outbox()
    commands: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=32)
    tasks = [
        asyncio.create_task(_from_browser(scope, receive, outbox, commands)),
        asyncio.create_task(_to_browser(send, outbox)),
        asyncio.create_task(_with_engine(scope, production_id, outbox, commands)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for trouble in ended:
        # A browser that left in mid-sentence is no trouble of ours.
        if isinstance(trouble, Exception) and not isinstance(trouble, OSError):
            raise trouble


def refusal(scope: Scope) -> str:
    """Why this handshake is refused, or "": another host's name, or a page of another origin."""
    host = _header(scope, b"host")
    domain, _ = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return "this site does not answer to that host name"
    origin = urlsplit(_header(scope, b"origin"))
    scheme = "https" if scope.get("scheme") in ("wss", "https") else "http"
    if (origin.scheme, origin.netloc) != (scheme, host):
        return "only pages of this site may listen in"
    return ""


async def _refuse(scope: Scope, send: Send, reason: str) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 4403, "reason": reason})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "websocket.http.response.start", "status": 403, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": reason.encode()})


async def _from_browser(
    scope: Scope, receive: Receive, outbox: Outbox, commands: asyncio.Queue[dict[str, Any]]
) -> None:
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        command = _parse(event.get("text"))
        kind = str(command.get("type"))
        if kind == "seen":
            outbox.seen()
        elif kind in ACTION and door_of(scope) == "phones" and kind not in ON_PHONES:
            outbox.put(_answer(kind, "sign-in", "That is not for phones"))
        elif kind in ACTION and await allowed(scope, ACTION[kind]):
            with suppress(asyncio.QueueFull):
                commands.put_nowait(command)
        elif kind in ACTION:
            outbox.put(_answer(kind, "sign-in", "Sign in with a role that may do this"))
        else:
            outbox.put(_answer(kind[:40], "unknown", "That is no command of the stage"))


async def _to_browser(send: Send, outbox: Outbox) -> None:
    while True:
        await outbox.wake.wait()
        outbox.wake.clear()
        for message in outbox.take():
            key = "bytes" if isinstance(message, bytes) else "text"
            await send({"type": "websocket.send", key: message})


async def _with_engine(
    scope: Scope, production_id: str, outbox: Outbox, commands: asyncio.Queue[dict[str, Any]]
) -> None:
    """Stay with the engine while there is one, and look for it again while there is none."""
    while True:
        state, text = "absent", ""
        engine = await asyncio.to_thread(find_engine, production_id)
        if engine is not None:
            state = await _one_engine(scope, engine, outbox, commands)
        if state == "absent":
            state, text = await asyncio.to_thread(standing, production_id)
        outbox.say(state, await allowed(scope, STAGE), text)
        with suppress(asyncio.TimeoutError):
            command = await asyncio.wait_for(commands.get(), LOOK_AGAIN_S)
            outbox.put(_answer(command["type"], "absent", "No stage is running"))


async def _one_engine(
    scope: Scope, engine: Engine, outbox: Outbox, commands: asyncio.Queue[dict[str, Any]]
) -> str:
    try:
        async with websockets.connect(
            engine.address,
            additional_headers=engine.key,
            max_size=LARGEST_PICTURE,
            compression=None,
            proxy=None,
            open_timeout=3,
        ) as socket:
            outbox.say("running", await allowed(scope, STAGE))
            sender = asyncio.create_task(_commands_to_engine(socket, commands))
            try:
                async for message in socket:
                    outbox.put(message)
            finally:
                sender.cancel()
    except InvalidHandshake:
        return "refused"
    except (OSError, WebSocketException, TimeoutError):
        return "absent"
    return "absent"


async def _commands_to_engine(
    socket: websockets.ClientConnection, commands: asyncio.Queue[dict[str, Any]]
) -> None:
    while True:
        await socket.send(json.dumps(await commands.get()))


async def allowed(scope: Scope, action: str) -> bool:
    """Whether the session that opened this socket may do the action, asked anew each time: signing out
    takes effect at once. A phone may do as much as it was let in for."""
    ask = _phone_allowed if door_of(scope) == "phones" else _allowed
    return bool(await sync_to_async(ask)(cookie_header(scope), action))


def cookie_header(scope: Scope) -> str:
    """All cookies of a connection, as they came."""
    return _header(scope, b"cookie")


async def _phone(scope: Scope) -> Phone | None:
    return await sync_to_async(phone_in_header)(cookie_header(scope))


def _phone_allowed(cookies: str, action: str) -> bool:
    try:
        return phone_may(phone_in_header(cookies), action)
    finally:
        close_old_connections()


def _allowed(cookie_header: str, action: str) -> bool:
    close_old_connections()
    try:
        key = parse_cookie(cookie_header).get(settings.SESSION_COOKIE_NAME)
        if not key:
            return False
        session = SessionStore(key)
        if SESSION_KEY not in session:
            return False
        request = HttpRequest()
        request.session = session
        user = get_user(request)
        return not isinstance(user, AnonymousUser) and may(user, action)
    finally:
        close_old_connections()


def _production_id(path: str) -> str:
    parts = path.strip("/").split("/")
    return parts[1] if len(parts) == 2 and parts[0] == "live" else ""


def _header(scope: Scope, name: bytes) -> str:
    values = [value for key, value in scope["headers"] if key.lower() == name]
    return b"; ".join(values).decode("latin-1")


def _kind(message: str) -> str:
    return str(_parse(message).get("type", ""))


def _parse(text: object) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > LARGEST_COMMAND * 16:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _answer(kind: str, code: str, text: str) -> str:
    return json.dumps({"type": "reply", "ok": False, "to": kind, "code": code, "text": text})
