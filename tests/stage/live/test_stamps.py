"""Which timecode each picture gets, from real recordings of LTC."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.formats.ltc import encode
from openset.primitives.time import Timecode, parse_timecode
from openset.stage.exchange.sound import write_sound
from openset.stage.live.ltc import parse_ltc
from openset.stage.live.ltc_input import LtcInput
from openset.stage.live.stamps import Stamper

PAL = Fraction(25)
MS = 1_000_000
S = 1000 * MS
START = parse_timecode("10:00:00:00", PAL)

Tape = Callable[..., LtcInput]


def codes(first: str, count: int) -> list[Timecode]:
    return [parse_timecode(first, PAL).plus(n) for n in range(count)]


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    def make(
        *pieces: list[Timecode] | float, with_picture: bool = False, slow: float = 1.0
    ) -> LtcInput:
        """Timecodes, and seconds of silence between them, as a file that begins at 0 on the clock."""
        sounds = [
            encode(piece, round(48000 * slow)) if isinstance(piece, list)
            else np.zeros(round(48000 * piece), np.float32)
            for piece in pieces
        ]  # fmt: skip
        write_sound(tmp_path / "tape.wav", 48000, sounds)
        ltc = LtcInput(parse_ltc(f"ltc:{tmp_path}/tape.wav"), PAL, with_picture=with_picture)
        ltc.start_at(0, realtime=False)
        return ltc

    return make


def test_without_ltc_timecode_counts_the_source_s_frames() -> None:
    stamper = Stamper(START)
    assert str(stamper.stamp(0, 0, 0.0)) == "10:00:00:00"
    assert str(stamper.roll(0, 0.0)) == "10:00:00:00"
    assert str(stamper.stamp(3, 120 * MS, 0.0)) == "10:00:00:03"
    assert (stamper.steps, stamper.slips, stamper.state) == (3, 0, "")
    assert str(stamper.lost(2)) == "10:00:00:02"
    assert stamper.news() == []


def test_a_picture_has_the_timecode_of_the_moment_it_was_exposed(tape: Tape) -> None:
    # The picture comes 80 ms late: at 2.01 s it shows 1.93 s, a quarter into frame 48 of the tape.
    stamper = Stamper(START, tape(codes("15:00:00:00", 100)))
    assert str(stamper.stamp(7, 2010 * MS, 0.08)) == "15:00:01:23"
    assert stamper.state == "locked"
    assert stamper.news() == ["LTC is heard: 15:00:01:23"]


def test_the_sound_of_the_picture_s_own_clip_runs_with_the_picture(tape: Tape) -> None:
    stamper = Stamper(START, tape(codes("15:00:00:00", 100), with_picture=True))
    assert str(stamper.stamp(7, 2010 * MS, 0.08)) == "15:00:02:00"


def test_a_take_counts_with_the_ltc_over_lost_pictures(tape: Tape) -> None:
    stamper = Stamper(START, tape(codes("15:00:00:00", 200)))
    stamper.stamp(50, 2010 * MS, 0.0)
    assert str(stamper.roll(2010 * MS, 0.0)) == "15:00:02:00"
    stamper.stamp(51, 2050 * MS, 0.0)
    # Two pictures that the engine lost, then one that never reached it, of which only time tells.
    assert str(stamper.stamp(54, 2170 * MS, 0.0)) == "15:00:02:04"
    assert (stamper.steps, stamper.slips) == (4, 0)
    assert str(stamper.stamp(55, 2250 * MS, 0.0)) == "15:00:02:06"
    assert (stamper.steps, stamper.slips) == (6, 1)
    assert str(stamper.lost(56)) == "15:00:02:07"


def test_a_camera_slower_than_the_ltc_leaves_numbers_out_and_a_faster_one_repeats_none(
    tape: Tape,
) -> None:
    for pace, slips in ((1.01, 1), (0.99, 0)):
        stamper = Stamper(START, tape(codes("15:00:00:00", 200)))
        times = [round(n * 40 * MS * pace) + 20 * MS for n in range(100)]
        stamper.stamp(0, times[0], 0.0)
        stamper.roll(times[0], 0.0)
        numbers = [stamper.stamp(n, times[n], 0.0).frame_count for n in range(1, 100)]
        steps = np.diff(numbers)
        assert set(steps.tolist()) <= {1, 2}
        assert stamper.slips == slips == int((steps == 2).sum())


def test_ltc_that_stops_runs_free_and_says_so_when_it_comes_back(tape: Tape) -> None:
    stamper = Stamper(START, tape(codes("15:00:00:00", 100), 4.0, codes("15:00:08:00", 100)))
    stamper.stamp(0, 1 * S, 0.0)
    stamper.roll(1 * S, 0.0)
    stamper.news()
    seen = []
    for frame in range(1, 250):
        time_ns = 1 * S + frame * 40 * MS + MS
        stamper.stamp(frame, time_ns, 0.0)
        seen.append(stamper.state)
        assert stamper.steps == frame
    assert [state for n, state in enumerate(seen) if n == 0 or seen[n - 1] != state] == [
        "locked", "free", "locked",
    ]  # fmt: skip
    assert stamper.news() == [
        "the LTC stopped: the timecode runs free",
        f"LTC is heard: {parse_timecode('15:00:01:00', PAL).plus(seen.index('locked', 120) + 1)}",
    ]


def test_ltc_that_jumps_does_not_move_the_take_but_the_next_one(tape: Tape) -> None:
    stamper = Stamper(START, tape(codes("15:00:00:00", 100), codes("18:00:00:00", 100)))
    stamper.stamp(0, 3 * S, 0.0)
    stamper.roll(3 * S, 0.0)
    stamper.news()
    for frame in range(1, 100):
        stamper.stamp(frame, 3 * S + frame * 40 * MS, 0.0)
        assert stamper.steps == frame
    assert str(stamper.timecode) == "15:00:06:24"
    assert stamper.news() == ["the LTC jumped: this take keeps the timecode it began with"]
    stamper.cut()
    assert str(stamper.stamp(100, 7 * S, 0.0)) == "18:00:03:00"
    assert str(stamper.roll(7 * S, 0.0)) == "18:00:03:00"


def test_a_take_that_begins_before_any_ltc_is_counted_and_says_so(tape: Tape) -> None:
    stamper = Stamper(START, tape(6.0, codes("15:00:06:00", 100)))
    stamper.stamp(0, 0, 0.0)
    assert str(stamper.roll(0, 0.0)) == "10:00:00:00"
    assert stamper.news() == ["no LTC when the take began: counted from 10:00:00:00"]
    for frame in range(1, 200):
        stamper.stamp(frame, frame * 40 * MS + MS, 0.0)
    assert str(stamper.timecode) == "10:00:07:24"
    assert stamper.news() == ["LTC is heard: this take keeps the timecode it began with"]


def test_why_ltc_is_not_used_is_said_once(tape: Tape) -> None:
    thirty = [Timecode(0, Fraction(30)).plus(n) for n in range(90)]
    stamper = Stamper(START, tape(thirty))
    for frame in range(10):
        assert str(stamper.stamp(frame, frame * 40 * MS, 0.0)) == f"10:00:00:{frame:02d}"
    said = "the timecode counts 30, the picture 25 frames a second: it is not used"
    assert stamper.news() == [said]
    assert (stamper.state, stamper.note) == ("none", said)


def test_long_without_ltc_the_timecode_is_said_to_be_in_doubt(tape: Tape) -> None:
    stamper = Stamper(START, tape(codes("15:00:00:00", 50)))
    stamper.stamp(0, 1 * S, 0.0)
    stamper.stamp(1, 20_000 * S, 0.0)
    assert any("may be a frame off" in text for text in stamper.news())
    stamper.stamp(2, 20_001 * S, 0.0)
    assert stamper.news() == []
