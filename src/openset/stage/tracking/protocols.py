"""Which decoders and which encoder belong to an address: the one table of live protocols.

Pure: what a table's file says comes in as text. Libraries that a small install has not got are imported
where their protocol is asked for.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openset.formats.faults import FormatError
from openset.primitives.errors import BadInput
from openset.stage.tracking import freed, opentrackio
from openset.stage.tracking.endpoint import GROUP, SOURCES, Endpoint
from openset.stage.tracking.freed_profiles import Profile, profile_named, read_calibration
from openset.stage.tracking.wire import Decoder, Encoder, Heard

_CAMERA = re.compile(r"FreeD camera ([0-9]{1,3})\b")
_TOLD = ("opentrackio", "freed")
"""Protocols that tell themselves by their content, in the order they are asked."""


def decoders_for(endpoint: Endpoint, table: str = "") -> list[Decoder]:
    """The decoders of an address to listen on: its protocol's, or all, told by content, for udp.

    `table` is the text of the file that `endpoint.table` names. BadInput where it cannot be used.
    """
    if endpoint.protocol == "udp":
        return every_decoder(endpoint)
    return [_decoder(endpoint.protocol, endpoint, table)]


def every_decoder(endpoint: Endpoint, table: str = "") -> list[Decoder]:
    """All protocols that tell themselves by their content; that of the address comes first."""
    first = [] if endpoint.protocol == "udp" else [_decoder(endpoint.protocol, endpoint, table)]
    rest = (name for name in _TOLD if name != endpoint.protocol)
    return [
        *first,
        *(_decoder(name, Endpoint(name, "", 0, profile=endpoint.profile), "") for name in rest),
    ]


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
    place = f"{endpoint.table}, {trouble.at}" if trouble.at else endpoint.table
    return BadInput(
        trouble.trouble, where=place, todo="Correct the table; the how-to page has an example"
    )


_DECODERS: Mapping[str, Callable[[Endpoint, str], Decoder]] = {
    "opentrackio": lambda endpoint, table: opentrackio.OpenTrackIODecoder(),
    "freed": _freed_decoder,
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
    return opentrackio.OpenTrackIOEncoder(
        told if isinstance(told, str) and told.startswith("urn:uuid:") else source_id(source),
        source_number(endpoint, place),
        endpoint.encoding,
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


_ENCODERS: Mapping[str, Callable[[Endpoint, str, int, Mapping[str, Any] | None, str], Encoder]] = {
    "opentrackio": _opentrackio_encoder,
    "udp": _opentrackio_encoder,
    "freed": _freed_encoder,
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
    explained = [table for name, table in _FAULTS.items() if decoder.lower().startswith(name)]
    return next((table[fault] for table in (*explained, *_FAULTS.values()) if fault in table), "")


_FAULTS: Mapping[str, Mapping[str, str]] = {
    "opentrackio": opentrackio.FAULTS,
    "freed": freed.FAULTS,
}
