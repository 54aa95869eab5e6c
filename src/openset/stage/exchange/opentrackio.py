"""OpenTrackIO samples on disk, a line each or as one list; a take's own track lines are read too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from openset.formats.faults import FormatError
from openset.formats.opentrackio import OpenTrackIOError, Sample
from openset.formats.opentrackio import read as reading_of
from openset.formats.opentrackio_strict import strict
from openset.primitives.time import frame_time_ns, ns_from_s
from openset.stage.exchange.model import MOST_FAULTS, CameraMove, Options, Read
from openset.stage.exchange.move import NOWHERE

LONGEST_LINE = 1 << 20
"""Bytes of one line; the longest sample the standard allows on the wire is 64 kB."""

LARGEST_LIST = 1 << 28
"""Bytes of a file that has to be read whole."""


_GROUPS = ("protocol", "static", "timing", "tracker", "lens")


@dataclass
class _Gathered:
    """Samples as they are found, with their times where the file says them, and what was wrong."""

    samples: list[Sample] = field(default_factory=list)
    times: list[int | None] = field(default_factory=list)
    skipped: int = 0
    faults: list[str] = field(default_factory=list)

    def skip(self, at: str, trouble: str) -> None:
        self.skipped += 1
        self.tell(at, trouble)

    def tell(self, at: str, trouble: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"{at}: {trouble}")

    def take(self, at: str, entry: object) -> None:
        """One entry: a bare sample, or a line of a take that holds one."""
        if not isinstance(entry, Mapping):
            self.skip(at, "not a sample")
            return
        sample, time_ns = entry, None
        if isinstance(entry.get("sample"), Mapping):
            sample, time_ns = entry["sample"], _time_ns(entry)
        elif "transforms" not in entry and "lens" not in entry and "static" not in entry:
            self.skip(at, "not a sample")
            return
        try:
            reading = reading_of(
                sample if sample.get("transforms") else {**sample, "transforms": NOWHERE}
            )
        except OpenTrackIOError as trouble:
            self.skip(at, str(trouble))
            return
        odd = [name for name in _GROUPS if not isinstance(sample.get(name, {}), Mapping)]
        if odd:
            self.tell(at, f"{', '.join(odd)} left out: it is no group of fields")
        self.samples.append({name: value for name, value in sample.items() if name not in odd})
        self.times.append(reading.sample_time_ns if time_ns is None else time_ns)


def _time_ns(entry: Mapping[str, Any]) -> int | None:
    """A take's frames lie where its movies have them, without gaps; reports where they came in."""
    stamp, seconds = entry.get("time_ns"), entry.get("pts_s")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and abs(seconds) < 1e9:
        return ns_from_s(seconds)
    if isinstance(stamp, int) and not isinstance(stamp, bool) and abs(stamp) < 1 << 62:
        return stamp
    return None


def read(path: Path, options: Options) -> Read:
    """A file of samples as a move. Raises FormatError where no line holds a usable one."""
    gathered = _Gathered()
    entries = _listed(path) if options.format == "opentrackio-json" else _lines(path, gathered)
    for at, entry in entries:
        gathered.take(at, entry)
    if not gathered.samples:
        first = f" ({gathered.faults[0]})" if gathered.faults else ""
        raise FormatError(f"the file holds no OpenTrackIO sample that can be used{first}")
    move = _move(options.name or path.name.split(".")[0], gathered, options)
    return Read(move, gathered.skipped, tuple(gathered.faults))


def _lines(path: Path, gathered: _Gathered) -> Iterator[tuple[str, object]]:
    with path.open("rb") as stream:
        for number in count(1):
            line = stream.readline(LONGEST_LINE)
            if not line:
                return
            if len(line) == LONGEST_LINE:
                raise FormatError(f"a line is longer than {LONGEST_LINE} bytes", f"line {number}")
            if not line.strip():
                continue
            try:
                yield f"line {number}", orjson.loads(line)
            except orjson.JSONDecodeError:
                cut_off = "" if line.endswith(b"\n") else ", the last line was cut off in the writing"
                gathered.skip(f"line {number}", f"not JSON{cut_off}")


def _listed(path: Path) -> Iterable[tuple[str, object]]:
    if path.stat().st_size > LARGEST_LIST:
        raise FormatError("the list is too large to be read whole; write it as .jsonl, a line a sample")
    try:
        value = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as trouble:
        raise FormatError(f"not JSON: {trouble}", f"line {trouble.lineno}") from trouble
    entries = value if isinstance(value, list) else [value]
    return ((f"sample {index}", entry) for index, entry in enumerate(entries, start=1))


def _move(name: str, gathered: _Gathered, options: Options) -> CameraMove:
    """Times from the file's stamps; by rate, counted, where any is missing or they stand still."""
    samples, stamps = gathered.samples, [stamp for stamp in gathered.times if stamp is not None]
    rate = options.rate
    for sample in samples if rate is None else ():
        timing = reading_of({"timing": sample.get("timing", {}), "transforms": NOWHERE})
        if rate := timing.sample_rate:
            break
    if len(stamps) == len(samples) and (len(set(stamps)) == len(stamps) or rate is None):
        order = sorted(range(len(samples)), key=stamps.__getitem__)
        first = stamps[order[0]]
        times = tuple(stamps[index] - first for index in order)
        return CameraMove(name, tuple(samples[index] for index in order), times, rate, options.size_px)
    if rate is None and len(samples) > 1:
        raise FormatError("the samples carry neither times nor a rate; say it with --rate")
    times = tuple(frame_time_ns(index, rate) if rate else 0 for index in range(len(samples)))
    return CameraMove(name, tuple(samples), times, rate, options.size_px)


def write(value: CameraMove, path: Path, options: Options) -> None:
    """Samples as strict 1.0.1, a line each or one list: what the standard forbids is left out.

    Raises FormatError where a sample cannot be made valid.
    """
    samples = (_strict(sample, f"sample {at}") for at, sample in enumerate(value.samples, start=1))
    if options.format == "opentrackio-json":
        path.write_bytes(orjson.dumps(list(samples), option=orjson.OPT_INDENT_2))
        return
    with path.open("wb") as stream:
        for sample in samples:
            stream.write(orjson.dumps(sample, option=orjson.OPT_APPEND_NEWLINE))


def _strict(sample: Sample, at: str) -> Sample:
    try:
        return strict(sample)
    except FormatError as trouble:
        raise FormatError(trouble.trouble, at) from trouble
