"""Where live tracking comes from or goes to, as people type it; one grammar for every command.

    PROTOCOL://[HOST][:PORT][@INTERFACE][?OPTION=VALUE&OPTION=VALUE]
    udp:HOST:PORT[@INTERFACE]                    the short form, told by content

An address to listen on may leave HOST out (every address of this machine); one to send to needs it.
What protocols and options there are is in grammar.py.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

from openset.primitives.errors import BadInput
from openset.stage.tracking.address import UdpAddress, is_udp_address, parse_udp_address
from openset.stage.tracking.grammar import (
    AXES,
    CHOICES,
    FOR_ALL,
    GROUP,
    MOST_DELAY_MS,
    NATNET_GROUP,
    OPTIONS,
    PROTOCOLS,
    SOURCES,
    Protocol,
    Way,
)

_FORM = re.compile(
    r"(?P<protocol>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^:@?/]*)(?::(?P<port>[0-9]{1,5}))?/?"
    r"(?:@(?P<interface>[^@?/]+))?(?:\?(?P<query>.*))?",
    re.DOTALL,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Endpoint:
    """One live end. `host` "" listens on every address of this machine.

    `source` is OpenTrackIO's source number, `camera_id` FreeD's. `delay_s` is how long before its
    arrival a report was true (in), or for how long it is held back (out). The others are as in OPTIONS.
    """

    protocol: str
    host: str
    port: int
    interface: str = ""
    profile: str = "raw"
    table: str = ""
    source: int | None = None
    encoding: str = "json"
    camera_id: int | None = None
    version: tuple[int, int] | None = None
    up: str = "y"
    held: str = "sideways"
    inverted: frozenset[str] = frozenset()
    subject: str = ""
    dialect: str = "bones"
    delay_s: float = 0.0

    @property
    def address(self) -> UdpAddress:
        """Where its datagrams arrive or go."""
        return UdpAddress(self.host, self.port, self.interface)

    def __str__(self) -> str:
        tail = f"@{self.interface}" if self.interface else ""
        said = [
            ("profile", self.profile if self.profile != "raw" else ""),
            ("table", _escaped(self.table)),
            ("source", "" if self.source is None else str(self.source)),
            ("id", "" if self.camera_id is None else str(self.camera_id)),
            ("version", ".".join(map(str, self.version or ()))),
            *((name, _unusual(name, getattr(self, name))) for name in CHOICES),
            ("inverted", ",".join(axis for axis in AXES if axis in self.inverted)),
            ("subject", _escaped(self.subject)),
            ("delay_ms", f"{self.delay_s * 1000:.10g}" if self.delay_s else ""),
        ]
        query = "&".join(f"{name}={value}" for name, value in said if value)
        return f"{self.protocol}://{self.host}:{self.port}{tail}" + (f"?{query}" if query else "")


def is_endpoint(text: str) -> bool:
    """Whether a track source or target is meant as an address and not as a file."""
    return is_udp_address(text) or _SCHEME.match(text) is not None


def parse_endpoint(text: str, way: Way) -> Endpoint:
    """'freed://:40000?profile=z-cam', 'opentrackio://239.135.1.3@eth0', 'udp::55555'.

    BadInput, saying what can be written, for an unknown protocol or option, a number out of range, or a
    protocol that does not go this way.
    """
    if is_udp_address(text) and not text.startswith("udp://"):
        short = parse_udp_address(text)
        return _checked(Endpoint("udp", short.host, short.port, short.interface), text, way)
    match = _FORM.fullmatch(text)
    if match is None:
        raise BadInput(
            f"{text!r} is no address",
            todo="Write PROTOCOL://HOST:PORT, such as freed://:40000 or opentrackio://239.135.1.1:55555",
        )
    protocol = _protocol(match["protocol"].lower(), text, way)
    options = _options(match["query"] or "", protocol, text)
    port = int(match["port"]) if match["port"] else protocol.port
    endpoint = Endpoint(
        protocol.name,
        _host(match["host"], options, text) or (NATNET_GROUP if protocol.name == "natnet" else ""),
        port,
        _interface(match["interface"] or "", options, text),
        profile=options.get("profile", "raw"),
        table=options.get("table", ""),
        source=_whole(options, "source", SOURCES, text),
        encoding=_choice(options, "encoding", text),
        camera_id=_whole(options, "id", range(256), text),
        version=_version(options, text),
        up=_choice(options, "up", text),
        held=_choice(options, "held", text),
        inverted=_inverted(options, text),
        subject=options.get("subject", ""),
        dialect=_choice(options, "dialect", text),
        delay_s=_delay_s(options, text),
    )
    if not match["port"] and not protocol.port:
        raise BadInput("no port given", where=text, todo=f"Write {protocol.name}://HOST:PORT")
    return _checked(endpoint, text, way)


def _protocol(name: str, text: str, way: Way) -> Protocol:
    protocol = PROTOCOLS.get(name)
    here = ", ".join(each.name for each in PROTOCOLS.values() if way in each.ways)
    if protocol is None:
        raise BadInput(f"no protocol {name!r}", where=text, todo=f"Choose from {here}")
    if way not in protocol.ways:
        does = "be sent" if way == "out" else "be received"
        raise BadInput(f"{protocol.title} cannot {does}", where=text, todo=f"Choose from {here}")
    return protocol


def _options(query: str, protocol: Protocol, text: str) -> dict[str, str]:
    known = (*protocol.options, *FOR_ALL)
    found: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        if name not in known:
            raise BadInput(
                f"{protocol.title} has no option {name!r}",
                where=text,
                todo=f"Choose from {', '.join(f'{each}=' for each in known)}",
            )
        if not value or name in found:
            trouble = f"option {name} is given twice" if name in found else f"option {name} is empty"
            raise BadInput(trouble, where=text, todo=f"Write {OPTIONS[name]}")
        found[name] = _unescaped(value)
    return found


def _host(host: str, options: Mapping[str, str], text: str) -> str:
    if not host and (source := _whole(options, "source", SOURCES, text)) is not None:
        return f"{GROUP}{source}"
    if not host:
        return ""
    if re.fullmatch(r"[0-9.]+", host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            raise BadInput(f"{host!r} is no IPv4 address", where=text) from None
    elif not _NAME.fullmatch(host):
        raise BadInput(f"{host!r} is no name of a machine", where=text)
    return host


def _interface(after_at: str, options: Mapping[str, str], text: str) -> str:
    by_name = options.get("interface", "")
    if after_at and by_name and after_at != by_name:
        raise BadInput("two interfaces are given", where=text, todo="Name one, after @")
    return after_at or by_name


def _whole(options: Mapping[str, str], name: str, allowed: range, text: str) -> int | None:
    value = options.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", value) or int(value) not in allowed:
        raise BadInput(f"{name} {value!r} is out of range", where=text, todo=f"Write {OPTIONS[name]}")
    return int(value)


def _choice(options: Mapping[str, str], name: str, text: str) -> str:
    value = options.get(name, CHOICES[name][0])
    if value not in CHOICES[name]:
        raise BadInput(f"no {name} {value!r}", where=text, todo=f"Write {OPTIONS[name]}")
    return value


def _unusual(name: str, value: str) -> str:
    return "" if value == CHOICES[name][0] else value


def _version(options: Mapping[str, str], text: str) -> tuple[int, int] | None:
    value = options.get("version")
    if value is None:
        return None
    found = re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})(\.[0-9.]*)?", value)
    if found is None:
        raise BadInput(f"no version {value!r}", where=text, todo=f"Write {OPTIONS['version']}")
    return int(found[1]), int(found[2])


def _inverted(options: Mapping[str, str], text: str) -> frozenset[str]:
    axes = frozenset(options["inverted"].split(",")) if "inverted" in options else frozenset()
    if not axes <= frozenset(AXES):
        raise BadInput(
            f"inverted {options['inverted']!r} names no axis",
            where=text,
            todo=f"Choose from {', '.join(AXES)}",
        )
    return axes


def _delay_s(options: Mapping[str, str], text: str) -> float:
    value = options.get("delay_ms", "0")
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,6})?", value) or float(value) > MOST_DELAY_MS:
        raise BadInput(
            f"delay_ms {value!r} is no delay",
            where=text,
            todo=f"Write milliseconds, 0 to {MOST_DELAY_MS:.0f}: delay_ms=20",
        )
    return float(value) / 1000


def _checked(endpoint: Endpoint, text: str, way: Way) -> Endpoint:
    if endpoint.port > 65535 or (way == "out" and endpoint.port == 0):
        raise BadInput(f"no port {endpoint.port}", where=text, todo="Ports go from 1 to 65535")
    if way == "out" and not endpoint.host:
        raise BadInput(
            "no machine to send to",
            where=text,
            todo=f"Write {endpoint.protocol}://HOST:{endpoint.port}, or a multicast group",
        )
    return endpoint


def _unescaped(value: str) -> str:
    """%XX to its byte, as addresses of web pages have it: a file name may hold & or a blank."""
    raw = re.sub(
        rb"%([0-9A-Fa-f]{2})",
        lambda found: bytes((int(found[1], 16),)),
        value.encode("utf-8", "replace"),
    )
    return raw.decode("utf-8", "replace")


def _escaped(value: str) -> str:
    return "".join(f"%{ord(each):02X}" if each in "%&#" or each <= " " else each for each in value)
