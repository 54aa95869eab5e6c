"""Which decoders and which encoder belong to an address: the one table of live protocols.

Pure: what a table's file says comes in as text. Libraries that a small install has not got are imported
where their protocol is asked for.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from openset.formats.faults import FormatError
from openset.primitives.errors import BadInput
from openset.stage.tracking import freed, opentrack_udp, opentrackio, source
from openset.stage.tracking.endpoint import Endpoint
from openset.stage.tracking.freed_profiles import Profile, profile_named, read_calibration
from openset.stage.tracking.grammar import GROUP, SOURCES
from openset.stage.tracking.livelink import LiveLinkEncoder
from openset.stage.tracking.opentrack_udp import OpentrackDecoder, OpentrackEncoder
from openset.stage.tracking.opentrackio_encoder import OpenTrackIOEncoder
from openset.stage.tracking.wire import Decoder, Encoder, Heard

if TYPE_CHECKING:
    from openset.formats.osc_table import Table

_CAMERA = re.compile(r"FreeD camera ([0-9]{1,3})\b")
_TOLD = ("opentrackio", "freed", "vmc", "opentrack")
"""Protocols that tell themselves by their content, in the order they are asked; vmc stands for all OSC
that is known by itself, and opentrack's packets have no mark: they are asked last."""


def decoders_for(endpoint: Endpoint, table: str = "") -> list[Decoder]:
    """The decoders of an address to listen on: its protocol's, or all, told by content, for udp.

    `table` is the text of the file that `endpoint.table` names. BadInput where it cannot be used.
    """
    if endpoint.protocol == "udp":
        return every_decoder(endpoint)
    return [_decoder(endpoint.protocol, endpoint, table)]


def every_decoder(endpoint: Endpoint, table: str = "") -> list[Decoder]:
    """All protocols that tell themselves by their content; that of the address comes first."""
    found = [] if endpoint.protocol == "udp" else [_decoder(endpoint.protocol, endpoint, table)]
    same = "vmc" if endpoint.protocol in _OSC else endpoint.protocol
    for name in _TOLD:
        if name != same:
            with suppress(ModuleNotFoundError):  # a small install has no OSC
                found.append(_decoder(name, Endpoint(name, "", 0, profile=endpoint.profile), ""))
    return found


def _decoder(name: str, endpoint: Endpoint, table: str) -> Decoder:
    made = _DECODERS[name](endpoint, table)
    if name == "freed" and endpoint.camera_id is not None:
        return _OneCamera(made, endpoint.camera_id)
    return made


def _freed_decoder(endpoint: Endpoint, table: str) -> Decoder:
    return freed.FreeDDecoder(_profile(endpoint, table))


def _profile(endpoint: Endpoint, table: str) -> Profile:
    profile = profile_named(endpoint.profile)
    if not endpoint.table:
        return profile
    try:
        return profile.calibrated(read_calibration(table))
    except FormatError as trouble:
        raise _unusable(endpoint, trouble) from trouble


def _unusable(endpoint: Endpoint, trouble: FormatError) -> BadInput:
    return trouble.in_file(endpoint.table, "Correct the table; the how-to page has an example")


def _osc_decoder(endpoint: Endpoint, table: str) -> Decoder:
    from openset.stage.tracking.osc import OscDecoder

    held: Literal["sideways", "upright"] = "upright" if endpoint.held == "upright" else "sideways"
    return OscDecoder(_osc_table(endpoint, table), held)


def _osc_table(endpoint: Endpoint, table: str) -> Table | None:
    from openset.formats.osc_table import read_table

    if not endpoint.table:
        if endpoint.protocol == "osc":
            raise BadInput(
                "OSC of another app than VMC or ZIG SIM needs a table",
                where=str(endpoint),
                todo="Write ?table=FILE.toml; the how-to page has an example",
            )
        return None
    try:
        return read_table(table)
    except FormatError as trouble:
        raise _unusable(endpoint, trouble) from trouble


def _natnet_decoder(endpoint: Endpoint, table: str) -> Decoder:
    from openset.stage.tracking.natnet import NatNetDecoder

    return NatNetDecoder(endpoint.version, "z" if endpoint.up == "z" else "y")


_OSC = ("osc", "vmc", "zigsim")
_DECODERS: Mapping[str, Callable[[Endpoint, str], Decoder]] = {
    "opentrackio": lambda endpoint, table: opentrackio.OpenTrackIODecoder(),
    "freed": _freed_decoder,
    **dict.fromkeys(_OSC, _osc_decoder),
    "opentrack": lambda endpoint, table: OpentrackDecoder(endpoint.inverted),
    "natnet": _natnet_decoder,
}


class _OneCamera:
    """FreeD of one camera where several send to a port; the others are not heard."""

    def __init__(self, decoder: Decoder, camera_id: int) -> None:
        self.name, self.faults = decoder.name, decoder.faults
        self._decoder = decoder
        self._camera = str(camera_id)

    def takes(self, datagram: bytes) -> bool:
        """As the decoder of all cameras."""
        return self._decoder.takes(datagram)

    def feed(self, datagram: bytes, sender: str, arrival_ns: int) -> Sequence[Heard]:
        """The reports of this one camera."""
        return [
            heard
            for heard in self._decoder.feed(datagram, sender, arrival_ns)
            if (found := _CAMERA.match(heard.source)) is not None and found[1] == self._camera
        ]


def encoder_for(
    endpoint: Endpoint,
    source: str,
    place: int = 0,
    raw: Mapping[str, Any] | None = None,
    table: str = "",
) -> Encoder:
    """The encoder that says one source at an address to send to.

    `place` counts the sources as they were first heard, from 0; `raw` is the source's first
    OpenTrackIO sample, whose id is kept. `table` as for `decoders_for`.
    """
    return _ENCODERS[endpoint.protocol](endpoint, source, place, raw, table)


def _opentrackio_encoder(
    endpoint: Endpoint, source: str, place: int, raw: Mapping[str, Any] | None, table: str
) -> Encoder:
    """The id stays; the number is the target's own where it was asked for or the group says it."""
    told = raw.get("sourceId") if raw else None
    numbered = endpoint.source is not None or endpoint.host.startswith(GROUP)
    return OpenTrackIOEncoder(
        told if isinstance(told, str) and told.startswith("urn:uuid:") else source_id(source),
        source_number(endpoint, place),
        "cbor" if endpoint.encoding == "cbor" else "json",
        renamed=numbered,
    )


def _freed_encoder(
    endpoint: Endpoint, source: str, place: int, raw: Mapping[str, Any] | None, table: str
) -> Encoder:
    """FreeD keeps a FreeD camera's number; others are counted."""
    own = _CAMERA.match(source)
    if endpoint.camera_id is not None:
        camera = endpoint.camera_id + place
    else:
        camera = int(own[1]) if own else place + 1
    return freed.FreeDEncoder(camera % 256, _profile(endpoint, table))


def _osc_encoder(
    endpoint: Endpoint, source: str, place: int, raw: Mapping[str, Any] | None, table: str
) -> Encoder:
    from openset.stage.tracking.osc import OscEncoder

    return OscEncoder(_osc_table(endpoint, table), _subject(endpoint, place))


def _livelink_encoder(
    endpoint: Endpoint, source: str, place: int, raw: Mapping[str, Any] | None, table: str
) -> Encoder:
    dialect: Literal["bones", "camera"] = "camera" if endpoint.dialect == "camera" else "bones"
    return LiveLinkEncoder(_subject(endpoint, place), dialect)


def _subject(endpoint: Endpoint, place: int) -> str:
    """The name of the camera in the receiver; a second source has a number behind it."""
    name = endpoint.subject or "Camera"
    return f"{name} {place + 1}" if place else name


_ENCODERS: Mapping[str, Callable[[Endpoint, str, int, Mapping[str, Any] | None, str], Encoder]] = {
    "opentrackio": _opentrackio_encoder,
    "udp": _opentrackio_encoder,
    "freed": _freed_encoder,
    "vmc": _osc_encoder,
    "osc": _osc_encoder,
    "opentrack": lambda endpoint, *_: OpentrackEncoder(endpoint.inverted),
    "livelink": _livelink_encoder,
}


def source_id(source: str) -> str:
    """The URN under which a source without one is passed on: the same name, the same id."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"openset {source}").urn


def source_number(endpoint: Endpoint, place: int) -> int:
    """The OpenTrackIO source number of the source heard as number `place`: counted from the one asked
    for, or from that of the group; past 200 it begins again."""
    first = endpoint.source
    if first is None and endpoint.host.startswith(GROUP):
        first = int(endpoint.host.removeprefix(GROUP))
    if first is None or first not in SOURCES:
        first = 1
    return (first - 1 + place) % len(SOURCES) + 1


def recognised(datagram: bytes) -> str:
    """The name of the protocol a datagram looks like; "" for none."""
    return next((each.name for each in every_decoder(_ANY) if each.takes(datagram)), "")


_ANY = Endpoint("udp", "", 0)


def meaning(decoder: str, fault: str) -> str:
    """What a fault of a decoder means and what helps; "" where no more is known."""
    tables = _fault_tables()
    own = [table for name, table in tables.items() if decoder == name]
    return next((table[fault] for table in (*own, *tables.values()) if fault in table), "")


def _fault_tables() -> Mapping[str, Mapping[str, str]]:
    """By the decoder's name; those of parts that are not installed are left out."""
    tables: dict[str, Mapping[str, str]] = {
        "OpenTrackIO": opentrackio.FAULTS,
        "FreeD D1": freed.FAULTS,
        "opentrack UDP": opentrack_udp.FAULTS,
        "": source.FAULTS,
    }
    with suppress(ModuleNotFoundError):
        from openset.stage.tracking import osc

        tables["OSC"] = osc.FAULTS
    with suppress(ModuleNotFoundError):
        from openset.stage.tracking import natnet

        tables["NatNet"] = natnet.FAULTS
    return tables
