"""NatNet's rigid bodies as reports of trackers: each body is a source.

A body's axes are those it was made with in Motive: where the camera looked along -Z of Motive's floor
(or +Y, streamed Z up) when its body was made, no further turn is needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from openset.formats import natnet
from openset.formats.natnet import NatNetError
from openset.primitives.axes import Y_UP, Z_UP
from openset.primitives.time import ns_from_s
from openset.stage.tracking.senders import host_of
from openset.stage.tracking.wire import Heard

FARTHEST_M = 1e5
ABSURD = "NatNet body is not of this world"

FAULTS = {
    **natnet.FAULTS,
    ABSURD: "A rigid body has no rotation or lies kilometres away: look at it in Motive.",
}

_MOST = 256


class NatNetDecoder:
    """NatNet inwards. Without a `version` the server's answer to a ping says it, else the frames
    themselves: the newest that fits. `up` is the axis that Motive streams upwards."""

    name = "NatNet"

    def __init__(self, version: tuple[int, int] | None = None, up: Literal["y", "z"] = "y") -> None:
        self.faults: Counter[str] = Counter()
        self._fixed = version
        self._axes = Y_UP if up == "y" else Z_UP
        self._versions: dict[str, tuple[int, int]] = {}

    def takes(self, datagram: bytes) -> bool:
        """Whether the bytes are a NatNet message of the right size."""
        return natnet.is_natnet(datagram)

    def feed(self, datagram: bytes, sender: str, arrival_ns: int) -> Sequence[Heard]:
        """The bodies of a frame, those out of sight without a pose."""
        host = host_of(sender)
        try:
            if natnet.is_natnet(datagram) and datagram[0] == natnet.SERVER_INFO:
                self._learn(host, natnet.decode_server(datagram).stream)
                return ()
            frame = self._frame(datagram, host)
        except NatNetError as error:
            self.faults[error.fault] += 1
            return ()
        stamp_ns = ns_from_s(frame.time_s)
        found = (self._heard(body, host, stamp_ns, frame.number) for body in frame.bodies)
        return [heard for heard in found if heard is not None]

    def _frame(self, datagram: bytes, host: str) -> natnet.Frame:
        version = self._fixed or self._versions.get(host)
        if version is not None:
            try:
                return natnet.decode_frame(datagram, version)
            except NatNetError:
                if self._fixed:
                    raise
        version, frame = natnet.guess(datagram)
        self._learn(host, version)
        return frame

    def _learn(self, host: str, version: tuple[int, int]) -> None:
        if len(self._versions) >= _MOST:
            self._versions.clear()
        self._versions[host] = version

    def _heard(self, body: natnet.Body, host: str, stamp_ns: int, number: int) -> Heard | None:
        source = f"NatNet body {body.number} from {host}"
        if body.tracked is False:
            return Heard(source, None, None, stamp_ns, number, sequence_bits=32, status="out of sight")
        try:
            if not all(abs(each) < FARTHEST_M for each in body.position):
                raise ValueError("too far")
            pose = self._axes.camera(body.position, body.rotation_wxyz)
        except ValueError:
            self.faults[ABSURD] += 1
            return None
        return Heard(source, pose, None, stamp_ns, number, sequence_bits=32)
