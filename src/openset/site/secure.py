"""The doors besides the desk's: HTTPS for phones on the local network, and plain HTTP for their guide.

The desk's door, on loopback, opens to everything. These two open to every machine of the network, so
they answer to this machine's own names alone and to a few addresses each; the office is behind neither,
whoever asks. What a page behind them needs besides is asked by the page (site/phones.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal

from django.http.request import split_domain_port

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Kind = Literal["desk", "phones", "guide"]

DOOR = "openset.door"
SHARED = ("/static/", "/language/")
BEHIND: dict[str, tuple[str, ...]] = {
    "phones": ("/phone/", "/live/", *SHARED),
    "guide": ("/guide/", "/openset.crt", "/openset.mobileconfig", *SHARED),
}
FRONT = {"phones": "/phone/", "guide": "/guide/"}
LONGEST_BODY = 64 * 1024
COOP = b"cross-origin-opener-policy"


class Door:
    """Wraps the site for one listener: `hosts` are the names it answers to."""

    def __init__(self, site: Application, kind: Kind, hosts: tuple[str, ...]) -> None:
        self._site, self._kind, self._hosts = site, kind, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection: let through, led to the front page, or refused in plain words."""
        if scope["type"] not in ("http", "websocket"):
            return
        path = str(scope["path"])
        if host_of(scope) not in self._hosts:
            await refuse(scope, receive, send, 400, "This machine does not answer to that name.")
        elif path == "/" and scope["type"] == "http":
            await _lead(send, FRONT[self._kind])
        elif not path.startswith(BEHIND[self._kind]) or (
            scope["type"] == "websocket" and self._kind != "phones"
        ):
            await refuse(scope, receive, send, 404, "There is nothing here.")
        elif _length(scope) > LONGEST_BODY:
            await refuse(scope, receive, send, 413, "That is too much.")
        else:
            await self._site({**scope, DOOR: self._kind}, receive, self._answer(send))

    def _answer(self, send: Send) -> Send:
        """Browsers complain of a header that means nothing over plain HTTP."""
        if self._kind != "guide":
            return send

        async def without(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                kept = [each for each in message["headers"] if each[0].lower() != COOP]
                message = {**message, "headers": kept}
            await send(message)

        return without


def door_of(scope: Scope) -> Kind:
    """The door a connection came through."""
    found: Kind = scope.get(DOOR, "desk")
    return found


def host_of(scope: Scope) -> str:
    """The host name asked for, lower case, without its port; "" where there is none or it is none."""
    values = [value for key, value in scope["headers"] if key.lower() == b"host"]
    if len(values) != 1:
        return ""
    return split_domain_port(values[0].decode("latin-1"))[0].rstrip(".")


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
    """Answer with one plain line; for a socket, in place of its handshake."""
    kind = "http"
    if scope["type"] == "websocket":
        await receive()
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 4403, "reason": text})
            return
        kind = "websocket.http"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'"),
    ]
    await send({"type": f"{kind}.response.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": text.encode()})


async def _lead(send: Send, to: str) -> None:
    await send({"type": "http.response.start", "status": 302, "headers": [(b"location", to.encode())]})
    await send({"type": "http.response.body", "body": b""})


def _length(scope: Scope) -> int:
    """What a body is to have; one that does not say (no browser sends such) counts as too much, for it
    would be gathered on the disk to its end."""
    headers = {key.lower(): value for key, value in scope["headers"]}
    if b"transfer-encoding" in headers:
        return LONGEST_BODY + 1
    value = headers.get(b"content-length", b"0")
    return int(value) if value.isdigit() else LONGEST_BODY + 1
