"""Linear timecode out of sound: blocks of samples in, 80-bit frames out, at any level, polarity, speed
and direction.

Samples are low-passed and freed of their mean (both over a window that keeps biphase mark's edges in
place), compared with a threshold that follows the level, and the moments of the crossings
interpolated. Intervals between crossings are halves or wholes of a bit whose length is followed as the
tape's speed changes; bits are shifted until the sync word stands at the word's end (or, backwards, at
its beginning). Source: SMPTE ST 12-1:2014, clause 9.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openset.formats.ltc import BITS, SYNC, LtcError, LtcFrame, frame_of

F64 = NDArray[np.float64]

LOWEST_RATE, HIGHEST_RATE = 8000, 768_000
USUAL_BIT_S = 1 / 2160
"""A bit at 27 frames a second: where the search begins when nothing tells halves from wholes."""
_SMOOTH_S = 1 / 9600
_MEAN_S = 4e-3
_EDGE_S = 6e-5
"""A crossing of zero that came longer before the threshold was no edge: sound through a transformer
sags back over zero within a bit. The edge is then where the threshold is crossed."""
_THRESHOLD = 0.3
_QUIETEST = 3e-5
_LOUDEST = 1e6
_LOOK_BACK = 256
_LEVEL_STEP = 0.02
_PIECE = 1 << 16
_FORWARD_SENT = int(f"{SYNC:016b}"[::-1], 2)
_MASK = (1 << BITS) - 1


class Decoder:
    """Feed it sound of one channel; it gives the frames it has found. `faults` counts what was wrong,
    by plain name. Nothing it is fed raises, but an array that is not one line of numbers."""

    def __init__(self, sample_rate: int) -> None:
        if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
            raise LtcError(f"sound of {sample_rate} samples a second is not for LTC", at="sample rate")
        self.sample_rate = sample_rate
        self.faults: Counter[str] = Counter()
        self._edges = _Edges(sample_rate)
        self._bits = _Bits(sample_rate, self.faults)

    @property
    def samples(self) -> int:
        """How many samples have been fed."""
        return self._edges.fed

    @property
    def level(self) -> float:
        """The mean amplitude of the sound now, 1.0 being full scale."""
        return self._edges.level

    def feed(self, samples: NDArray[Any]) -> list[LtcFrame]:
        """The frames that end in these samples: float (±1), uint8 or int8/16/32, one channel."""
        out: list[LtcFrame] = []
        for begin in range(0, len(samples), _PIECE):
            found = self._edges.feed(_as_float(samples[begin : begin + _PIECE]))
            out += self._bits.feed(*found)
        return out

    def finish(self) -> list[LtcFrame]:
        """The frames that the end of the sound completes."""
        out = self._bits.feed(*self._edges.finish())
        return out + self._bits.end(float(self._edges.fed))


def _as_float(samples: NDArray[Any]) -> F64:
    """±1 for full scale; what is no number is silence, and floats beyond reason are cut."""
    if samples.ndim != 1 or samples.dtype.kind not in "fiu" or samples.dtype.itemsize > 8:
        raise LtcError("sound for LTC is one line of numbers", at="samples")
    if samples.dtype.kind == "f":
        cleaned = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
        return np.asarray(np.clip(cleaned.astype(np.float64), -_LOUDEST, _LOUDEST))
    full = float(1 << (8 * samples.dtype.itemsize - 1))
    shift = full if samples.dtype.kind == "u" else 0.0
    return (samples.astype(np.float64) - shift) / full


def _box(values: F64, length: int) -> F64:
    """The mean of each `length` neighbours: shorter by `length` - 1."""
    total = np.cumsum(np.concatenate([[0.0], values]))
    return np.asarray((total[length:] - total[:-length]) / length)


class _Edges:
    """Samples in, the moments of the signal's crossings out, with the level there."""

    def __init__(self, sample_rate: int) -> None:
        self._smooth = round(sample_rate * _SMOOTH_S) | 1
        self._mean = round(sample_rate * _MEAN_S) | 1
        self._edge = max(2.0, sample_rate * _EDGE_S)
        self.margin = self._mean - 1 + self._mean // 2
        self.fed = 0
        self.level = 0.0
        self._waiting: list[F64] = []
        self._waits = 0
        self._history = np.zeros(0)  # samples that neighbours still to come need
        self._done = 0  # samples whose crossings have been looked for
        self._state = 0
        self._tail = np.zeros(0)  # the last filtered samples

    def feed(self, samples: F64) -> tuple[F64, F64]:
        """Crossings (in samples from the first) and levels."""
        self.fed += len(samples)
        self._waiting.append(samples)
        self._waits += len(samples)
        if self._waits < 2 * self.margin:  # a few milliseconds at a time
            return np.zeros(0), np.zeros(0)
        return self._look(np.concatenate(self._waiting))

    def finish(self) -> tuple[F64, F64]:
        """The crossings in the samples that still waited."""
        rest = np.concatenate([*self._waiting, np.zeros(0)])
        every = rest if self._done == 0 and not len(self._history) else self._history
        if not len(every) and not len(rest):
            return np.zeros(0), np.zeros(0)
        calm = float(np.mean((rest if len(rest) else every)[-self._mean :]))
        return self._look(np.concatenate([rest, np.full(self.margin, calm)]))

    def _look(self, fresh: F64) -> tuple[F64, F64]:
        self._waiting, self._waits = [], 0
        if not len(self._history):
            calm = float(np.mean(fresh[: self._mean]))
            self._history = np.full(self.margin, calm)
        signal = np.concatenate([self._history, fresh])
        self._history = signal[-2 * self.margin :]
        half = self._mean // 2
        smooth = _box(signal, self._smooth)
        trim = (self._mean - 1) - self._smooth // 2
        even = smooth[trim : len(smooth) - trim] - _box(_box(signal, self._mean), self._mean)
        level = _box(np.abs(even), self._mean)
        even = even[half : len(even) - half]
        crossings, levels = self._crossings(even, level)
        self._done += len(even)
        self.level = float(level[-1])
        return crossings, levels

    def _crossings(self, even: F64, level: F64) -> tuple[F64, F64]:
        """Where the signal goes from beyond the threshold on one side to beyond it on the other."""
        back = len(self._tail)
        threshold = _THRESHOLD * level + _QUIETEST
        sides = (even > threshold).astype(np.int8) - (even < -threshold).astype(np.int8)
        places = np.arange(len(even))
        last_side = np.maximum.accumulate(np.where(sides != 0, places, -1))
        state = np.where(last_side >= 0, sides[last_side], self._state)
        before = np.concatenate([[self._state], state[:-1]])
        self._state = int(state[-1])
        changes = np.flatnonzero(state != before)
        joined = np.concatenate([self._tail, even])
        self._tail = joined[-_LOOK_BACK:]
        if not len(changes):
            return np.zeros(0), np.zeros(0)
        every = np.arange(len(joined))
        last_low = np.maximum.accumulate(np.where(joined <= 0, every, -1))[changes + back]
        last_high = np.maximum.accumulate(np.where(joined >= 0, every, -1))[changes + back]
        rising = state[changes] > 0
        at = np.where(rising, last_low, last_high)
        beyond = changes + back
        aim = np.where(rising, 1.0, -1.0) * threshold[changes]
        steep = (at >= 0) & (beyond - at <= self._edge)
        at, aim = np.where(steep, at, np.maximum(beyond - 1, 0)), np.where(steep, 0.0, aim)
        left, right = joined[at], joined[np.minimum(at + 1, len(joined) - 1)]
        step = np.where(right == left, 1.0, right - left)
        part = np.clip((aim - left) / step, 0.0, 1.0)
        return at + part - back + self._done, level[changes]


class _Bits:
    """Crossings in, frames out."""

    def __init__(self, sample_rate: int, faults: Counter[str]) -> None:
        self._faults = faults
        self._usual = USUAL_BIT_S * sample_rate
        self._bit = self._usual
        self._recent: deque[float] = deque(maxlen=8)
        self._last: float | None = None
        self._half: float | None = None  # a first half of a one, waiting for its second
        self._word = 0
        self._ends: deque[float] = deque(maxlen=BITS + 1)  # where bits begin and end
        self._fresh = True
        self._level = 0.0

    def feed(self, crossings: F64, levels: F64) -> list[LtcFrame]:
        out: list[LtcFrame] = []
        for place, level in zip(crossings.tolist(), levels.tolist(), strict=True):
            self._level += _LEVEL_STEP * (level - self._level)
            bit = self._bit_at(place)
            if bit is not None:
                frame = self._shift(bit, place)
                if frame is not None:
                    out.append(frame)
        return out

    def end(self, place: float) -> list[LtcFrame]:
        """The sound ends where the next crossing would be: the last bit counts if it is whole."""
        if self._last is None or not self._bit:
            return []
        missing = self._bit * (0.5 if self._half is not None else 1.0)
        if abs(place - self._last - missing) > 0.25 * missing:
            return []
        return self.feed(np.array([place]), np.array([self._level]))

    def _bit_at(self, place: float) -> int | None:
        """The bit that ends with a crossing at `place`, if one does."""
        last, self._last = self._last, place
        if last is None:
            self._broken(place)
            return None
        interval = place - last
        self._recent.append(interval)
        bit = self._bit
        if not 0.25 * bit < interval < 1.5 * bit:
            self._bit = self._likely_bit()
            self._broken(place)
            return None
        if interval > 0.75 * bit:
            if self._half is not None:
                self._broken(last)
            self._bit = bit + 0.15 * (interval - bit)
            return 0
        if self._half is None:
            self._half = interval
            return None
        whole, self._half = interval + self._half, None
        self._bit = bit + 0.15 * (whole - bit)
        return 1

    def _likely_bit(self) -> float:
        """The length of a bit, from the last few intervals: the longest, unless all are alike and
        nearer to halves of a bit at usual speed."""
        longest, shortest = max(self._recent), min(self._recent)
        if longest > 4 * self._usual:
            return self._usual
        if longest < 1.4 * shortest and longest < 0.7 * self._usual:
            return 2 * longest
        return longest

    def _broken(self, place: float) -> None:
        self._half = None
        self._fresh = True
        self._ends.clear()
        self._ends.append(place)

    def _shift(self, bit: int, place: float) -> LtcFrame | None:
        self._word = (self._word << 1 | bit) & _MASK
        self._ends.append(place)
        if len(self._ends) <= BITS:
            return None
        if self._fresh:
            # The edge where sound begins is none from one side to the other; the rest tell its place.
            self._fresh = False
            self._ends[0] = self._ends[1] - (self._ends[-1] - self._ends[1]) / (BITS - 1)
        word = self._word
        if word & 0xFFFF == _FORWARD_SENT:
            return self._frame(int(f"{word:080b}"[::-1], 2), False)
        if word >> 64 == SYNC:
            return self._frame(word, True)
        return None

    def _frame(self, word: int, reverse: bool) -> LtcFrame | None:
        try:
            return frame_of(
                word, reverse=reverse, start=self._ends[0], end=self._ends[-1], level=self._level
            )
        except LtcError:
            self._faults["no time in the word"] += 1
            return None
