"""Linear timecode as words and as sound."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.ltc import (
    BITS,
    LtcError,
    encode,
    encode_blocks,
    frame_of,
    samples_from_pcm,
    word_of,
)
from openset.primitives.time import Timecode, parse_timecode

NTSC = Fraction(30000, 1001)
RATES = [
    (Fraction(24), False),
    (Fraction(25), False),
    (NTSC, True),
    (NTSC, False),
    (Fraction(30), False),
]


@st.composite
def timecodes(draw: st.DrawFn) -> Timecode:
    rate, drop = draw(st.sampled_from(RATES))
    probe = Timecode(0, rate, drop)
    return probe.plus(draw(st.integers(0, probe.frames_per_day - 1)))


def sent(word: int) -> str:
    """The bits in the order they are sent, in groups of four."""
    bits = "".join(str(word >> place & 1) for place in range(BITS))
    return " ".join(bits[place : place + 4] for place in range(0, BITS, 4))


def test_a_word_has_the_bits_the_standard_draws() -> None:
    # 12:34:56:21 at 25. Digits least significant bit first: frames 1 = 1000, tens 2 = 01; seconds
    # 6 = 0110, tens 5 = 101; minutes 4 = 0010, tens 3 = 110; hours 2 = 0100, tens 1 = 10; user bits
    # 1 to 8 in the gaps. Ones: digits 1+1 +2+2 +1+2 +1+1 = 11, user bits 1+1+2+1+2+2+3+1 = 13, sync 13:
    # 37, odd, so that bit 59 (25 frames a second) makes them 38 and the zeros 42, even.
    word = word_of(parse_timecode("12:34:56:21", Fraction(25)), user_bits=0x87654321)
    assert sent(word) == (
        "1000 1000 0100 0100 0110 1100 1010 0010 0010 1010 1100 0110 0100 1110 1001 0001 "
        "0011 1111 1111 1101"
    )


def test_drop_frame_and_the_polarity_bit_at_thirty_have_their_places() -> None:
    # 00:00:00;00: bit 10 alone is set, with 13 of the sync word 14 ones: even, bit 27 stays 0.
    assert sent(word_of(Timecode(0, NTSC, True))).startswith("0000 0000 0010 0000 0000 0000 0000")
    # Without it 13 ones: bit 27 makes them 14. Bit 59, the one of 25 frames a second, stays 0.
    plain = word_of(Timecode(0, Fraction(30)))
    assert plain >> 27 & 1
    assert not plain >> 59 & 1


@given(timecodes(), st.integers(0, 2**32 - 1), st.integers(0, 15))
@settings(max_examples=200, deadline=None)
def test_a_word_gives_back_what_went_in(code: Timecode, user_bits: int, flags: int) -> None:
    word = word_of(code, user_bits, flags)
    frame = frame_of(word)
    assert frame.timecode(code.rate) == code
    assert str(frame) == str(code)
    assert frame.user_bits == user_bits
    assert word.bit_count() % 2 == 0
    polarity = 8 if code.nominal_rate == 25 else 1
    assert frame.flags | polarity == flags | polarity


@given(st.integers(-(2**90), 2**90))
@settings(max_examples=300, deadline=None)
def test_any_number_is_a_frame_or_a_named_error(word: int) -> None:
    with suppress(FormatError):
        frame_of(word)


@given(st.integers(0, 2**64 - 1))
@settings(max_examples=300, deadline=None)
def test_a_frame_with_a_sync_word_is_a_time_or_a_named_error(data: int) -> None:
    sync = word_of(Timecode(0, Fraction(25))) >> 64 << 64
    try:
        frame = frame_of(sync | data)
    except LtcError:
        return
    assert frame.hours < 24
    assert frame.frames < 30


def test_numbers_that_drop_frame_skips_are_no_frames() -> None:
    word = word_of(parse_timecode("00:01:00:01", NTSC))
    frame_of(word)
    with pytest.raises(LtcError, match="drop-frame has no 00:01:00;01"):
        frame_of(word | 1 << 10)
    frame_of(word_of(parse_timecode("00:10:00;01", NTSC)))


def test_digits_of_no_time_are_no_frames() -> None:
    word = word_of(Timecode(0, Fraction(25)))
    with pytest.raises(LtcError, match=r"0 and 10 are no digits"):
        frame_of(word | 0b1010 << 16)
    with pytest.raises(LtcError, match=r"bit 48"):
        frame_of(word | 0b10 << 56 | 0b0100 << 48)  # 24 hours


def test_the_level_changes_at_each_bit_and_in_the_middle_of_ones() -> None:
    # 48 kHz at 25: 1920 samples a frame, 24 a bit. The first four bits of frames 1 are 1000.
    sound = encode([parse_timecode("00:00:00:01", Fraction(25))], 48000, rise_s=0.0)
    assert len(sound) == 1920
    assert (sound[1:12] == 0.5).all()
    assert (sound[13:24] == -0.5).all()
    assert (sound[25:48] == 0.5).all()
    assert (sound[49:72] == -0.5).all()
    assert (sound[73:96] == 0.5).all()


def test_an_edge_rises_in_forty_microseconds() -> None:
    # At 500 kHz 40 µs are 20 samples; ±0.8 of full scale are 10 and 90 % of the way.
    sound = encode([Timecode(0, Fraction(25))] * 2, 500_000, level=1.0)
    edge = sound[20_000 - 30 : 20_000 + 30]
    rising = np.flatnonzero((edge > -0.8) & (edge < 0.8))
    assert len(rising) in (19, 20, 21)


@given(st.sampled_from(RATES), st.sampled_from([22050, 44100, 48000]), st.integers(1, 130))
@settings(max_examples=20, deadline=None)
def test_blocks_are_as_long_as_their_frames_and_join_without_a_seam(
    kind: tuple[Fraction, bool], sample_rate: int, count: int
) -> None:
    codes = [Timecode(0, *kind).plus(n) for n in range(count)]
    sound = np.concatenate(list(encode_blocks(codes, sample_rate)))
    assert len(sound) == -(-count * sample_rate // kind[0])
    whole = encode([*codes, codes[-1].plus(1)], sample_rate)
    assert np.abs(whole[: len(sound)] - sound).max() < 0.51  # the last edge is another at most
    assert np.abs(whole[: len(sound) - 3] - sound[:-3]).max() < 1e-4


def test_what_ltc_cannot_carry_is_named() -> None:
    with pytest.raises(LtcError, match="24 to 30 frames a second, not 50"):
        encode([Timecode(0, Fraction(50))], 48000)
    with pytest.raises(LtcError, match="sample rate"):
        encode([Timecode(0, Fraction(25))], 4000)
    assert len(encode([], 48000)) == 0


def test_raw_sound_of_every_width_is_read() -> None:
    assert samples_from_pcm(b"\x80\xff\x00", 8).tolist() == [128, 255, 0]
    assert samples_from_pcm(b"\x01\x00\xff\xff\x07", 16).tolist() == [1, -1]
    assert samples_from_pcm(b"\x01\x00\x00\xff\xff\xff\x07", 24).tolist() == [256, -256]
    assert samples_from_pcm(b"\x01\x00\x00\x80", 32).tolist() == [-(2**31) + 1]
    with pytest.raises(LtcError, match="12 bits"):
        samples_from_pcm(b"", 12)
