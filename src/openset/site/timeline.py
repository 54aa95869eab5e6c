"""What happened during a take, laid along its time: how the camera was tracked, and where faults fell.

Pure: take.toml's values and the track's lines in, positions from 0 to 100 (per cent of the take) out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openset.stage.record.model import TakeRecord


@dataclass(frozen=True)
class Stretch:
    """Neighbouring frames in one tracking state, from `start` over `length`, per cent of the take."""

    state: str
    start: float
    length: float


@dataclass(frozen=True)
class Mark:
    """One fault: where (per cent, and seconds and timecode into the take), of what kind, in words."""

    at: float
    at_s: float
    timecode: str
    kind: str
    text: str


@dataclass(frozen=True)
class Timeline:
    """A take's time: stretches side by side and the faults on them."""

    stretches: tuple[Stretch, ...]
    marks: tuple[Mark, ...]
    duration_s: float
    start_timecode: str
    end_timecode: str


def timeline(record: TakeRecord, lines: Sequence[Mapping[str, Any]]) -> Timeline:
    """Lay out a take; `lines` are those of track.otrk.jsonl, one per frame, with time_ns and state."""
    count = max(record.frames, len(lines), 1)
    duration_s = float(count / record.spec.rate)
    return Timeline(
        stretches(tuple(str(line.get("state", "none")) for line in lines), count),
        tuple(_marks(record, lines, duration_s)),
        duration_s,
        str(record.spec.start_timecode),
        str(record.end_timecode),
    )


def stretches(states: Sequence[str], count: int) -> tuple[Stretch, ...]:
    """Runs of equal states; `count` is the number of frames that make 100 per cent."""
    runs: list[list[Any]] = []
    for state in states:
        if runs and runs[-1][0] == state:
            runs[-1][1] += 1
        else:
            runs.append([state, 1])
    out, start = [], 0
    for state, length in runs:
        out.append(Stretch(state, round(100 * start / count, 3), round(100 * length / count, 3)))
        start += length
    return tuple(out)


def _marks(record: TakeRecord, lines: Sequence[Mapping[str, Any]], duration_s: float) -> Iterable[Mark]:
    times = [int(line["time_ns"]) for line in lines if isinstance(line.get("time_ns"), int)]
    for fault in record.faults:
        frame = min(bisect_left(times, fault.time_ns), max(0, len(times) - 1))
        at_s = min(float(frame / record.spec.rate), duration_s)
        told = lines[frame].get("timecode") if frame < len(lines) else None
        timecode = str(told or record.spec.start_timecode.plus(frame))
        yield Mark(round(100 * at_s / duration_s, 3), round(at_s, 3), timecode, fault.kind, fault.text)
