"""The site as ASGI applications: Django's pages with the live sockets beside them, and the two doors
that other machines may knock at."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openset.site.settings")

from django.core.asgi import get_asgi_application

pages = get_asgi_application()

# The models load only after Django is set up, which the call above has done.
from django.conf import settings  # noqa: E402

from openset.site import live, phone_relay  # noqa: E402
from openset.site.secure import Door, Receive, Scope, Send, door_of, host_of, refuse  # noqa: E402


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Every connection of the site, by kind."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif door_of(scope) == "desk" and host_of(scope) in settings.PHONE_HOSTS:
        # The network's names are for the phones' doors; the desk answers to its own alone.
        await refuse(scope, receive, send, 400, "The desk does not answer to that name.")
    elif scope["type"] == "websocket" and scope["path"] == "/phone/live/":
        await phone_relay.serve(scope, receive, send)
    elif scope["type"] == "websocket":
        await live.serve(scope, receive, send)
    else:
        await pages(scope, receive, send)  # type: ignore[arg-type]


phones = Door(application, "phones", (*settings.DESK_HOSTS, *settings.PHONE_HOSTS))
guide = Door(application, "guide", (*settings.DESK_HOSTS, *settings.PHONE_HOSTS))


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
