"""The protocols and options that an address of live tracking can name: see endpoint.py.

The ports are those that the senders of each protocol use unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from openset.formats import natnet

Way = Literal["in", "out"]


@dataclass(frozen=True)
class Protocol:
    """A protocol of the grammar: its usual port (0: none), the ways it goes and its own options."""

    name: str
    title: str
    port: int
    ways: tuple[Way, ...]
    options: tuple[str, ...] = ()


PROTOCOLS: Mapping[str, Protocol] = {
    each.name: each
    for each in (
        Protocol("opentrackio", "OpenTrackIO", 55555, ("in", "out"), ("source", "encoding")),
        Protocol("freed", "FreeD D1", 40000, ("in", "out"), ("profile", "table", "id")),
        Protocol("osc", "OSC by a table of your own", 9000, ("in", "out"), ("table",)),
        Protocol("vmc", "VMC (OSC)", 39539, ("in", "out"), ("subject",)),
        Protocol("zigsim", "ZIG SIM (OSC or JSON)", 50000, ("in",), ("held",)),
        Protocol("opentrack", "opentrack UDP", 4242, ("in", "out"), ("inverted",)),
        Protocol("natnet", "NatNet (OptiTrack)", natnet.PORT, ("in",), ("version", "up")),
        Protocol("livelink", "JSON Live Link", 54321, ("out",), ("subject", "dialect")),
        Protocol("udp", "told by content; OpenTrackIO outwards", 0, ("in", "out"), ("profile",)),
    )
}
"""Every protocol by the name it is typed with."""

OPTIONS: Mapping[str, str] = {
    "profile": "what zoom and focus of FreeD mean: profile=z-cam",
    "table": "a file that says what the numbers mean: table=lens.toml",
    "source": "OpenTrackIO's source number, 1 to 200: source=3 is the group 239.135.1.3",
    "encoding": "encoding=json or encoding=cbor",
    "id": "the FreeD camera, 0 to 255: id=2",
    "version": "what the NatNet server speaks: version=4.0",
    "up": "the axis Motive streams upwards: up=y or up=z",
    "held": "how the phone is held: held=sideways or held=upright",
    "inverted": "axes turned round in opentrack's mapping: inverted=yaw,roll",
    "subject": "the name of the camera that is sent: subject=CameraA",
    "dialect": "which plug-in of Unreal listens: dialect=bones or dialect=camera",
    "interface": "the network card, by address or name: interface=192.0.2.5",
    "delay_ms": "how late the reports are (in), or how long to hold them back (out): delay_ms=20",
}
"""Every option, and how it is written."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "encoding": ("json", "cbor"),
    "held": ("sideways", "upright"),
    "up": ("y", "z"),
    "dialect": ("bones", "camera"),
}
"""The values of options that have only a few; the first is taken where none is given."""

AXES = ("x", "y", "z", "yaw", "pitch", "roll")
FOR_ALL = ("interface", "delay_ms")
GROUP = "239.135.1."
OLD_GROUP = "235.135.1."
"""OpenTrackIO's multicast groups end in the source number; 1.0.0 had others."""
NATNET_GROUP = natnet.MULTICAST
"""Heard where natnet:// names no host; natnet://0.0.0.0 hears what is sent to this machine."""
SOURCES = range(1, 201)
MOST_DELAY_MS = 10_000.0
