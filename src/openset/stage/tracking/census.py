"""Who is on the wire: every datagram that arrives, told in the words of the floor.

Each sender has decoders of its own, so that its faults are its own; what a decoder cannot name is a
stranger. Pure: datagrams and times come in as arguments. Memory is bounded by the counts below.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from openset.primitives.space import Pose, angle_between_rad, pan_tilt_roll_from_pose
from openset.primitives.time import NS_PER_S, s_from_ns
from openset.stage.tracking.flow import Flow
from openset.stage.tracking.samples import LensReport, completed
from openset.stage.tracking.senders import host_of
from openset.stage.tracking.station import Signs, Station, Stranger, Trouble, printable, remarks
from openset.stage.tracking.wire import Decoder, Heard

MOST_SENDERS = 256
MOST_SOURCES = 512
MOST_FIELDS = 64
OFTEN = 0.1
"""The share of reports off the beat that is called bursts."""
FARTHEST_M = 100_000.0
SILENT_NS = NS_PER_S
STILL_M = 0.002
STILL_RAD = math.radians(0.1)
BACK_NS = NS_PER_S
STEP_NS = NS_PER_S // 20

MakeDecoders = Callable[[str], Sequence[Decoder]]
Explain = Callable[[str, str], str]


@dataclass
class _Source:
    decoder: Decoder
    sender: str
    heard_on: str
    heard: Heard
    flow: Flow = field(default_factory=Flow)
    absurd: int = 0
    pose: Pose | None = None
    lens: LensReport | None = None
    fields: dict[str, None] = field(default_factory=dict)
    stamped: bool = False
    trail: deque[tuple[int, Pose]] = field(default_factory=lambda: deque(maxlen=BACK_NS // STEP_NS + 1))


class Census:
    """Everything heard so far; never raises, whatever the bytes.

    `make_decoders(heard_on)` gives each sender its own for the place it is heard on;
    `explain(decoder, fault)` says what a fault means.
    """

    def __init__(self, make_decoders: MakeDecoders, explain: Explain) -> None:
        self._make = make_decoders
        self._explain = explain
        self._decoders: dict[tuple[str, str], Sequence[Decoder]] = {}
        self._sources: dict[tuple[str, str, str], _Source] = {}
        self._strangers: dict[tuple[str, str], Stranger] = {}
        self.datagrams = 0
        self.crowded = 0
        """Datagrams of more senders or sources than are kept apart."""

    def hear(self, datagram: bytes, sender: str, heard_on: str, arrival_ns: int) -> None:
        """One datagram of `sender` (its address and port) arrived on the port or group `heard_on`."""
        self.datagrams += 1
        host = host_of(sender)
        decoders = self._decoders.get((host, heard_on))
        if decoders is None:
            if len(self._decoders) >= MOST_SENDERS:
                self.crowded += 1
                return
            decoders = self._decoders[host, heard_on] = self._make(heard_on)
        for decoder in decoders:
            if decoder.takes(datagram):
                for heard in decoder.feed(datagram, sender, arrival_ns):
                    self._note(decoder, heard, host, heard_on, arrival_ns)
                return
        self._note_stranger(datagram, host, heard_on)

    def _note_stranger(self, datagram: bytes, sender: str, heard_on: str) -> None:
        known = self._strangers.get((sender, heard_on))
        if known is None and len(self._strangers) >= MOST_SENDERS:
            self.crowded += 1
            return
        count = known.datagrams + 1 if known else 1
        self._strangers[sender, heard_on] = Stranger(sender, heard_on, count, datagram[:16])

    def _note(
        self, decoder: Decoder, heard: Heard, sender: str, heard_on: str, arrival_ns: int
    ) -> None:
        key = (sender, heard_on, heard.source)
        source = self._sources.get(key)
        if source is None:
            if len(self._sources) >= MOST_SOURCES:
                self.crowded += 1
                return
            source = self._sources[key] = _Source(decoder, sender, heard_on, heard)
        content = (heard.pose, heard.lens)
        source.flow.note(arrival_ns, heard.stamp_ns, heard.sequence, heard.sequence_bits, content)
        source.heard, source.decoder = heard, decoder
        source.stamped = source.stamped or heard.stamp_ns is not None
        source.lens = completed(heard.lens, source.lens)
        for name in heard.fields:
            if len(source.fields) < MOST_FIELDS:
                source.fields[name] = None
        if heard.pose is not None and not usable(heard.pose):
            source.absurd += 1
        elif heard.pose is not None:
            source.pose = heard.pose
            if not source.trail or arrival_ns - source.trail[-1][0] >= STEP_NS:
                source.trail.append((arrival_ns, heard.pose))

    def stations(self, now_ns: int) -> tuple[Station, ...]:
        """Every source heard so far, in the order of their first report."""
        named = {(_bare(name, sender), name, sender) for sender, _, name in self._sources}
        alike = Counter(bare for bare, _, _ in named)
        return tuple(
            _station(name, source, now_ns, alike[_bare(name, sender)] > 1)
            for (sender, _, name), source in self._sources.items()
        )

    def troubles(self) -> tuple[Trouble, ...]:
        """What was thrown away, the most frequent first."""
        found = [
            Trouble(sender, heard_on, decoder.name, fault, count, *self._told(decoder, fault))
            for (sender, heard_on), decoders in self._decoders.items()
            for decoder in decoders
            for fault, count in faults_of(decoder).items()
            if count
        ]
        return tuple(sorted(found, key=lambda trouble: -trouble.count))

    def _told(self, decoder: Decoder, fault: str) -> tuple[str, str]:
        examples: Mapping[str, str] = getattr(decoder, "examples", {})
        return self._explain(decoder.name, fault), printable(examples.get(fault, ""))

    def strangers(self) -> tuple[Stranger, ...]:
        """Datagrams no decoder takes for its own."""
        return tuple(self._strangers.values())


def _bare(name: str, sender: str) -> str:
    """A source's name less the sender's address and port, which some decoders put behind it."""
    return name.partition(f" from {sender}")[0]


def faults_of(decoder: Decoder) -> Counter[str]:
    """What a decoder threw away, and what it found odd and used all the same."""
    return Counter(decoder.faults) + Counter(getattr(decoder, "notes", {}))


def usable(pose: Pose) -> bool:
    """Whether a pose can be one of a camera on this earth."""
    numbers = (*pose.position_m, *pose.rotation_wxyz)
    return all(map(math.isfinite, numbers)) and max(map(abs, pose.position_m)) < FARTHEST_M


def _station(name: str, source: _Source, now_ns: int, shared: bool) -> Station:
    flow, heard, pose = source.flow, source.heard, source.pose
    versions: Mapping[str, str] = getattr(source.decoder, "versions", {})
    found = Station(
        source=printable(name),
        protocol=source.decoder.name,
        version=printable(versions.get(name, "")),
        sender=source.sender,
        heard_on=source.heard_on,
        reports=flow.total,
        rate_hz=flow.rate_hz(now_ns),
        jitter=flow.jitter(),
        lateness=flow.lateness(),
        lost=flow.lost,
        late=flow.late,
        repeated=flow.repeated,
        state=_state(source, now_ns),
        silent_s=max(0.0, s_from_ns(now_ns - flow.last_ns)),
        position_m=None if pose is None else pose.position_m,
        pan_tilt_roll_deg=None if pose is None else _degrees(pose),
        lens=source.lens,
        fields=tuple(map(printable, source.fields)),
        status=printable(heard.status),
        timecode=str(heard.timecode) if heard.timecode else "",
    )
    about = Signs(
        shared=shared,
        bursts=flow.burstiness(now_ns) > OFTEN,
        stamped=source.stamped,
        absurd=source.absurd,
    )
    return replace(found, remarks=remarks(found, about))


def _degrees(pose: Pose) -> tuple[float, float, float]:
    pan, tilt, roll = map(math.degrees, pan_tilt_roll_from_pose(pose))
    return pan, tilt, roll


def _state(source: _Source, now_ns: int) -> str:
    if now_ns - source.flow.last_ns > SILENT_NS:
        return "silent"
    if source.pose is None:
        return "no pose"
    recent = [pose for at_ns, pose in source.trail if at_ns > source.flow.last_ns - BACK_NS]
    moved = any(
        math.dist(pose.position_m, source.pose.position_m) > STILL_M
        or angle_between_rad(pose, source.pose) > STILL_RAD
        for pose in recent
    )
    return "moving" if moved else "still"
