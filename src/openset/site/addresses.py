"""Under which names and addresses phones on the local network reach this machine."""

from __future__ import annotations

import ipaddress
import re
import socket
from contextlib import suppress

from openset.primitives.errors import BadInput
from openset.stage.tracking.live import interface_address

_LABEL = re.compile(r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
OWN = ("127.0.0.1", "localhost")


def local_addresses() -> list[str]:
    """This machine's IPv4 addresses on its networks, that of the way out first; no loopback."""
    found = [_way_out()]
    for _, card in socket.if_nameindex():
        with suppress(BadInput, OSError):
            found.append(interface_address(card))
    with suppress(OSError):
        found += [
            str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        ]
    usable = [str(each) for each in found if each and not ipaddress.ip_address(each).is_loopback]
    return list(dict.fromkeys(usable))


def machine_name() -> str:
    """The machine's own name, plain; "stage" where it has none that can be used."""
    label = socket.gethostname().partition(".")[0].lower()
    return label if _LABEL.match(label) else "stage"


def all_names() -> list[str]:
    """Everything phones may call this machine: addresses, then host names, then its own."""
    return [*local_addresses(), f"{machine_name()}.local", *OWN]


def _way_out() -> str:
    """The address packets leave by; nothing is sent for it. "" without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # TEST-NET-1, RFC 5737
        return str(probe.getsockname()[0])
    return ""
