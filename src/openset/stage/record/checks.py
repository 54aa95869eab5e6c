"""What holds, or does not, inside a take: figures and lines against take.toml, as findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import orjson

from openset.formats.opentrackio import validate
from openset.primitives.time import Timecode, parse_timecode
from openset.stage.record.model import (
    POSE_STATES,
    RAW_FILE,
    TAKE_FILE,
    TRACK_FILE,
    Finding,
    TakeRecord,
)
from openset.stage.record.track import TrackLine, parse_track_line

_SHOWN = 3


def check_state(record: TakeRecord) -> Finding:
    """A take is closed by the cut, or recovered after a kill."""
    ok = record.state in ("closed", "recovered")
    detail = f"{record.state}: {record.reason}" if record.reason else record.state
    return Finding(ok, "the take is closed", TAKE_FILE, detail)


def check_totals(record: TakeRecord) -> Finding:
    """After a clean cut every file holds every frame; after a kill, at least those that count."""
    files = record.files
    counts = [files.picture_frames, files.composite_frames, files.track_lines]
    counts += [files.matte_frames] if record.spec.record_matte else []
    ok = record.frames == min(counts)
    if record.state == "closed" and not record.faults:
        ok = ok and len(set(counts)) == 1
    detail = f"{record.frames} frames; the files hold {', '.join(map(str, counts))}"
    return Finding(ok, "the files hold the same frames", TAKE_FILE, detail)


def check_movie(
    name: str,
    wanted: int,
    found: int,
    size: tuple[int, int],
    timecode: str,
    record: TakeRecord,
    trouble: str,
) -> Finding:
    """A decoded movie against the record: its frames, its size, its timecode."""
    spec = record.spec
    problems = [trouble] if trouble else []
    if found != wanted:
        problems.append(f"{found} frames decode, {TAKE_FILE} says {wanted}")
    if wanted and size != (spec.width, spec.height):
        problems.append(f"{size[0]}x{size[1]}, {TAKE_FILE} says {spec.width}x{spec.height}")
    if wanted and timecode != str(spec.start_timecode):
        problems.append(f"timecode {timecode or 'absent'}, {TAKE_FILE} says {spec.start_timecode}")
    return Finding(not problems, "every frame decodes", name, _told(problems, f"{found} frames"))


def check_track(record: TakeRecord, lines: Sequence[bytes]) -> tuple[Finding, ...]:
    """Every line of track.otrk.jsonl: whole, in order, a valid sample, and a timecode that runs on and
    skips no more than the frames take.toml counts as lost."""
    read, broken = _read(lines)
    wanted = record.files.track_lines
    count = Finding(
        not broken and len(lines) == wanted,
        "every line is read",
        TRACK_FILE,
        _told(broken, f"{len(lines)} lines, {TAKE_FILE} says {wanted}"),
    )
    order = [
        f"line {place + 1} is frame {line.frame}"
        for place, line in enumerate(read)
        if line.frame != place
    ]
    times = _timecode_problems(record, read)
    times += [
        f"frame {after.frame} is not later than the one before"
        for before, after in pairwise(read)
        if after.time_ns <= before.time_ns
    ]
    states = [f"frame {line.frame} is {line.state!r}" for line in read if line.state not in POSE_STATES]
    samples = [f"frame {line.frame}: {problem}" for line in read for problem in validate(line.sample)]
    valid = f"{len(read)} samples"
    return (
        count,
        Finding(not order, "frame numbers have no gap", TRACK_FILE, _told(order, valid)),
        Finding(not times, "timecode and time run on", TRACK_FILE, _told(times, valid)),
        Finding(not states, "pose states are known", TRACK_FILE, _told(states, valid)),
        Finding(not samples, "samples are valid OpenTrackIO 1.0.1", TRACK_FILE, _told(samples, valid)),
    )


def check_raw(record: TakeRecord, lines: Sequence[bytes]) -> Finding:
    """The tracker's reports as they came: every line is JSON, and none is missing. What the tracker
    said in them is its own affair."""
    broken = []
    for number, line in enumerate(lines, 1):
        try:
            orjson.loads(line)
        except orjson.JSONDecodeError as error:
            broken.append(f"line {number}: {error}")
    ok = not broken and len(lines) == record.files.raw_lines
    detail = f"{len(lines)} lines, {TAKE_FILE} says {record.files.raw_lines}"
    return Finding(ok, "every line is read", RAW_FILE, _told(broken, detail))


def _read(lines: Iterable[bytes]) -> tuple[list[TrackLine], list[str]]:
    read, broken = [], []
    for number, line in enumerate(lines, 1):
        try:
            read.append(parse_track_line(line))
        except ValueError as error:
            broken.append(f"line {number}: {error}")
    return read, broken


def _timecode_problems(record: TakeRecord, read: Sequence[TrackLine]) -> list[str]:
    """Where the source's timecode runs other than frame by frame, but for the frames that were lost. A
    take that never reached its cut counted none: there any skip is believed."""
    start, counts = record.spec.start_timecode, record.counts
    named = ("dropped", "recording_lost", "timecode_slips")
    left = sum(counts.get(name, 0) for name in named) if counts else start.frames_per_day
    problems, skipped = [], 0
    for place, line in enumerate(read):
        expected = start.plus(place + skipped)
        ahead = _frames_ahead(line.timecode, expected)
        if ahead is None or ahead > left:
            problems.append(f"frame {line.frame} is {line.timecode}, not {expected}")
        else:
            skipped, left = skipped + ahead, left - ahead
    return problems


def _frames_ahead(text: str, expected: Timecode) -> int | None:
    """How many frames later a timecode is than the one expected; None if it is none, or earlier."""
    try:
        found = parse_timecode(text, expected.rate)
    except ValueError:
        return None
    ahead = (found.frame_count - expected.frame_count) % expected.frames_per_day
    return ahead if ahead < expected.frames_per_day // 2 else None


def _told(problems: Sequence[str], otherwise: str) -> str:
    if not problems:
        return otherwise
    more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return "; ".join(problems[:_SHOWN]) + more
