"""What a tracker's wire protocol is to the stage: datagrams in, reports out, and the other way.

One protocol is one `Decoder` and one `Encoder`. A decoder tells its own datagrams by their content,
makes a `Heard` of each report in them and counts what it cannot use; when a report was and which of
several trackers is followed is settled after it, in `stage/tracking/source.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from openset.primitives.space import Pose
from openset.primitives.time import Timecode
from openset.stage.tracking.samples import LensReport, TrackSample


@dataclass(frozen=True, slots=True)
class Heard:
    """One report of one source, before it is placed on the engine's clock.

    `source` names it for people and tells it from others ("FreeD camera 1", "VMC camera").
    `pose` is stage_from_camera at the entrance pupil, metres; None where the report tells only of a
    lens, of bones or of health. `lens` is what this report says of it. `stamp_ns` and `sequence` are
    the sender's own; the number wraps at `sequence_bits`. `raw` is an OpenTrackIO sample as it was
    received. `fields` names what it carries beyond the pose. `bones` are local poses by name.
    """

    source: str
    pose: Pose | None
    lens: LensReport | None = None
    stamp_ns: int | None = None
    sequence: int | None = None
    sequence_bits: int = 16
    status: str = ""
    raw: dict[str, Any] | None = None
    timecode: Timecode | None = None
    fields: tuple[str, ...] = ()
    bones: Mapping[str, Pose] | None = None


class Decoder(Protocol):
    """One wire protocol inwards. It never raises, whatever the bytes."""

    name: str
    faults: Counter[str]
    """What was thrown away, by plain name."""

    def takes(self, datagram: bytes) -> bool:
        """Whether these bytes look like this protocol's, by their content."""
        ...

    def feed(self, datagram: bytes, sender: str, arrival_ns: int) -> Sequence[Heard]:
        """The reports this datagram completes. `sender` is its address and port ("192.0.2.7:40001"),
        `arrival_ns` on the engine's clock."""
        ...


class Encoder(Protocol):
    """One wire protocol outwards."""

    name: str

    def encode(
        self,
        sample: TrackSample,
        now_ns: int,
        raw: dict[str, Any] | None = None,
        bones: Mapping[str, Pose] | None = None,
    ) -> Sequence[bytes]:
        """The datagrams that say `sample`, sent at `now_ns` on the engine's clock.

        `raw` is the OpenTrackIO sample it came in, `bones` the local poses that came with it: what the
        protocol has a place for is passed on.
        """
        ...
