"""Datagrams from whoever sends to a port, as samples on the engine's clock; pure, so that any bytes can
be tried.

The protocol is told by the content. `Wire` keeps all sources apart. `DatagramSource` follows one: the
first tracker heard; another on the same port is counted, and followed only when the first has been
silent, since two cameras' poses in one track are worse than none.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openset.primitives.space import Pose
from openset.primitives.time import NS_PER_S
from openset.stage.tracking.clock import ClockMap
from openset.stage.tracking.freed import FreeDDecoder
from openset.stage.tracking.freed_profiles import PROFILES, Profile
from openset.stage.tracking.opentrackio import OpenTrackIODecoder
from openset.stage.tracking.samples import LensReport, TrackSample, completed, credible
from openset.stage.tracking.sequence import SequenceCount
from openset.stage.tracking.wire import Decoder, Heard

SILENCE_NS = 2 * NS_PER_S
FARTHEST_M = 100_000.0
MOST_SOURCES = 512
_MOST_TRACKED = 64

Received = tuple[TrackSample, dict[str, Any] | None]
Told = tuple[str, TrackSample | None, Heard]
"""A source's name, its report as a sample (None where it holds no pose), and the report as heard."""

FAULTS: Mapping[str, str] = {
    "no protocol known here": (
        "These bytes are of no protocol that is listened for on this port: check what the sender is "
        "set to, or whether another program sends here."
    ),
    "pose is not of this world": (
        "A position more than 100 km away, or a rotation that is none: the tracker is lost or counts "
        "in other units; look at its own display."
    ),
    "lens report is not of this world": (
        "A focal length, sensor or distortion that no lens can have: it is not used; check the lens "
        "file and its units in the tracker."
    ),
    "another tracker": (
        "A second tracker sends to the same port and is not followed: give each its own port or "
        "source number."
    ),
    "report could not be kept": (
        "A report holds a value that OpenTrackIO cannot say: the others are used; look at what the "
        "tracker sends of its lens and time."
    ),
    "report without a pose": (
        "This source tells of a lens, of bones or of its health, but not where a camera is: set it to "
        "send its pose, too."
    ),
}
"""Faults that are counted here and not by a decoder: what they mean and how to put them right."""


@dataclass(frozen=True)
class TrackerCounts:
    """What came in: datagrams, samples made of them, samples that sequence numbers say were lost, came
    out of order or came twice, clock jumps, everything thrown away and everything odd that was used all
    the same, by plain name."""

    packets: int = 0
    samples: int = 0
    lost: int = 0
    out_of_order: int = 0
    clock_jumps: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)


class Source:
    """One source: its clock, its lens completed, its numbers. `heard_ns` is its newest arrival."""

    __slots__ = ("_last", "_said", "clock", "heard_ns", "lens", "numbers", "samples")

    def __init__(self) -> None:
        self.clock = ClockMap()
        self.numbers = SequenceCount()
        self.lens: LensReport | None = None
        self.samples = 0
        self.heard_ns = 0
        self._said: LensReport | None = None
        self._last: Heard | None = None

    def note_sequence(self, heard: Heard) -> None:
        """Count the report's number; the same number with the same content came twice."""
        if heard.sequence is None:
            return
        last, self._last = self._last, heard
        same = (
            last is not None and last.sequence == heard.sequence and _content(last) == _content(heard)
        )
        self.numbers.note(heard.sequence, heard.sequence_bits, same)

    def note_lens(self, report: LensReport | None) -> bool:
        """Complete the lens; False where the report cannot be of a lens."""
        if report is None or report is self._said or report == self._said:
            return True
        self._said = report
        whole = completed(report, self.lens)
        useful = credible(whole)
        self.lens = useful or self.lens
        return useful is whole


class Wire:
    """Everything that arrives, source by source, on the engine's clock. Never raises, whatever comes.

    `decoders` are asked in their order whether a datagram is theirs; a single one is given all.
    Bounded: of more than `MOST_SOURCES` sources the one unheard for longest is forgotten.
    """

    def __init__(self, decoders: Sequence[Decoder] | None = None) -> None:
        self._decoders = (OpenTrackIODecoder(), FreeDDecoder()) if decoders is None else (*decoders,)
        self._only = self._decoders[0] if len(self._decoders) == 1 else None
        self._faults: Counter[str] = Counter()
        self.packets = 0
        self.sources: OrderedDict[str, Source] = OrderedDict()

    @property
    def faults(self) -> Counter[str]:
        """What was thrown away, by plain name."""
        return sum((each.faults for each in self._decoders), Counter(self._faults))

    @property
    def notes(self) -> Counter[str]:
        """What was odd and used all the same, by plain name."""
        found: Counter[str] = Counter()
        for each in self._decoders:
            found.update(getattr(each, "notes", {}))
        return found

    @property
    def counts(self) -> dict[str, TrackerCounts]:
        """The counts of each source by name; `packets` and `faults` are the whole wire's."""
        faults, notes = dict(self.faults), dict(self.notes)
        return {
            name: TrackerCounts(
                self.packets,
                each.samples,
                each.numbers.lost,
                each.numbers.out_of_order,
                each.clock.jumps,
                faults,
                each.numbers.duplicates,
                notes,
            )
            for name, each in self.sources.items()
        }

    def fault(self, name: str) -> None:
        """Count a fault that the caller found."""
        self._faults[name] += 1

    def feed(self, datagram: bytes, sender: str, arrival_ns: int) -> list[Told]:
        """The reports this datagram completes, each with its sample."""
        self.packets += 1
        decoder = self._only
        if decoder is None:
            for decoder in self._decoders:
                if decoder.takes(datagram):
                    break
            else:
                self._faults["no protocol known here"] += 1
                return []
        whole = getattr(decoder, "completes_lens", False)
        return [
            (heard.source, self._placed(heard, arrival_ns, whole), heard)
            for heard in decoder.feed(datagram, sender, arrival_ns)
        ]

    def _placed(self, heard: Heard, arrival_ns: int, lens_is_whole: bool) -> TrackSample | None:
        source = self.sources.get(heard.source)
        if source is None:
            source = self.sources[heard.source] = Source()
            if len(self.sources) > MOST_SOURCES:
                self.sources.popitem(last=False)
        self.sources.move_to_end(heard.source)
        source.heard_ns = arrival_ns
        source.note_sequence(heard)
        if lens_is_whole:
            source.lens = heard.lens
        elif not source.note_lens(heard.lens):
            self._faults["lens report is not of this world"] += 1
        stamp, pose = heard.stamp_ns, heard.pose
        time_ns = arrival_ns if stamp is None else source.clock.update(stamp, arrival_ns)
        if pose is None:
            return None
        if not _usable(pose):
            self._faults["pose is not of this world"] += 1
            return None
        source.samples += 1
        return TrackSample(time_ns, pose, source.lens, stamp, heard.sequence, heard.status)


class DatagramSource:
    """Datagrams in, samples of one tracker out. Never raises, whatever the bytes."""

    def __init__(
        self, profile: Profile = PROFILES["raw"], decoders: Sequence[Decoder] | None = None
    ) -> None:
        both: Sequence[Decoder] = (OpenTrackIODecoder(), FreeDDecoder(profile))
        self._wire = Wire(both if decoders is None else decoders)
        self._followed: str | None = None
        self._heard_ns = 0
        self._samples = 0
        self._tracked: dict[str, Source] = {}

    @property
    def counts(self) -> TrackerCounts:
        """The counts so far; lost and late samples are those of trackers that were followed."""
        tracked = self._tracked.values()
        return TrackerCounts(
            self._wire.packets,
            self._samples,
            sum(each.numbers.lost for each in tracked),
            sum(each.numbers.out_of_order for each in tracked),
            sum(each.clock.jumps for each in tracked),
            dict(self._wire.faults),
            sum(each.numbers.duplicates for each in tracked),
            dict(self._wire.notes),
        )

    def feed(self, datagram: bytes, sender: str, arrival_ns: int) -> Received | None:
        """The newest sample this datagram completes, with OpenTrackIO's own sample if it is one."""
        received: Received | None = None
        for name, sample, heard in self._wire.feed(datagram, sender, arrival_ns):
            if sample is None:
                if heard.pose is None:
                    self._wire.fault("report without a pose")
            elif self._is_followed(name, arrival_ns):
                self._samples += 1
                received = sample, heard.raw
        return received

    def fault(self, name: str) -> None:
        """Count a fault that the caller found."""
        self._wire.fault(name)

    def _is_followed(self, name: str, arrival_ns: int) -> bool:
        if name != self._followed:
            if self._followed is not None and arrival_ns - self._heard_ns < SILENCE_NS:
                self._wire.fault("another tracker")
                return False
            self._followed = name
            self._tracked[name] = self._wire.sources[name]
            if len(self._tracked) > _MOST_TRACKED:
                del self._tracked[next(iter(self._tracked))]
        self._heard_ns = arrival_ns
        return True


def _content(heard: Heard) -> tuple[object, ...]:
    """What tells two reports apart; a sample's own id too, since a camera may stand still."""
    sample_id = heard.raw.get("sampleId") if heard.raw else None
    return heard.stamp_ns, sample_id, heard.pose, heard.lens


def _usable(pose: Pose) -> bool:
    x, y, z = pose.position_m
    if not (abs(x) < FARTHEST_M and abs(y) < FARTHEST_M and abs(z) < FARTHEST_M):
        return False
    a, b, c, d = pose.rotation_wxyz
    return 0.5 < a * a + b * b + c * c + d * d < 2.0
