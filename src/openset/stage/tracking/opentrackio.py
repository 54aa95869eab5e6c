"""OpenTrackIO as it comes over the network: used as far as it can be, and what is wrong with it counted
by a plain name that `FAULTS` explains."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from openset.formats import opentrackio
from openset.formats.opentrackio_faults import FAULTS
from openset.formats.opentrackio_names import names_of
from openset.formats.opentrackio_quick import Lens, Pair, Quick, quick
from openset.formats.opentrackio_strict import PROTOCOL
from openset.formats.opentrackio_wire import MAGIC, Reassembler
from openset.primitives.space import Pose, moved_along_sight, pose_from_pan_tilt_roll
from openset.primitives.time import NS_PER_S, Timecode
from openset.stage.tracking.opentrackio_reading import (
    lens_of_reading,
    moved_forward,
    reading_from_sample,
    sample_from_reading,
    sample_from_track,
)
from openset.stage.tracking.samples import LensReport, completed, credible
from openset.stage.tracking.senders import Senders, host_of
from openset.stage.tracking.wire import Heard

__all__ = [
    "FAULTS",
    "OpenTrackIODecoder",
    "lens_of_reading",
    "moved_forward",
    "reading_from_sample",
    "sample_from_reading",
    "sample_from_track",
]

MOST_SOURCES = 512
_Key = tuple[str, int]


@dataclass(slots=True)
class _Source:
    """What one source said so far: its lens completed, and the blocks it was read from."""

    name: str
    sender: str
    lens: LensReport | None = None
    lens_block: Lens | None = None
    static_block: Any = None
    shape: list[str] = field(default_factory=list)
    fields: tuple[str, ...] = ()


class OpenTrackIODecoder:
    """OpenTrackIO 1.0.0 and 1.0.1 inwards, JSON and CBOR; a source is an id and a stream number.

    `faults` counts what was thrown away, `notes` what is odd and was used all the same; `examples` has
    the newest case of some, in words. `versions` is what each source says that it speaks. The lens of a
    report is completed by what its source said earlier, since the pose depends on it.
    """

    name = "OpenTrackIO"
    completes_lens = True

    def __init__(self) -> None:
        self._reassembler = Reassembler()
        self.faults: Counter[str] = self._reassembler.faults
        self.notes: Counter[str] = self._reassembler.notes
        self.examples: dict[str, str] = {}
        self.versions: dict[str, str] = {}
        self._senders = Senders()
        self._sources: OrderedDict[_Key, _Source] = OrderedDict()

    def takes(self, datagram: bytes) -> bool:
        """Whether the first four bytes are "OTrk"."""
        return datagram.startswith(MAGIC)

    def feed(self, datagram: bytes, sender: str, arrival_ns: int) -> Sequence[Heard]:
        """The sample this datagram completes, if it does."""
        raw = self._reassembler.feed(datagram, sender)
        if raw is None:
            return ()
        hot = quick(raw) if opentrackio.is_valid(raw) else None
        if hot is None:
            self._note_problems(raw)
        source = self._source(raw, sender, arrival_ns)
        self._note_version(raw, source, self._reassembler.old_checksum)
        self._note_lens(raw, hot, source)
        pose = self._pose(raw, hot, source)
        if pose is None and ("transforms" in raw or source.lens is None):
            self.faults["no usable pose"] += 1
            return ()
        if hot is None:
            stamp_ns, sequence, timecode = opentrackio.read_timing(raw)
            status = opentrackio.read_status(raw) or ""
        else:
            stamp_ns, sequence, timecode = _timing(hot)
            status = hot.tracker.status
        fields = _fields(raw, source)
        return (
            Heard(
                source.name, pose, source.lens, stamp_ns, sequence, 16, status, raw, timecode, fields
            ),
        )

    def _pose(self, raw: dict[str, Any], hot: Quick | None, source: _Source) -> Pose | None:
        """stage_from_camera at the entrance pupil."""
        if hot is not None and len(hot.transforms) == 1:
            place, turn = hot.transforms[0].translation, hot.transforms[0].rotation
            position = (place.x, place.y, place.z)
            pan, tilt, roll = turn.pan * _RADIANS, turn.tilt * _RADIANS, turn.roll * _RADIANS
        else:
            if "transforms" not in raw:
                return None
            try:
                position, pan, tilt, roll = opentrackio.compose(raw["transforms"])
            except opentrackio.OpenTrackIOError as trouble:
                self.examples["no usable pose"] = str(trouble)
                return None
        sensor = pose_from_pan_tilt_roll(position, pan, tilt, roll)
        pupil_m = source.lens.entrance_pupil_offset_m if source.lens else None
        return moved_along_sight(sensor, pupil_m) if pupil_m else sensor

    def _source(self, raw: dict[str, Any], sender: str, arrival_ns: int) -> _Source:
        source_id, number = opentrackio.read_source(raw)
        number = 1 if number is None else number
        key = (source_id or self._senders.name(sender, arrival_ns, number), number)
        source = self._sources.get(key)
        if source is None:
            name = f"OpenTrackIO {key[0].removeprefix('urn:uuid:')[:80]}"
            if key[1] != 1:
                name += f" stream {key[1]}"
            source = self._sources[key] = _Source(name, sender)
            if len(self._sources) > MOST_SOURCES:
                _, forgotten = self._sources.popitem(last=False)
                self.versions.pop(forgotten.name, None)
        elif source.sender != sender:
            if host_of(source.sender) != host_of(sender):
                self.notes["two machines send as one source"] += 1
            source.sender = sender
        self._sources.move_to_end(key)
        return source

    def _note_problems(self, raw: dict[str, Any]) -> None:
        """Count what is not as the standard says; in words the first, second, fourth, eighth … time."""
        if opentrackio.is_valid(raw):
            return
        fault = "not as the standard says"
        self.notes[fault] += 1
        count = self.notes[fault]
        if count & (count - 1) == 0:
            self.examples[fault] = opentrackio.validate(raw)[0][:200]

    def _note_version(self, raw: dict[str, Any], source: _Source, old_checksum: bool) -> None:
        said = raw.get("protocol")
        if said == PROTOCOL and not old_checksum:
            if source.name not in self.versions:
                self.versions[source.name] = "1.0.1"
            return
        protocol = said if isinstance(said, dict) else {}
        if protocol.get("name") not in (None, "OpenTrackIO"):
            self.notes["another protocol name"] += 1
        version = protocol.get("version")
        told = ""
        if isinstance(version, list) and [type(each) for each in version] == [int, int, int]:
            told = ".".join(map(str, version))
            if version < [1, 0, 1]:
                self.notes["an older version"] += 1
        if old_checksum:
            told = "1.0.0" if told in ("", "1.0.0") else f"{told}, checksum of 1.0.0"
        self.versions[source.name] = told or "not said"

    def _note_lens(self, raw: dict[str, Any], hot: Quick | None, source: _Source) -> None:
        """Read the lens where the source says something else of it than before."""
        static = raw.get("static")
        if hot is None:
            if static is None and "lens" not in raw:
                return
            source.lens_block = source.static_block = None
            report = LensReport(**opentrackio.read_lens(raw))
        elif static is None or static == source.static_block:
            block = hot.lens
            if block is None or block == source.lens_block:
                return
            pulled = _pulled(block, source)
            source.lens_block = block
            if pulled is not None:
                source.lens = pulled
                return
            report = _lens(block)
        else:
            source.lens_block, source.static_block = hot.lens, static
            report = LensReport(**opentrackio.read_lens(raw))
        whole = completed(report, source.lens)
        useful = credible(whole)
        if useful is not whole:
            self.faults["lens report is not of this world"] += 1
        if useful is None:  # what was lost with it is read again when it is said again
            source.lens_block = source.static_block = None
        source.lens = useful or source.lens
        if source.lens == _NO_LENS:
            source.lens = None


_NO_LENS = LensReport()
_RADIANS = math.pi / 180


def _lens(block: Lens) -> LensReport:
    """A lens block as a report; the sensor's size stands in the static one."""
    model: str | None = None
    radial: tuple[float, ...] = ()
    tangential: tuple[float, ...] = ()
    if block.distortion:
        chosen = next((each for each in block.distortion if "U-D" in each.model), block.distortion[0])
        model, radial, tangential = chosen.model, chosen.radial, chosen.tangential or ()
    projection, offset = block.projection_offset, block.distortion_offset
    return LensReport(
        block.pinhole_focal_length,
        block.focus_distance,
        block.f_stop,
        block.entrance_pupil_offset,
        None,
        None,
        _pair(projection) if projection else None,
        _pair(offset) if offset else None,
        model,
        radial,
        tangential,
        *_rings(block),
    )


def _rings(block: Lens) -> tuple[float | None, float | None]:
    """What the encoders of zoom and focus say."""
    said = block.encoders
    return (said.zoom, said.focus) if said else (None, None)


def _pulled(block: Lens, source: _Source) -> LensReport | None:
    """The source's lens with another focus and stop, where no more than those has changed: what is
    credible stays so."""
    old, lens = source.lens_block, source.lens
    if old is None or lens is None or block.focus_distance is None or block.f_stop is None:
        return None
    if not (
        block.pinhole_focal_length == old.pinhole_focal_length
        and block.entrance_pupil_offset == old.entrance_pupil_offset
        and block.projection_offset == old.projection_offset
        and block.distortion_offset == old.distortion_offset
        and block.distortion == old.distortion
    ):
        return None
    zoom, focus = _rings(block)
    return LensReport(
        lens.focal_length_mm,
        block.focus_distance,
        block.f_stop,
        lens.entrance_pupil_offset_m,
        lens.sensor_width_mm,
        lens.sensor_height_mm,
        lens.projection_offset_mm,
        lens.distortion_offset_mm,
        lens.distortion_model,
        lens.radial,
        lens.tangential,
        lens.zoom_ring if zoom is None else zoom,
        lens.focus_ring if focus is None else focus,
    )


def _pair(offset: Pair) -> tuple[float, float] | None:
    return None if offset.x is None or offset.y is None else (offset.x, offset.y)


def _timing(hot: Quick) -> tuple[int | None, int | None, Timecode | None]:
    """As `opentrackio.read_timing`."""
    stamp, clock = hot.timing.sample_timestamp, hot.timing.timecode
    stamp_ns = stamp.seconds * NS_PER_S + stamp.nanoseconds if stamp else None
    if clock is None:
        return stamp_ns, hot.timing.sequence_number, None
    numbers = (clock.hours, clock.minutes, clock.seconds, clock.frames)
    rate = clock.frame_rate
    timecode = opentrackio.known_timecode(*numbers, rate.num, rate.denom, clock.drop_frame)
    return stamp_ns, hot.timing.sequence_number, timecode


def _fields(raw: dict[str, Any], source: _Source) -> tuple[str, ...]:
    """What a sample carries, in words; worked out anew only when it carries something else."""
    shape = [*raw]
    for group in ("lens", "timing", "tracker"):
        block = raw.get(group)
        if block.__class__ is dict:
            shape += block
    if shape != source.shape:
        source.shape, source.fields = shape, names_of(raw)
    return source.fields
