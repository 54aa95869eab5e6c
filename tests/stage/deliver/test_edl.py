"""Edit lists: what is written, what is read, and what the field's own reader makes of it."""

from fractions import Fraction

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.time import Timecode, timecode_from_fields
from openset.stage.deliver.edl import Event, read_edl, reel_names, write_edl

RATES = [(Fraction(25), False), (Fraction(24000, 1001), False), (Fraction(30000, 1001), True)]


def cut(rate: Fraction, drop: bool, lengths: list[int], sources: list[int]) -> list[Event]:
    at, out = timecode_from_fields(1, 0, 0, 0, rate, drop), []
    for number, (frames, source) in enumerate(zip(lengths, sources, strict=True), 1):
        begin = Timecode(source, rate, drop)
        out.append(
            Event(
                f"R{number:05d}", begin, begin.plus(frames), at, at.plus(frames), f"1-A-t{number:02d}",
                f"takes/1-A-t{number:02d}/composite.mov",
            )
        )  # fmt: skip
        at = at.plus(frames)
    return out


@given(
    st.sampled_from([*RATES, (Fraction(30000, 1001), False), (Fraction(60000, 1001), True)]),
    st.lists(st.tuples(st.integers(1, 5000), st.integers(0, 2_000_000)), min_size=1, max_size=8),
)
def test_a_list_comes_back_as_it_was(kind: tuple[Fraction, bool], clips: list[tuple[int, int]]) -> None:
    rate, drop = kind
    events = cut(rate, drop, [frames for frames, _ in clips], [source for _, source in clips])
    assert read_edl(write_edl("Lane", events), rate) == events


@pytest.mark.parametrize(("rate", "drop"), RATES)
def test_the_fields_own_reader_finds_the_same_frames(rate: Fraction, drop: bool) -> None:
    first = timecode_from_fields(10, 9, 59, 20, rate, drop).frame_count
    events = cut(rate, drop, [57, 110, 1], [first, first + 5000, 3])
    read = otio.adapters.read_from_string(write_edl("Lane", events), "cmx_3600", rate=float(rate))
    clips = list(read.find_clips())
    for clip, event in zip(clips, events, strict=True):
        assert round(clip.source_range.start_time.value) == event.source_in.frame_count
        assert round(clip.source_range.duration.value) == (
            event.record_out.frame_count - event.record_in.frame_count
        )
        assert clip.name == event.clip


def test_the_record_side_starts_at_one_hour_and_says_its_count() -> None:
    drop = write_edl("Lane", cut(Fraction(30000, 1001), True, [30], [0]))
    assert "FCM: DROP FRAME" in drop
    assert "00:00:00;00 00:00:01;00 01:00:00;00 01:00:01;00" in drop
    still = write_edl("Lane", cut(Fraction(25), False, [30], [0]))
    assert "FCM: NON-DROP FRAME" in still
    assert "01:00:00:00 01:00:01:05" in still


def test_remarks_stand_at_their_record_timecode_on_one_line() -> None:
    (event,) = cut(Fraction(25), False, [30], [0])
    at = event.record_in.plus(4)
    event = Event(*list(vars(event).values())[:7], remarks=((at, "tracker:\nwent silent"),))
    text = write_edl("Two\nlines", [event])
    assert "* LOC: 01:00:00:04 RED     tracker: went silent\n" in text
    assert text.startswith("TITLE: Two lines\n")


@pytest.mark.parametrize(
    "line",
    [
        "001  A  V  C  01:00:00:00 01:00:00:25 01:00:00:00 01:00:01:00",
        "001  A  V  D 012 01:00:00:00 01:00:00:10 01:00:00:00 01:00:00:10",
        "001  A",
    ],
)
def test_a_line_that_is_no_cut_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 3"):
        read_edl(f"TITLE: x\nFCM: NON-DROP FRAME\n{line}\n", Fraction(25))


def test_a_thousand_events_are_refused() -> None:
    events = cut(Fraction(25), False, [1] * 1000, [0] * 1000)
    with pytest.raises(ValueError, match="999"):
        write_edl("Lane", events)


def test_reels_are_eight_letters_and_all_different() -> None:
    assert reel_names(["1-A-t01", "1-A.t01", "12A-masterwide-t03"]) == ["1AT01", "R00002", "R00003"]
    assert reel_names(["R00002", "a-very-long-name"]) == ["R00002", "R00003"]


@given(st.lists(st.text(min_size=1, max_size=12), max_size=12))
def test_any_names_make_usable_reels(names: list[str]) -> None:
    reels = reel_names(names)
    assert len(set(reels)) == len(names)
    assert all(reel.isascii() and reel.isalnum() and len(reel) <= 8 for reel in reels)
