"""Linear timecode out of sound, as tape, noise and cheap inputs leave it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from openset.formats.ltc import LtcError, LtcFrame, encode, sound_of_words, word_of
from openset.formats.ltc_decode import Decoder
from openset.primitives.time import Timecode

NTSC = Fraction(30000, 1001)
RATES = [
    (Fraction(24), False),
    (Fraction(25), False),
    (NTSC, True),
    (NTSC, False),
    (Fraction(30), False),
]
Sound = NDArray[Any]


def across_midnight(kind: tuple[Fraction, bool], count: int = 60) -> list[Timecode]:
    return [Timecode(0, *kind).plus(n - 30) for n in range(count)]


def decode(sound: Sound, sample_rate: int = 48000) -> list[LtcFrame]:
    decoder = Decoder(sample_rate)
    found = decoder.feed(sound)
    return found + decoder.finish()


def slower(sound: Sound, speed: float) -> Sound:
    return np.interp(np.arange(int(len(sound) / speed)) * speed, np.arange(len(sound)), sound)


def dull(sound: Sound, cut_hz: float, sample_rate: int = 48000) -> Sound:
    """Through one pole, as a long cable or a cheap input."""
    keep = np.exp(-2 * np.pi * cut_hz / sample_rate)
    return np.convolve(sound, (1 - keep) * keep ** np.arange(400))[: len(sound)]


@pytest.mark.parametrize("kind", RATES, ids=str)
@pytest.mark.parametrize("sample_rate", [22050, 44100, 48000, 96000])
def test_every_frame_is_found_where_it_lies(kind: tuple[Fraction, bool], sample_rate: int) -> None:
    codes = across_midnight(kind)
    found = decode(encode(codes, sample_rate), sample_rate)
    assert [str(frame) for frame in found] == [str(code) for code in codes]
    length = float(sample_rate / kind[0])
    for number, frame in enumerate(found[1:-1], 1):
        assert frame.start == pytest.approx(number * length, abs=sample_rate * 5e-6)
        assert frame.end == pytest.approx((number + 1) * length, abs=sample_rate * 5e-6)
        assert frame.level == pytest.approx(0.42, abs=0.08)


@given(
    kind=st.sampled_from(RATES),
    begin=st.integers(0, 2_000_000),
    user_bits=st.integers(0, 2**32 - 1),
    flags=st.integers(0, 15),
    gain=st.floats(1e-3, 2.0),
    inverted=st.booleans(),
    offset=st.floats(-0.5, 0.5),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None)
def test_any_level_polarity_offset_and_blocks_give_the_same_frames(
    kind: tuple[Fraction, bool],
    begin: int,
    user_bits: int,
    flags: int,
    gain: float,
    inverted: bool,
    offset: float,
    seed: int,
) -> None:
    codes = [Timecode(0, *kind).plus(begin + n) for n in range(6)]
    sound = encode(codes, 48000, user_bits=user_bits, flags=flags)
    sound = sound * gain * (-1 if inverted else 1) + offset
    decoder = Decoder(48000)
    found: list[LtcFrame] = []
    rng = np.random.default_rng(seed)
    while len(sound):
        size = int(rng.integers(1, rng.choice([3, 100, 4000])))
        found += decoder.feed(sound[:size])
        sound = sound[size:]
    found += decoder.finish()
    assert [str(frame) for frame in found][-5:] == [str(code) for code in codes[1:]]
    assert {frame.user_bits for frame in found} == {user_bits}
    assert not decoder.faults


@pytest.mark.parametrize("kind", RATES, ids=str)
@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 2.0])
@pytest.mark.parametrize("backwards", [False, True])
def test_tape_runs_at_any_speed_and_backwards(
    kind: tuple[Fraction, bool], speed: float, backwards: bool
) -> None:
    codes = across_midnight(kind)
    sound = slower(encode(codes, 48000), speed)
    found = decode(sound[::-1] if backwards else sound)
    wanted = [str(code) for code in (codes[::-1] if backwards else codes)]
    assert [str(frame) for frame in found] in (wanted, wanted[1:], wanted[:-1], wanted[1:-1])
    assert {frame.reverse for frame in found} == {backwards}
    assert all(frame.start < frame.end for frame in found)


def test_tape_that_wows_between_half_and_double_speed_is_read() -> None:
    codes = across_midnight((Fraction(25), False), 200)
    sound = encode(codes, 48000)
    pace = 2.0 ** np.sin(2 * np.pi * np.arange(2 * len(sound)) / 48000 / 3)
    places = np.cumsum(pace)
    places = places[places < len(sound) - 1]
    found = decode(np.interp(places, np.arange(len(sound)), sound))
    assert [str(frame) for frame in found][-198:] == [str(code) for code in codes][-198:]


@pytest.mark.parametrize("kind", RATES, ids=str)
def test_noise_hum_dull_and_thin_sound_are_read(kind: tuple[Fraction, bool]) -> None:
    codes = across_midnight(kind, 100)
    wanted = [str(code) for code in codes]
    sound = encode(codes, 48000).astype(np.float64)
    rng = np.random.default_rng(4)
    when = np.arange(len(sound)) / 48000
    hurt = {
        "noise 8 dB under the signal": sound + rng.normal(0, 0.2, len(sound)),
        "hum as loud as the signal": sound + 0.5 * np.sin(2 * np.pi * 50 * when),
        "3 kHz of bandwidth": dull(sound, 3000),
        "sagging through a transformer": sound - dull(sound, 1500),
        "clipped": np.clip(sound * 20 + rng.normal(0, 2, len(sound)), -1, 1),
    }
    for name, each in hurt.items():
        assert [str(frame) for frame in decode(each)] == wanted, name


@pytest.mark.parametrize(
    ("kind", "scale", "shift"),
    [
        (np.int8, 100, 0),
        (np.uint8, 100, 128),
        (np.int16, 30, 0),
        (np.int32, 2**30, 0),
        (np.float32, 1, 0),
    ],
)
def test_every_kind_of_number_is_sound(kind: type, scale: float, shift: float) -> None:
    codes = across_midnight((Fraction(25), False), 10)
    sound = np.round(encode(codes, 48000) * scale + shift) if scale > 1 else encode(codes, 48000)
    assert [str(frame) for frame in decode(sound.astype(kind))] == [str(code) for code in codes]


def test_a_dropout_costs_the_frames_it_lies_in() -> None:
    codes = across_midnight((Fraction(25), False), 40)
    sound = encode(codes, 48000)
    sound[20 * 1920 + 500 : 20 * 1920 + 900] = 0
    wanted = [str(code) for number, code in enumerate(codes) if number != 20]
    assert [str(frame) for frame in decode(sound)] == wanted


def test_words_of_no_time_are_counted() -> None:
    # Drop-frame's flag on a count that does not drop: 00:01:00;00 and 00:01:00;01 do not exist.
    codes = [Timecode(1797, NTSC).plus(n) for n in range(8)]
    words = [word_of(code) ^ (1 << 10 | 1 << 27) for code in codes]
    decoder = Decoder(48000)
    found = decoder.feed(sound_of_words(words, 48000 / NTSC, rise_samples=2.0)) + decoder.finish()
    assert [str(frame) for frame in found] == [
        "00:00:59;27", "00:00:59;28", "00:00:59;29",
        "00:01:00;02", "00:01:00;03", "00:01:00;04",
    ]  # fmt: skip
    assert decoder.faults == {"no time in the word": 2}


@given(
    arrays.arrays(
        st.sampled_from(["f4", "f8", "i2", "u1", "i4", "f2", "u4"]),
        st.integers(0, 3000),
    ),
    st.integers(1, 700),
    st.sampled_from([8000, 44100, 192_000]),
)
@settings(max_examples=80, deadline=None)
@pytest.mark.filterwarnings("error")
def test_no_sound_whatever_breaks_the_decoder(sound: Sound, size: int, sample_rate: int) -> None:
    decoder = Decoder(sample_rate)
    for begin in range(0, len(sound), size):
        decoder.feed(sound[begin : begin + size])
    decoder.finish()
    assert decoder.samples == len(sound)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
@settings(max_examples=30, deadline=None)
def test_timecode_torn_to_pieces_raises_nothing(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    sound = encode(across_midnight((Fraction(25), False), 20), 48000).astype(np.float64)
    torn = rng.random(len(sound)) < share / 20
    sound[torn] = rng.choice([np.nan, np.inf, -np.inf, 1e300, -1e300, 0.0, 5.0], int(torn.sum()))
    for frame in decode(sound):
        assert -30 < frame.start < frame.end <= len(sound)


def test_what_is_no_sound_at_all_is_named() -> None:
    with pytest.raises(LtcError, match="samples a second"):
        Decoder(100)
    with pytest.raises(LtcError, match="one line of numbers"):
        Decoder(48000).feed(np.zeros((2, 10)))
    with pytest.raises(LtcError, match="one line of numbers"):
        Decoder(48000).feed(np.array(["a", "b"]))
    assert Decoder(48000).feed(np.zeros(0)) == []
    assert decode(np.zeros(0)) == []
    assert decode(np.zeros(48000)) == []


@given(st.binary(max_size=8000), st.sampled_from(["<f2", "<f4", "<f8"]))
@settings(max_examples=60, deadline=None)
def test_any_bytes_taken_for_floats_are_sound(data: bytes, kind: str) -> None:
    # Signalling numbers among them: even to convert one is an operation that fails.
    size = np.dtype(kind).itemsize
    decode(np.frombuffer(data[: len(data) // size * size], kind))
    decode(np.frombuffer(b"\x01\x00\xa0\x7f" * 600, "<f4"))
