"""OpenTrackIO as it goes out to the network: strictly 1.0.1, whatever it was made from."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from openset.formats import opentrackio
from openset.formats.faults import FormatError
from openset.formats.opentrackio_strict import strict
from openset.formats.opentrackio_wire import MAX_PAYLOAD
from openset.primitives.space import Pose
from openset.primitives.time import NS_PER_S, ns_from_s
from openset.stage.tracking.opentrackio_reading import reading_from_sample
from openset.stage.tracking.samples import TrackSample


class OpenTrackIOEncoder:
    """OpenTrackIO 1.0.1 outwards: JSON or CBOR, the static block when it changes and every
    `static_every_s` seconds.

    Of a sample that came as OpenTrackIO everything is passed on, ids and stamps too, less what the
    standard forbids; `renamed` puts this encoder's `source_id` ("urn:uuid:…") and `source_number` in
    their place, `restamped` the engine's time of the sample. `left_out` counts samples that
    lost something that way.
    """

    def __init__(
        self,
        source_id: str,
        source_number: int = 1,
        encoding: Literal["json", "cbor"] = "json",
        max_payload: int = MAX_PAYLOAD,
        static_every_s: float = 2.0,
        *,
        renamed: bool = False,
        restamped: bool = False,
    ) -> None:
        self.name = f"OpenTrackIO {encoding.upper()}"
        self.left_out = 0
        self._id = source_id
        self._number = source_number
        self._encoding = encoding
        self._max_payload = max_payload
        self._static_every_ns = ns_from_s(static_every_s)
        self._renamed, self._restamped = renamed, restamped
        self._sequence = 0
        self._static: dict[str, Any] | None = None
        self._static_sent_ns: int | None = None

    def encode(
        self,
        sample: TrackSample,
        now_ns: int,
        raw: dict[str, Any] | None = None,
        bones: Mapping[str, Pose] | None = None,
    ) -> Sequence[bytes]:
        """The datagrams of one sample; none where its pose is not finite or OpenTrackIO cannot hold it.
        Bones have no place in it."""
        try:
            out = self._made(sample) if raw is None else self._passed_on(sample, raw)
            self._time_static(out, now_ns, made=raw is None)
            if not opentrackio.is_valid(out):
                raise FormatError("not a valid sample")
            datagrams = opentrackio.encode(
                out, self._sequence, encoding=self._encoding, max_payload=self._max_payload
            )
        except (FormatError, TypeError, UnicodeError):  # the last two: what JSON or CBOR cannot hold
            self.left_out += 1
            return ()
        self._sequence = (self._sequence + 1) & 0xFFFF
        return datagrams

    def _made(self, sample: TrackSample) -> dict[str, Any]:
        """A sample of another protocol, in OpenTrackIO's own shape."""
        reading = reading_from_sample(sample)
        sequence = self._sequence if reading.sequence is None else reading.sequence
        return opentrackio.write(
            replace(reading, sequence=sequence, source_number=self._number),
            sample_id=self._sample_id(sample),
            source_id=self._id,
            include_static=True,
        )

    def _passed_on(self, sample: TrackSample, raw: dict[str, Any]) -> dict[str, Any]:
        """A sample as it came, made strict; a pose that cannot be said strictly is said composed."""
        out = strict(raw)
        if len(out) < len(raw) or not opentrackio.is_valid(raw):
            self.left_out += 1
        if "transforms" not in out:
            out["transforms"] = self._made(sample)["transforms"]
        if self._renamed or "sourceId" not in out:
            out["sourceId"] = self._id
        if self._renamed or "sourceNumber" not in out:
            out["sourceNumber"] = self._number
        if "sampleId" not in out:
            out["sampleId"] = self._sample_id(sample)
        if self._restamped and sample.time_ns >= 0:
            seconds, nanoseconds = divmod(sample.time_ns, NS_PER_S)
            stamp = {"seconds": seconds, "nanoseconds": nanoseconds}
            out["timing"] = {**out.get("timing", {}), "sampleTimestamp": stamp}
        return out

    def _sample_id(self, sample: TrackSample) -> str:
        name = f"{self._id}/{self._number}/{sample.time_ns}/{self._sequence}"
        return uuid.uuid5(uuid.NAMESPACE_OID, name).urn

    def _static_due(self, now_ns: int) -> bool:
        sent = self._static_sent_ns
        return sent is None or not 0 <= now_ns - sent < self._static_every_ns

    def _time_static(self, out: dict[str, Any], now_ns: int, made: bool) -> None:
        """Say a static block that was made here only where it is new or due; repeat the newest where
        the sender has said none for too long."""
        if made and out.get("static") == self._static and not self._static_due(now_ns):
            out.pop("static", None)
        if "static" in out:
            self._static = out["static"]
        elif self._static and self._static_due(now_ns):
            out["static"] = self._static
        if "static" in out:
            self._static_sent_ns = now_ns
