"""The site as one ASGI application: Django's pages, and the live WebSocket beside them."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openset.site.settings")

from django.core.asgi import get_asgi_application

pages = get_asgi_application()

# The models load only after Django is set up, which the call above has done.
from openset.site.live import Receive, Scope, Send, serve  # noqa: E402


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Every connection of the site, by kind."""
    if scope["type"] == "websocket":
        await serve(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        await pages(scope, receive, send)  # type: ignore[arg-type]


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
