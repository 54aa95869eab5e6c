"""CMX 3600 edit lists: every event a cut, dissolve or wipe, with the comments the field has agreed on.

Source: CMX 3600 as its successors write it (ANSI/SMPTE 258M describes the statement): number, reel,
channels, edit and its length in frames, source in and out, record in and out; out is the frame after
the last. `FCM:` says whether the timecodes after it drop frames; so does a ';' or '.' before the
frames. The comments: FROM CLIP NAME, TO CLIP NAME, SOURCE FILE (FROM FILE, FROM CLIP), LOC, ASC_SOP,
ASC_SAT, of which the last two have no colon; M2 is the speed. The list does not say its frame rate.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain

from openset.formats.ale import grade_of, sat_text, sop_text
from openset.formats.cdl import CdlError, Correction
from openset.formats.faults import FormatError
from openset.formats.text_file import decoded
from openset.primitives.time import Timecode, timecode_from_fields

LAST_EVENT = 999
REEL_LENGTH = 8
MOST_EVENTS = 20_000
MOST_COMMENTS = 10_000
"""Notes and locators of one event; the rest are counted as skipped."""

MOST_FAULTS = 20
"""Lines told in words; the rest are only counted."""

_TIMECODE = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})([:;.,])([0-9]{2,3})")
_EDIT = re.compile(r"C|D|W[0-9]{1,3}|K|KB|KO")
_COMMENT = re.compile(r"\*\s*(?P<key>[A-Z][A-Z0-9_ ]*?)\s*:\s*(?P<said>.*)")
_GRADE = re.compile(r"\*\s*(?P<key>ASC_SOP|ASC_SAT)\b\s*:?\s*(?P<said>.*)")
_LOC = re.compile(r"(?P<at>\S+)\s+(?P<colour>[A-Za-z]+)(?:\s+(?P<said>.*))?")
_SPEED = re.compile(r"M2\s+(?:\S+\s+)?(?P<speed>-?[0-9]{1,6}(?:\.[0-9]{1,6})?)\s+\S+")
_FILES = ("SOURCE FILE", "FROM FILE", "FROM CLIP", "OTIO REFERENCE FROM CLIP")


class EdlError(FormatError):
    """Text that is no edit list."""


@dataclass(frozen=True)
class Mark:
    """A locator: where on the record side, its colour, its words."""

    at: Timecode
    colour: str = "RED"
    text: str = ""


@dataclass(frozen=True)
class Event:
    """One statement. `edit` is "C", "D" or "W001" …; `over` how many frames a dissolve or wipe takes
    from `record_in` on. `clip` is the clip that comes in. `speed` is in frames a second, negative in
    reverse. `notes` are comments without a meaning of their own; `line` is where it was read."""

    reel: str
    source_in: Timecode
    source_out: Timecode
    record_in: Timecode
    record_out: Timecode
    clip: str = ""
    file: str = ""
    channel: str = "V"
    edit: str = "C"
    over: int = 0
    marks: tuple[Mark, ...] = ()
    grade: Correction | None = None
    speed: float | None = None
    notes: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)

    @property
    def frames(self) -> int:
        """How long it is on the record side."""
        return (
            self.record_out.frame_count - self.record_in.frame_count
        ) % self.record_in.frames_per_day

    @property
    def source_frames(self) -> int:
        """How much of the source it takes."""
        return (
            self.source_out.frame_count - self.source_in.frame_count
        ) % self.source_in.frames_per_day


@dataclass(frozen=True)
class EditList:
    """A list. `skipped` counts the lines that could not be used; `faults` says of the first why not."""

    title: str
    events: tuple[Event, ...]
    skipped: int = 0
    faults: tuple[str, ...] = ()


class _Reader:
    """Takes the lines in turn. An event's comments follow it; a zero-length cut before a dissolve of
    the same number only names what the picture comes from."""

    def __init__(self, rate: Fraction) -> None:
        self.rate = rate
        self.title = ""
        self.drop = False
        self.events: list[Event] = []
        self.numbers: list[str] = []
        self.skipped = 0
        self.faults: list[str] = []
        self.lost = False  # the event that comments would belong to could not be used

    def line(self, text: str, at: int) -> None:
        """Take one line."""
        if text[:1].isdigit():
            self._event(text, at)
        elif text.startswith("TITLE:"):
            self.title = text.removeprefix("TITLE:").strip()
        elif text.startswith("FCM:"):
            self.drop = "NON" not in text.upper() and "DROP" in text.upper()
        elif self.events and not self.lost and not text.startswith("SPLIT"):
            try:
                self.events[-1] = self._said(self.events[-1], text)
            except FormatError as error:
                self._fault(f"line {at}: {error.trouble}")

    def _fault(self, words: str) -> None:
        self.skipped += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(words)

    def _event(self, text: str, at: int) -> None:
        if len(self.events) == MOST_EVENTS:
            raise EdlError(f"this list has more than {MOST_EVENTS} events", f"line {at}")
        number, *words = text.split()
        try:
            event = self._statement(words, at)
        except EdlError as error:
            self.lost = True
            self._fault(f"line {at}: {error.trouble}")
            return
        self.lost = False
        if self.events and self.numbers[-1] == number and not self.events[-1].frames:
            self.events.pop()
            self.numbers.pop()
        self.events.append(event)
        self.numbers.append(number)

    def _statement(self, words: list[str], at: int) -> Event:
        if len(words) < 7:
            raise EdlError("an event has a reel, channels, an edit and four timecodes")
        *head, source_in, source_out, record_in, record_out = words
        over = 0
        if len(head) > 3 and head[-1].isascii() and head[-1].isdigit() and len(head[-1]) < 6:
            over = int(head.pop())
        *reel, channel, edit = head
        if not reel or not _EDIT.fullmatch(edit):
            raise EdlError(f"{edit[:20]!r} is no edit: C, D or W and three digits")
        if edit.startswith("K"):
            raise EdlError("keys are not read")
        if (edit != "C") != (over > 0):
            raise EdlError("a dissolve or wipe, and nothing else, has its length in frames")
        times = [self.timecode(each) for each in (source_in, source_out, record_in, record_out)]
        return Event(
            " ".join(reel), times[0], times[1], times[2], times[3], "", "", channel, edit, over, line=at
        )

    def timecode(self, text: str) -> Timecode:
        """A timecode, counted as its own sign or the FCM line says. Raises EdlError."""
        match = _TIMECODE.fullmatch(text)
        if match is None:
            raise EdlError(f"not a timecode: {text[:40]!r}")
        hours, minutes, seconds, mark, frames = match.groups()
        drops = (
            self.rate.denominator != 1 and -(-self.rate.numerator // self.rate.denominator) % 30 == 0
        )
        dropped = mark != ":" or (self.drop and drops)
        try:
            return timecode_from_fields(
                0 if (hours, minutes, seconds) == ("24", "00", "00") else int(hours),
                int(minutes),
                int(seconds),
                int(frames),
                self.rate,
                dropped,
            )
        except ValueError as error:
            raise EdlError(str(error)) from error

    def _said(self, event: Event, text: str) -> Event:
        """The event with what a comment says of it. Raises FormatError for one that says it wrongly."""
        speed = _SPEED.match(text)
        if speed:
            return replace(event, speed=float(speed["speed"]))
        match = _GRADE.fullmatch(text) or _COMMENT.fullmatch(text)
        key, said = (match["key"], match["said"].strip()) if match else ("", "")
        if key == "FROM CLIP NAME":
            return event if event.clip else replace(event, clip=said)
        if key == "TO CLIP NAME":
            return replace(event, clip=said)
        if key in _FILES:
            return replace(event, file=said)
        if text and len(event.notes) + len(event.marks) >= MOST_COMMENTS:
            raise EdlError(f"an event with more than {MOST_COMMENTS} comments")
        if key == "LOC":
            return replace(event, marks=(*event.marks, self._mark(said)))
        if key in ("ASC_SOP", "ASC_SAT"):
            return replace(event, grade=_graded(event.grade, key, said))
        note = text.lstrip("*").strip()
        return replace(event, notes=(*event.notes, note)) if note else event

    def _mark(self, said: str) -> Mark:
        match = _LOC.fullmatch(said)
        if match is None:
            raise EdlError(f"{said[:40]!r} is no locator: timecode, colour, words")
        return Mark(self.timecode(match["at"]), match["colour"].upper(), match["said"] or "")


def read(data: bytes, rate: Fraction) -> EditList:
    """The list, whose timecodes count at `rate`. Raises FormatError where no event can be used."""
    reader = _Reader(rate)
    text = decoded(data, "latin-1").replace("\r\n", "\n").replace("\r", "\n")
    for at, line in enumerate(text.split("\n"), 1):
        reader.line(line.strip(), at)
    if not reader.events:
        raise EdlError(reader.faults[0] if reader.faults else "there is no event in this list")
    return EditList(reader.title, tuple(reader.events), reader.skipped, tuple(reader.faults))


def write(edits: EditList) -> bytes:
    """The list as UTF-8. FCM is the record side's. Raises EdlError unless it has 1 to 999 events."""
    if not 0 < len(edits.events) <= LAST_EVENT:
        raise EdlError(f"an edit list holds 1 to {LAST_EVENT} events, not {len(edits.events)}")
    drop = edits.events[0].record_in.drop_frame
    lines = [f"TITLE: {one_line(edits.title)}", f"FCM: {'DROP FRAME' if drop else 'NON-DROP FRAME'}"]
    last: dict[str, Event] = {}
    for number, event in enumerate(edits.events, 1):
        lines.append("")
        if event.edit != "C":
            lines += _from(number, event, last.get(event.channel))
        times = (event.source_in, event.source_out, event.record_in, event.record_out)
        lines.append(_line(number, event.reel, event.channel, event.edit, event.over, times))
        lines += _comments(event, last.get(event.channel) if event.edit != "C" else None)
        last[event.channel] = event
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def reel_names(names: Sequence[str]) -> list[str]:
    """A reel for each name, at most eight letters and digits, each different."""
    reels: dict[str, None] = {}
    for number, name in enumerate(names, 1):
        plain = re.sub(r"[^A-Z0-9]", "", name.upper())
        numbered = (f"R{count:05d}" for count in range(number, 10_000_000))
        wanted = [plain] if 0 < len(plain) <= REEL_LENGTH else []
        reels[next(reel for reel in chain(wanted, numbered) if reel not in reels)] = None
    return list(reels)


def one_line(text: str) -> str:
    """The text without line breaks."""
    return " ".join(text.split())


def _from(number: int, event: Event, before: Event | None) -> list[str]:
    """The zero-length cut in front of a dissolve: where the picture goes out, or black."""
    at = event.record_in
    if before is None or before.record_out.frame_count != at.frame_count:
        zero = replace(at, frame_count=0)
        return [_line(number, "BL", event.channel, "C", 0, (zero, zero, at, at))]
    out = before.source_out
    return [_line(number, before.reel, event.channel, "C", 0, (out, out, at, at))]


def _line(number: int, reel: str, channel: str, edit: str, over: int, times: Sequence[Timecode]) -> str:
    length = f"{over:03d}" if edit != "C" else ""
    return f"{number:03d}  {reel:<8} {channel:<5} {edit:<4} {length:<3} {' '.join(map(str, times))}"


def _comments(event: Event, before: Event | None) -> list[str]:
    clip, file = one_line(event.clip), one_line(event.file)
    names = [f"* FROM CLIP NAME: {clip}"] if clip else []
    if before is not None:
        names = [f"* FROM CLIP NAME: {one_line(before.clip)}", f"* TO CLIP NAME: {clip}"]
    out = [*names, *([f"* SOURCE FILE: {file}"] if file else [])]
    if event.speed is not None:
        coarse = f"{event.speed:05.1f}"
        said = coarse if float(coarse) == event.speed else f"{event.speed:.4f}"
        out.insert(0, f"M2   {event.reel:<8} {said}                {event.source_in}")
    if event.grade is not None:
        out += [f"*ASC_SOP {sop_text(event.grade)}", f"*ASC_SAT {sat_text(event.grade)}"]
    out += [f"* LOC: {mark.at} {mark.colour:<7} {one_line(mark.text)}".rstrip() for mark in event.marks]
    return [*out, *(f"* {one_line(note)}" for note in event.notes)]


def _graded(grade: Correction | None, key: str, said: str) -> Correction:
    found = grade_of(*((said, "") if key == "ASC_SOP" else ("", said)))
    if found is None:
        raise CdlError(f"{key} says nothing")
    if grade is None:
        return found
    if key == "ASC_SAT":
        return replace(grade, saturation=found.saturation)
    return replace(found, saturation=grade.saturation)
