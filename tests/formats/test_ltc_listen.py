"""The channel that carries timecode is found and followed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from openset.formats.ltc import LtcError, encode
from openset.formats.ltc_listen import Listener, table_of
from openset.primitives.time import parse_timecode

PAL = Fraction(25)


def sound(first: str, frames: int) -> np.ndarray:
    code = parse_timecode(first, PAL)
    return encode([code.plus(n) for n in range(frames)], 48000)


def hear(listener: Listener, table: np.ndarray, size: int = 1000) -> list[str]:
    heard = []
    for begin in range(0, table.shape[1], size):
        heard += [str(each) for each in listener.feed(table[:, begin : begin + size])]
    return heard


def test_the_loud_channel_is_followed_and_not_the_one_that_hears_it_through_the_desk() -> None:
    rng = np.random.default_rng(1)
    code = sound("10:00:00:00", 30)
    table = np.stack([code * 0.01, rng.normal(0, 0.2, len(code)), code])
    listener = Listener(48000, 3)
    heard = hear(listener, table) + [str(each) for each in listener.finish()]
    assert listener.channel == 2
    assert heard[0] == "10:00:00:00"
    assert heard[-1] == "10:00:01:04"
    assert str(listener.rate) == "25"


def test_when_the_followed_channel_falls_silent_another_takes_over() -> None:
    first, second = sound("10:00:00:00", 25), sound("20:00:00:00", 100)
    table = np.zeros((2, len(first) + len(second)))
    table[0, : len(first)] = first
    table[1, len(first) :] = second
    listener = Listener(48000, 2)
    heard = hear(listener, table)
    assert listener.channel == 1
    assert heard[0] == "10:00:00:00"
    # Two seconds of silence on the first channel, then the second is followed.
    assert "20:00:01:20" not in heard
    assert "20:00:02:20" in heard


def test_a_channel_that_was_named_is_the_only_one_heard() -> None:
    code = sound("10:00:00:00", 10)
    listener = Listener(48000, 2, 0)
    assert hear(listener, np.stack([np.zeros_like(code), code])) == []
    assert listener.rate is None
    with pytest.raises(LtcError, match="no channel 3"):
        Listener(48000, 2, 2)
    with pytest.raises(LtcError, match="table"):
        listener.feed(code)


def test_packed_and_planar_sound_is_the_same_table() -> None:
    packed = np.array([[1, 10, 2, 20, 3, 30]])
    assert table_of(packed, 2).tolist() == [[1, 2, 3], [10, 20, 30]]
    assert table_of(table_of(packed, 2), 2).tolist() == [[1, 2, 3], [10, 20, 30]]
    assert table_of(packed, 1) is packed
