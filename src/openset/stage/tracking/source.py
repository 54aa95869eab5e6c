"""Datagrams from whoever sends to a port, as samples of one tracker; pure, so that any bytes can be
tried.

The protocol is told by the content: OpenTrackIO begins "OTrk", FreeD D1 is 29 bytes from 0xD1. The
first tracker heard is followed; another on the same port is counted, and followed only when the
first has been silent, since two cameras' poses in one track are worse than none.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openset.formats import freed, opentrackio
from openset.primitives.space import Pose
from openset.primitives.time import NS_PER_S
from openset.stage.tracking.clock import ClockMap
from openset.stage.tracking.freed import PROFILES, Profile, sample_from_freed
from openset.stage.tracking.opentrackio import lens_of_reading, sample_from_reading
from openset.stage.tracking.samples import LensReport, TrackSample, completed, credible

SILENCE_NS = 2 * NS_PER_S
FARTHEST_M = 100_000.0

Received = tuple[TrackSample, dict[str, Any] | None]


@dataclass(frozen=True)
class TrackerCounts:
    """What came in: datagrams, samples made of them, samples that sequence numbers say were lost or
    came out of order, clock jumps, and everything thrown away, by plain name."""

    packets: int = 0
    samples: int = 0
    lost: int = 0
    out_of_order: int = 0
    clock_jumps: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)


class DatagramSource:
    """Datagrams in, samples of one tracker out. Never raises, whatever the bytes."""

    def __init__(self, profile: Profile = PROFILES["raw"]) -> None:
        self._profile = profile
        self._reassembler = opentrackio.Reassembler()
        self._faults: Counter[str] = Counter()
        self._followed: str | None = None
        self._heard_ns = 0
        self._packets = self._samples = self._lost = self._out_of_order = self._jumps = 0
        self._begin()

    def _begin(self) -> None:
        self._clock = ClockMap()
        self._lens: LensReport | None = None
        self._sequence: int | None = None

    @property
    def counts(self) -> TrackerCounts:
        """The counts so far."""
        faults = Counter(self._faults) + Counter(self._reassembler.faults)
        jumps = self._jumps + self._clock.jumps
        return TrackerCounts(
            self._packets, self._samples, self._lost, self._out_of_order, jumps, dict(faults)
        )

    def feed(self, datagram: bytes, sender: str, arrival_ns: int) -> Received | None:
        """The sample this datagram completes, with OpenTrackIO's own sample where it is one; else
        None."""
        self._packets += 1
        if datagram[:1] == b"\xd1":
            received = self._freed(datagram, sender, arrival_ns)
        else:
            received = self._opentrackio(datagram, sender, arrival_ns)
        if received is None:
            return None
        if not _usable(received[0].stage_from_camera):
            self._faults["pose is not of this world"] += 1
            return None
        self._samples += 1
        return received

    def _freed(self, datagram: bytes, sender: str, arrival_ns: int) -> Received | None:
        try:
            packet = freed.decode(datagram)
        except freed.FreeDError:
            self._faults["broken FreeD"] += 1
            return None
        if not self._is_followed(f"FreeD {sender} {packet.camera_id}", arrival_ns):
            return None
        return sample_from_freed(packet, arrival_ns, self._profile), None

    def _opentrackio(self, datagram: bytes, sender: str, arrival_ns: int) -> Received | None:
        raw = self._reassembler.feed(datagram, sender)
        if raw is None:
            return None
        try:
            reading = opentrackio.read(raw)
        except opentrackio.OpenTrackIOError:
            self._faults["no usable pose"] += 1
            return None
        if not self._is_followed(f"OpenTrackIO {reading.source_id or sender}", arrival_ns):
            return None
        self._note_sequence(reading.sequence)
        self._note_lens(lens_of_reading(reading))
        stamp = reading.sample_time_ns
        time_ns = arrival_ns if stamp is None else self._clock.update(stamp, arrival_ns)
        return sample_from_reading(reading, time_ns, self._lens or LensReport()), raw

    def _note_lens(self, report: LensReport | None) -> None:
        whole = completed(report, self._lens)
        useful = credible(whole)
        if useful != whole:
            self._faults["lens report is not of this world"] += 1
        self._lens = useful or self._lens

    def _is_followed(self, name: str, arrival_ns: int) -> bool:
        if name != self._followed:
            if self._followed is not None and arrival_ns - self._heard_ns < SILENCE_NS:
                self._faults["another tracker"] += 1
                return False
            self._jumps += self._clock.jumps
            self._begin()
            self._followed = name
        self._heard_ns = arrival_ns
        return True

    def _note_sequence(self, sequence: int | None) -> None:
        """Count gaps. Numbers wrap at 16 or 32 bits; one a little behind is late, one far behind a
        restart."""
        if sequence is None:
            return
        last, self._sequence = self._sequence, sequence
        if last is None:
            return
        ahead = (sequence - last) & 0xFFFF
        if 1 < ahead < 1000:
            self._lost += ahead - 1
        elif ahead == 0 or ahead > 0xFFFF - 100:
            self._out_of_order += 1
            self._lost = max(0, self._lost - (ahead != 0))
            self._sequence = last


def _usable(pose: Pose) -> bool:
    numbers = (*pose.position_m, *pose.rotation_wxyz)
    return all(map(math.isfinite, numbers)) and max(map(abs, pose.position_m)) < FARTHEST_M
