"""opentrack's packets as reports of a tracker, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from openset.formats import opentrack_udp
from openset.formats.opentrack_udp import FAULTS, OpentrackError, decode, encode, pose, six_of
from openset.primitives.space import Pose
from openset.stage.tracking.samples import TrackSample
from openset.stage.tracking.senders import Senders
from openset.stage.tracking.wire import Heard

__all__ = ["FAULTS", "OpentrackDecoder", "OpentrackEncoder"]


class OpentrackDecoder:
    """opentrack UDP inwards. `inverted` names axes that its user turned round in opentrack's mapping.

    The packets have no mark of their own: among several protocols this one is asked last.
    """

    name = "opentrack UDP"

    def __init__(self, inverted: frozenset[str] = frozenset()) -> None:
        self.faults: Counter[str] = Counter()
        self._inverted = inverted
        self._senders = Senders()

    def takes(self, datagram: bytes) -> bool:
        """Whether the bytes are six numbers that could be a pose."""
        return opentrack_udp.looks_like(datagram)

    def feed(self, datagram: bytes, sender: str, arrival_ns: int) -> Sequence[Heard]:
        """The pose of a packet."""
        try:
            six = decode(datagram)
        except OpentrackError as error:
            self.faults[error.fault] += 1
            return ()
        source = f"opentrack from {self._senders.name(sender, arrival_ns)}"
        frame = None if six.frame is None else six.frame & 0xFFFFFFFF
        return (Heard(source, pose(six, self._inverted), sequence=frame, sequence_bits=32),)


class OpentrackEncoder:
    """opentrack UDP outwards: the pose only."""

    name = "opentrack UDP"

    def __init__(self, inverted: frozenset[str] = frozenset()) -> None:
        self.faults: Counter[str] = Counter()
        self._inverted = inverted

    def encode(
        self,
        sample: TrackSample,
        now_ns: int,
        raw: dict[str, Any] | None = None,
        bones: Mapping[str, Pose] | None = None,
    ) -> Sequence[bytes]:
        """One packet; none, and a fault counted, where the pose is not of this world."""
        try:
            return (encode(six_of(sample.stage_from_camera, self._inverted)),)
        except OpentrackError as error:
            self.faults[error.fault] += 1
            return ()
