"""The site's listeners in one process: the desk on loopback and, if asked for, the phones' doors."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from openset.primitives.errors import OpensetError, PortInUse
from openset.site.addresses import OWN, all_names, local_addresses, machine_name
from openset.site.certificate import Papers, papers
from openset.site.listener import BoundedListener, listening
from openset.store.home import openset_home

LARGEST_MESSAGE = 2 * 1024 * 1024


@dataclass(frozen=True)
class Phones:
    """The phones' doors, opened: HTTPS for their pages, plain HTTP for the guide to them."""

    secure: socket.socket
    guide: socket.socket
    papers: Papers
    address: str
    guide_address: str
    names: tuple[str, ...]

    def close(self) -> None:
        """Free both ports."""
        self.secure.close()
        self.guide.close()


def open_phones(port: int, guide_port: int) -> Phones:
    """Open both doors to this machine's networks and tell the site's settings of them.

    To be called before Django is set up. Raises PortInUse, NotWritable, DiskFull.
    """
    secure = listen_everywhere(port, "--phone-port")
    try:
        guide = listen_everywhere(guide_port, "--guide-port")
    except PortInUse:
        secure.close()
        raise
    names = tuple(all_names())
    try:
        made = papers(openset_home() / "phones", names, machine_name())
    except OpensetError:
        secure.close()
        guide.close()
        raise
    host = next(iter(local_addresses()), "127.0.0.1")
    address = f"https://{host}:{secure.getsockname()[1]}"
    guide_address = f"http://{host}:{guide.getsockname()[1]}"
    os.environ["OPENSET_PHONE_HOSTS"] = ",".join(name for name in names if name not in OWN)
    os.environ["OPENSET_PHONES_AT"] = address
    os.environ["OPENSET_GUIDE_AT"] = guide_address
    return Phones(secure, guide, made, address, guide_address, names)


def listen_everywhere(port: int, option: str) -> socket.socket:
    """A listener on all IPv4 addresses of this machine; PortInUse where it cannot be had."""
    todo = f"Close the other program, or choose {option}"
    return listening(BoundedListener(), "", port, "the phones' door", todo)


def run(desk: socket.socket, phones: Phones | None = None) -> None:
    """Serve until Ctrl-C, which is raised again after every connection is closed."""
    main = uvicorn.Server(_config("openset.site.asgi:application"))
    others: list[tuple[uvicorn.Server, socket.socket]] = []
    if phones is not None:
        secure = _config("openset.site.asgi:phones", phones.papers.chain, phones.papers.key)
        others = [
            (_Follower(secure), phones.secure),
            (_Follower(_config("openset.site.asgi:guide")), phones.guide),
        ]
    asyncio.run(_serve(main, desk, others))


async def _serve(
    main: uvicorn.Server, desk: socket.socket, others: list[tuple[uvicorn.Server, socket.socket]]
) -> None:
    following = [asyncio.create_task(server.serve(sockets=[each])) for server, each in others]
    try:
        await main.serve(sockets=[desk])
    finally:
        for server, _ in others:
            server.should_exit = True
        await asyncio.gather(*following, return_exceptions=True)


class _Follower(uvicorn.Server):
    """A server that leaves the signals to the main one."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None of them."""
        yield


def _config(application: str, chain: Path | None = None, key: Path | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        log_level="warning",
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        lifespan="off",
        server_header=False,
        proxy_headers=False,  # nothing stands before these doors; a phone on a cable is 127.0.0.1 too
        timeout_graceful_shutdown=2,
        ssl_certfile=chain,
        ssl_keyfile=key,
    )
