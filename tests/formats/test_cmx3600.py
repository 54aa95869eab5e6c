"""Edit lists: statements and comments, both ways, at every rate and count, and lines that are none."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from fractions import Fraction

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import cmx3600
from openset.formats.cdl import Correction
from openset.formats.cmx3600 import EditList, EdlError, Event, Mark
from openset.formats.faults import FormatError
from openset.primitives.time import Timecode, timecode_from_fields

NTSC = Fraction(30000, 1001)
RATES = [
    (Fraction(24000, 1001), False),
    (Fraction(24), False),
    (Fraction(25), False),
    (NTSC, False),
    (NTSC, True),
    (Fraction(30), False),
    (Fraction(50), False),
    (Fraction(60000, 1001), True),
]
LIST = b"""TITLE: LANE
FCM: NON-DROP FRAME

001  A001     V     C        00:59:58:10 01:00:00:00 01:00:00:00 01:00:01:15
* FROM CLIP NAME: 1-A-t03
* SOURCE FILE: takes/1-A-t03/picture.mov
* LOC: 01:00:00:10 GREEN   watch the edge
* ASC_SOP: (1.1 1.0 0.9)(0.0 0.0 0.0)(1.0 1.0 1.0)
* ASC_SAT: 0.9
* shot in the rain

002  A001     V     C        01:00:00:00 01:00:00:00 01:00:01:15 01:00:01:15
002  B002     V     D    012 10:00:00:00 10:00:02:00 01:00:01:15 01:00:03:15
* FROM CLIP NAME: 1-A-t03
* TO CLIP NAME: 1-B-t01

003  C003     AA/V  W014 025 00:00:00:00 00:00:04:00 01:00:03:15 01:00:05:15
M2   C003     050.0                00:00:00:00
004  D004     V     C        bad
* FROM CLIP NAME: of the bad one
"""


def tc(text: str, rate: Fraction = Fraction(25)) -> Timecode:
    hours, minutes, seconds, frames = (int(part) for part in text.replace(";", ":").split(":"))
    return timecode_from_fields(hours, minutes, seconds, frames, rate, ";" in text)


def test_a_list_is_read_with_its_comments() -> None:
    edits = cmx3600.read(LIST, Fraction(25))
    assert edits.title == "LANE"
    first, second, third = edits.events
    assert first == Event(
        "A001",
        tc("00:59:58:10"),
        tc("01:00:00:00"),
        tc("01:00:00:00"),
        tc("01:00:01:15"),
        "1-A-t03",
        "takes/1-A-t03/picture.mov",
        marks=(Mark(tc("01:00:00:10"), "GREEN", "watch the edge"),),
        grade=Correction("", (1.1, 1.0, 0.9), saturation=0.9),
        notes=("shot in the rain",),
    )
    assert (first.frames, first.line) == (40, 4)  # 1 s 15 f at 25
    assert (second.reel, second.clip, second.edit, second.over) == ("B002", "1-B-t01", "D", 12)
    assert (third.channel, third.edit, third.speed, third.clip) == ("AA/V", "W014", 50.0, "")
    assert (third.frames, third.source_frames) == (50, 100)
    assert (edits.skipped, len(edits.faults)) == (1, 1)
    assert edits.faults[0].startswith("line 19: ")


@pytest.mark.parametrize(
    "said",
    [
        b"*ASC_SOP (1.1 1.0 0.9)(0.0 0.0 0.0)(1.0 1.0 1.0)\n*ASC_SAT 0.9",  # the ASC's own
        b"* ASC_SOP (1.1 1.0 0.9) (0.0 0.0 0.0) (1.0 1.0 1.0)\n* ASC_SAT 0.9",
        b"* ASC_SOP: (1.1 1.0 0.9)(0.0 0.0 0.0)(1.0 1.0 1.0)\n* ASC_SAT: 0.9",
    ],
)
def test_a_grade_is_read_however_it_is_written(said: bytes) -> None:
    statement = b"001 A V C 01:00:00:00 01:00:01:00 01:00:00:00 01:00:01:00\n"
    (event,) = cmx3600.read(statement + said, Fraction(25)).events
    assert event.grade == Correction("", (1.1, 1.0, 0.9), saturation=0.9)
    assert event.notes == ()
    assert b"*ASC_SOP (1.1 1.0 0.9)(0.0 0.0 0.0)(1.0 1.0 1.0)\n*ASC_SAT 0.9\n" in cmx3600.write(
        EditList("", (event,))
    )


def test_drop_frame_is_told_by_its_sign_or_by_fcm() -> None:
    statement = b"001 A V C 00:01:00%b02 00:01:01%b02 01:00:00%b00 01:00:01%b00\n"
    signed = cmx3600.read(statement % ((b";",) * 4), NTSC)
    told = cmx3600.read(b"FCM: DROP FRAME\n" + statement % ((b":",) * 4), NTSC)
    assert signed.events == told.events
    # 00:01:00;02 is the first frame of minute 1: 60 · 30 = 1800 frames after midnight
    assert signed.events[0].source_in.frame_count == 1800
    plain = cmx3600.read(b"FCM: NON-DROP FRAME\n" + statement % ((b":",) * 4), NTSC)
    assert plain.events[0].source_in.frame_count == 1802
    film = cmx3600.read(b"FCM: DROP FRAME\n" + statement % ((b":",) * 4), Fraction(25))
    assert not film.events[0].record_in.drop_frame


def test_a_frame_number_that_drop_frame_skips_costs_its_event() -> None:
    text = b"001 A V C 00:01:00;00 00:01:01;02 01:00:00;00 01:00:01;00\n"
    with pytest.raises(EdlError, match="line 1: drop-frame skips"):
        cmx3600.read(text, NTSC)


def test_midnight_may_be_written_as_24_hours() -> None:
    (event,) = cmx3600.read(
        b"001 A V C 23:59:59:00 24:00:00:00 01:00:00:00 01:00:01:00", Fraction(25)
    ).events
    assert event.source_frames == 25


def test_no_other_hour_is_taken_for_midnight() -> None:
    with pytest.raises(EdlError, match="no such timecode"):
        cmx3600.read(b"001 A V C 23:59:59:00 47:00:00:00 01:00:00:00 01:00:01:00", Fraction(25))


def test_comments_without_end_are_counted_and_not_kept() -> None:
    statement = b"001 A V C 01:00:00:00 01:00:01:00 01:00:00:00 01:00:01:00\n"
    said = statement + b"* x\n" * (cmx3600.MOST_COMMENTS + 5)
    edits = cmx3600.read(said + statement.replace(b"001", b"002"), Fraction(25))
    assert [len(each.notes) for each in edits.events] == [cmx3600.MOST_COMMENTS, 0]
    assert edits.skipped == 5


def test_what_is_written_has_the_fields_layout() -> None:
    event = cmx3600.read(LIST, Fraction(25)).events[1]
    text = cmx3600.write(EditList("A\nB", (replace(event, record_in=tc("01:00:01:15")),))).decode()
    lines = text.splitlines()
    assert lines[0] == "TITLE: A B"
    assert lines[1] == "FCM: NON-DROP FRAME"
    assert lines[3] == "001  BL       V     C        00:00:00:00 00:00:00:00 01:00:01:15 01:00:01:15"
    assert lines[4] == "001  B002     V     D    012 10:00:00:00 10:00:02:00 01:00:01:15 01:00:03:15"


@pytest.mark.parametrize(
    ("rate", "drop"), [(Fraction(25), False), (Fraction(24000, 1001), False), (NTSC, True)]
)
def test_the_fields_own_reader_finds_the_same_frames(rate: Fraction, drop: bool) -> None:
    at = timecode_from_fields(1, 0, 0, 0, rate, drop)
    source = timecode_from_fields(10, 9, 59, 20, rate, drop)
    events = []
    for frames, begin in ((57, source), (110, source.plus(5000)), (1, Timecode(3, rate, drop))):
        events.append(Event("A001", begin, begin.plus(frames), at, at.plus(frames), "1-A-t01", "a.mov"))
        at = at.plus(frames)
    text = cmx3600.write(EditList("Lane", tuple(events))).decode()
    clips = list(otio.adapters.read_from_string(text, "cmx_3600", rate=float(rate)).find_clips())
    for clip, event in zip(clips, events, strict=True):
        assert round(clip.source_range.start_time.value) == event.source_in.frame_count
        assert round(clip.source_range.duration.value) == event.frames
        assert clip.name == event.clip


def test_reels_are_eight_letters_and_all_different() -> None:
    names = ["1-A-t01", "1-A.t01", "12A-masterwide-t03"]
    assert cmx3600.reel_names(names) == ["1AT01", "R00002", "R00003"]
    assert cmx3600.reel_names(["R00002", "a-very-long-name"]) == ["R00002", "R00003"]


@given(st.lists(st.text(min_size=1, max_size=12), max_size=12))
def test_any_names_make_usable_reels(names: list[str]) -> None:
    reels = cmx3600.reel_names(names)
    assert len(set(reels)) == len(names)
    assert all(reel.isascii() and reel.isalnum() and len(reel) <= 8 for reel in reels)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)
REELS = st.from_regex(r"[A-Z][A-Z0-9]{0,7}", fullmatch=True).filter(lambda reel: reel != "M2")


@st.composite
def lists(draw: st.DrawFn) -> tuple[EditList, Fraction]:
    """A list of cuts and dissolves, one after another from one hour on."""
    rate, drop = draw(st.sampled_from(RATES))
    at = timecode_from_fields(1, 0, 0, 0, rate, drop)
    events = []
    for number in range(draw(st.integers(1, 5))):
        length, source = (
            draw(st.integers(2, 3000)),
            Timecode(draw(st.integers(0, 2_000_000)), rate, drop),
        )
        edit = draw(st.sampled_from(["C", "D", "W001", "W123"])) if number else "C"
        mark = Mark(at.plus(draw(st.integers(0, length - 1))), "RED", draw(NAMES))
        numbers = st.tuples(*[st.floats(0.001, 100)] * 3)
        grade = Correction("", draw(numbers), draw(numbers), draw(numbers), draw(st.floats(0, 4)))
        event = Event(
            draw(REELS),
            source,
            source.plus(length),
            at,
            at.plus(length),
            draw(NAMES),
            draw(NAMES),
            "V",
            edit,
            draw(st.integers(1, length)) if edit != "C" else 0,
            draw(st.sampled_from([(), (mark,)])),
            draw(st.sampled_from([None, grade])),
            draw(st.sampled_from([None, 12.5, -25.0])),
            draw(st.sampled_from([(), ("a note, with words",)])),
        )
        events.append(event)
        at = at.plus(length)
    return EditList(draw(NAMES), tuple(events)), rate


@settings(max_examples=100, deadline=None)
@given(lists())
def test_a_list_comes_back_as_it_was_at_every_rate(made: tuple[EditList, Fraction]) -> None:
    edits, rate = made
    assert cmx3600.read(cmx3600.write(edits), rate) == edits


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        (b"001 A V C 00:00:00:00 00:00:01:00", "four timecodes"),
        (b"001 A V X 00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00", "no edit"),
        (b"001 A V D 00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00", "length"),
        (b"001 A V C 012 00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00", "length"),
        (b"001 A V KB 012 00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00", "keys"),
        (b"001 A V C 00:00:00:25 00:00:01:00 00:00:00:00 00:00:01:00", "no such timecode"),
        (b"", "no event"),
    ],
)
def test_an_event_that_is_none_is_told(line: bytes, trouble: str) -> None:
    with pytest.raises(EdlError, match=trouble):
        cmx3600.read(line, Fraction(25))


def test_a_comment_that_is_wrong_costs_itself() -> None:
    text = LIST.replace(b"GREEN   watch", b"").replace(b"* ASC_SAT: 0.9", b"* ASC_SAT: much")
    edits = cmx3600.read(text, Fraction(25))
    assert len(edits.events) == 3
    assert edits.skipped == 2


def test_a_thousand_events_do_not_fit() -> None:
    event = cmx3600.read(LIST, Fraction(25)).events[0]
    with pytest.raises(EdlError, match="999"):
        cmx3600.write(EditList("", (event,) * 1000))
    with pytest.raises(EdlError, match="999"):
        cmx3600.write(EditList("", ()))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(LIST)), st.binary(max_size=4), st.integers(0, 20), st.sampled_from(RATES))
def test_a_damaged_list_gives_events_or_a_format_error(
    at: int, noise: bytes, cut: int, rate: tuple[Fraction, bool]
) -> None:
    with contextlib.suppress(FormatError):
        cmx3600.read(LIST[:at] + noise + LIST[at + cut :], rate[0])
