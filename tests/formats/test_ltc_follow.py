"""Which frames are believed, and at what rate they count."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.ltc import LtcFrame, encode
from openset.formats.ltc_decode import Decoder
from openset.formats.ltc_follow import Follower
from openset.primitives.time import Timecode, parse_timecode

PAL, NTSC, FILM = Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001)
RATES = [
    (Fraction(24), False),
    (FILM, False),
    (PAL, False),
    (NTSC, True),
    (NTSC, False),
    (Fraction(30), False),
]
SR = 48000


def heard(codes: list[Timecode], *, begin: float = 0.0, speed: float = 1.0) -> list[LtcFrame]:
    """Frames as a perfect decoder gives them, the first at sample `begin`."""
    length = SR / float(codes[0].rate) / speed
    out = []
    for number, code in enumerate(codes):
        hours, minutes, seconds, frames = code.fields()
        out.append(
            LtcFrame(
                hours, minutes, seconds, frames, code.drop_frame,
                start=begin + number * length, end=begin + (number + 1) * length,
            )
        )  # fmt: skip
    return out


def run_on(first: str, count: int, rate: Fraction = PAL) -> list[Timecode]:
    code = parse_timecode(first, rate)
    return [code.plus(n) for n in range(count)]


def follow(frames: list[LtcFrame]) -> tuple[Follower, list[str]]:
    follower = Follower(SR)
    return follower, [str(each) for frame in frames for each in follower.feed(frame)]


@pytest.mark.parametrize("kind", RATES, ids=str)
@given(begin=st.integers(0, 2_600_000))
@settings(max_examples=12, deadline=None)
def test_frames_that_run_on_are_all_believed_and_tell_their_rate(
    kind: tuple[Fraction, bool], begin: int
) -> None:
    codes = [Timecode(0, *kind).plus(begin + n) for n in range(70)]
    follower, believed = follow(heard(codes))
    assert believed == [str(code) for code in codes]
    found = follower.rate
    assert found is not None
    assert (found.rate, found.drop_frame, found.certain) == (*kind, True)
    assert found.speed == pytest.approx(1.0, abs=1e-9)
    assert (follower.odd, follower.jumps, follower.missing) == (0, 0, 0)


def test_midnight_and_the_numbers_drop_frame_skips_are_no_jumps() -> None:
    for first in ("23:59:59;20", "00:00:59;20", "00:09:59;20"):
        follower, believed = follow(heard(run_on(first, 30, NTSC)))
        assert len(believed) == 30
        assert follower.jumps == 0


def test_one_odd_frame_is_counted_and_not_used() -> None:
    frames = heard(run_on("10:00:00:00", 20))
    frames[7] = replace(frames[7], hours=3)
    follower, believed = follow(frames)
    assert len(believed) == 19
    assert "03:00:00:07" not in believed
    assert (follower.odd, follower.missing, follower.jumps) == (1, 1, 0)


def test_a_jump_is_believed_with_its_second_frame() -> None:
    frames = heard(run_on("10:00:00:00", 10)) + heard(run_on("12:00:00:00", 10), begin=10 * 1920)
    follower = Follower(SR)
    given = [len(follower.feed(frame)) for frame in frames]
    assert given[:2] == [0, 2]
    assert given[10:13] == [0, 2, 1]
    assert follower.jumps == 1
    assert follower.odd == 0


def test_frames_that_were_not_heard_are_missing_and_no_jump() -> None:
    frames = heard(run_on("10:00:00:00", 60))
    follower, believed = follow(frames[:20] + frames[40:])
    assert len(believed) == 40
    assert (follower.missing, follower.jumps, follower.odd) == (20, 0, 0)


def test_a_gap_whose_numbers_and_time_disagree_is_a_jump() -> None:
    frames = heard(run_on("10:00:00:00", 40))
    late = [replace(f, start=f.start + 10 * 1920, end=f.end + 10 * 1920) for f in frames[20:]]
    follower, believed = follow(frames[:20] + late)
    assert len(believed) == 40
    assert follower.jumps == 1


def test_a_parked_tape_is_not_believed() -> None:
    frames = heard(run_on("10:00:00:00", 10))
    stuck = [replace(frames[5], start=n * 1920.0, end=(n + 1) * 1920.0) for n in range(10)]
    follower, believed = follow(stuck)
    assert believed == []
    assert follower.odd == 9
    assert follower.rate is None


def test_backwards_tape_runs_on_backwards() -> None:
    codes = run_on("00:00:59;20", 30, NTSC)[::-1]
    frames = [replace(frame, reverse=True) for frame in heard(codes)]
    follower, believed = follow(frames)
    assert believed == [str(code) for code in codes]
    assert str(follower.rate) == "29.97 drop-frame"


def test_the_rate_is_doubtful_until_a_second_has_ended() -> None:
    follower, _ = follow(heard(run_on("10:00:00:00", 10, Fraction(24))))
    assert follower.rate is not None
    assert not follower.rate.certain
    assert str(follower.rate) == "24 or 23.976 or 25 or 30"
    for frame in heard(run_on("10:00:00:10", 20, Fraction(24)), begin=10 * 2000):
        follower.feed(frame)
    assert str(follower.rate) == "24"


def test_a_tape_off_speed_leaves_thirty_and_2997_in_doubt_but_not_drop_frame() -> None:
    slow, _ = follow(heard(run_on("10:00:00:00", 70, Fraction(30)), speed=0.97))
    assert slow.rate is not None
    assert set((slow.rate.rate, *slow.rate.others)) == {NTSC, Fraction(30)}
    dropping, _ = follow(heard(run_on("10:00:00;00", 70, NTSC), speed=0.97))
    assert dropping.rate is not None
    assert dropping.rate.certain
    assert dropping.rate.speed == pytest.approx(0.97)


def test_the_rate_of_fast_25_is_told_by_its_numbers() -> None:
    # 25 at 1.2 of its speed has frames as long as 30's; the second that ends with 24 tells.
    follower, believed = follow(heard(run_on("10:00:00:00", 70), speed=1.2))
    assert len(believed) == 70
    assert str(follower.rate) == "25"


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_no_wrong_frame_is_believed_in_noise_that_breaks_many(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = run_on("23:59:58:00", 75)
    sound = encode(codes, SR) + rng.normal(0, 0.35, 75 * 1920)
    decoder = Decoder(SR)
    frames = decoder.feed(sound) + decoder.finish()
    _, believed = follow(frames)
    assert set(believed) <= {str(code) for code in codes}
    assert len(believed) > 37
