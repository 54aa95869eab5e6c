"""Where a tracker is listened to, as people type it: udp:HOST:PORT[@INTERFACE]."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from openset.primitives.errors import BadInput

_ADDRESS = re.compile(r"udp:(?P<host>[^:@]*):(?P<port>[0-9]{1,5})(?:@(?P<interface>[^:@]+))?")


@dataclass(frozen=True)
class UdpAddress:
    """An address to listen on. `host` "" is every interface; a multicast group is joined on
    `interface`."""

    host: str
    port: int
    interface: str = ""

    def __str__(self) -> str:
        tail = f"@{self.interface}" if self.interface else ""
        return f"udp:{self.host}:{self.port}{tail}"

    @property
    def is_multicast(self) -> bool:
        """Whether `host` is a group (224.0.0.0/4), as OpenTrackIO's 239.135.1.x."""
        try:
            return ipaddress.IPv4Address(self.host).is_multicast
        except ValueError:
            return False


def is_udp_address(text: str) -> bool:
    """Whether a track source is meant as an address and not as a file."""
    return text.startswith("udp:")


def parse_udp_address(text: str) -> UdpAddress:
    """'udp::55555', 'udp:0.0.0.0:40000', 'udp:239.135.1.7:55555@192.168.1.5'; BadInput for anything
    else."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > 65535:
        raise BadInput(
            f"{text!r} is not an address to listen on",
            todo="Write udp:HOST:PORT, such as udp::55555 or udp:239.135.1.1:55555@INTERFACE",
        )
    return UdpAddress(match["host"], int(match["port"]), match["interface"] or "")
