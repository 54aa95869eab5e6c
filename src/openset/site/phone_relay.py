"""A phone's WebSocket: carried to the solver on loopback, unread, and its answers back.

The phone proves itself by its cookie (or a signed-in person by a session, at the desk); the solver's
token stays here. Nothing is queued: while the solver or the phone is slow, the other waits, and of
pictures the page itself has at most two under way.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, quote

import websockets
from asgiref.sync import sync_to_async
from websockets.exceptions import WebSocketException

from openset.site.engines import Engine
from openset.site.live import allowed, cookie_header, refusal
from openset.site.permissions import STAGE
from openset.site.phone_service import ensure_solver, map_of
from openset.site.phones import phone_in_header
from openset.site.secure import Receive, Scope, Send, door_of, refuse

LARGEST = 2 * 1024 * 1024
CHECK_S = 2.0
"""How soon a phone that was sent away is cut off."""


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """One phone, from the handshake to the end."""
    name = "" if refusal(scope) else await who(scope)
    if not name:
        await refuse(scope, receive, send, 403, "This phone has not been let in.")
        return
    await receive()
    await send({"type": "websocket.accept"})
    await _say(send, {"type": "host", "state": "starting", "text": ""})
    solver, trouble = await asyncio.to_thread(ensure_solver)
    if solver is None:
        await _say(send, {"type": "host", "state": "failed", "text": trouble})
        await send({"type": "websocket.close", "code": 1011})
        return
    try:
        await _carry(scope, receive, send, solver, name, await asyncio.to_thread(_map, scope))
    except (OSError, WebSocketException, TimeoutError):
        with suppress(OSError, RuntimeError):
            await _say(send, {"type": "host", "state": "gone", "text": ""})
            await send({"type": "websocket.close", "code": 1011})


async def who(scope: Scope) -> str:
    """The name the solver knows this phone by; "" for a stranger."""
    if door_of(scope) == "phones":
        phone = await sync_to_async(phone_in_header)(cookie_header(scope))
        return f"{phone.pk}" if phone is not None else ""
    return "desk" if await allowed(scope, STAGE) else ""


def _map(scope: Scope) -> dict[str, str]:
    """The map of the production the page was opened for, as the solver is told of it; nothing where
    there is none. The page names a production, never a file."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("production", [""])[0]
    path = map_of(asked)
    return {"X-Openset-Tags": quote(str(path))} if path else {}


async def _carry(
    scope: Scope, receive: Receive, send: Send, solver: Engine, name: str, tags: dict[str, str]
) -> None:
    async with websockets.connect(
        solver.address,
        additional_headers={**solver.key, **tags, "X-Openset-Phone": name},
        max_size=LARGEST,
        compression=None,
        proxy=None,
        open_timeout=5,
    ) as socket:
        await _say(send, {"type": "host", "state": "running", "text": ""})
        tasks = [
            asyncio.create_task(_from_phone(receive, socket)),
            asyncio.create_task(_to_phone(send, socket)),
            asyncio.create_task(_watch(scope)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
        with suppress(OSError, RuntimeError):
            await send({"type": "websocket.close", "code": 1000})


async def _from_phone(receive: Receive, socket: websockets.ClientConnection) -> None:
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        data = event.get("bytes")
        message = event.get("text") if data is None else data
        if message is not None and len(message) <= LARGEST:
            await socket.send(message)


async def _to_phone(send: Send, socket: websockets.ClientConnection) -> None:
    async for message in socket:
        if isinstance(message, str):
            await send({"type": "websocket.send", "text": message})


async def _watch(scope: Scope) -> None:
    """Ends when the phone is sent away."""
    known = True
    while known:
        await asyncio.sleep(CHECK_S)
        known = bool(await who(scope))


async def _say(send: Send, message: dict[str, Any]) -> None:
    await send({"type": "websocket.send", "text": json.dumps(message)})
