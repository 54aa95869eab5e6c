"""How fast is linear timecode decoded? Sound of an hour's kind, on one core, against real time.

    python benchmarks/speed/ltc.py [--seconds 60]

Frames of each rate, clean and with noise 8 dB under the signal, are decoded from blocks of 1024 samples
(as a sound card gives them) and believed by the continuity rule; the figure is how many times faster
than real time, and how many of the frames were believed. The peer is real time itself: nothing else that
decodes LTC is installed with Openset. The figure to hold: 50 times real time.
"""

from __future__ import annotations

import argparse
import time
from fractions import Fraction

import numpy as np

from openset.formats.ltc import encode
from openset.formats.ltc_listen import Listener
from openset.primitives.time import Timecode

RATES = [
    (Fraction(24), False),
    (Fraction(25), False),
    (Fraction(30000, 1001), True),
    (Fraction(30000, 1001), False),
    (Fraction(30), False),
]
SAMPLE_RATE = 48_000
BLOCK = 1024


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    print(f"LTC, 48 kHz, {seconds:g} s of sound in blocks of {BLOCK}, one core; peer: real time")
    for rate, drop in RATES:
        count = round(seconds * rate)
        sound = encode([Timecode(0, rate, drop).plus(n) for n in range(count)], SAMPLE_RATE)
        noise = np.random.default_rng(1).normal(0, 0.2, len(sound)).astype(np.float32)
        for name, heard in (("clean", sound), ("noise", sound + noise)):
            believed, spent_s = decode(heard)
            ratio = len(heard) / SAMPLE_RATE / spent_s
            kind = f"{float(rate):.5g}{' drop-frame' if drop else ''}"
            print(f"  {kind:17} {name}: {ratio:5.0f} x real time, {believed} of {count} frames")


def decode(sound: np.ndarray) -> tuple[int, float]:
    """Frames believed, and the processor time it took."""
    listener = Listener(SAMPLE_RATE, 1)
    began = time.process_time()
    believed = 0
    for begin in range(0, len(sound), BLOCK):
        believed += len(listener.feed(sound[begin : begin + BLOCK].reshape(1, -1)))
    believed += len(listener.finish())
    return believed, time.process_time() - began


if __name__ == "__main__":
    main()
