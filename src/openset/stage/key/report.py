"""How good the screen is: the figures on the monitor's strip and the score made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openset.primitives.colour import LUMA_709
from openset.primitives.image import Yuv420
from openset.stage.key.screen import Plate


@dataclass(frozen=True)
class KeyReport:
    """One frame's key.

    `gain`: the screen's brightness against the clean plate, or against the first frame keyed.
    `screen_coverage`: share of the picture that is bare screen, 0..1.
    `evenness`: spread of the screen's brightness, stops between its 5th and 95th percentile.
    `noise`: rms grain on the bare screen, as a share of its colour difference.
    `purity`: the screen's colour difference as a share of its own channel: 0 grey, 1 pure.
    `ms`: time the frame took, all included; 0 where the keyer was given no clock.
    """

    gain: float
    screen_coverage: float
    evenness: float
    noise: float
    purity: float
    ms: float

    @property
    def score(self) -> float:
        """0 (nothing to key) to 100 (a studio's screen).

        100 times the product of four marks, each 1 when good, falling in a straight line to 0.1 when
        bad: coverage (good from 15 % of the picture, bad at 0), evenness (1 stop, 3 stops), noise
        (3 %, 25 %), purity (0.5, 0.1). No screen at all scores 0.
        """
        if self.screen_coverage <= 0.0:
            return 0.0
        marks = (
            _mark(self.screen_coverage, 0.15, 0.0),
            _mark(self.evenness, 1.0, 3.0),
            _mark(self.noise, 0.03, 0.25),
            _mark(self.purity, 0.5, 0.1),
        )
        return float(100.0 * np.prod(marks))


def _mark(value: float, good: float, bad: float) -> float:
    return float(np.clip(0.1 + 0.9 * (value - bad) / (good - bad), 0.1, 1.0))


def measure(picture: Yuv420, plate: Plate, gain: float, ms: float) -> KeyReport:
    """The figures of one frame, from its low-resolution picture and every eighth row at full size."""
    sure = plate.sure[::2, ::2]
    if not sure.any():
        return KeyReport(gain, 0.0, 0.0, 0.0, 0.0, ms)
    seen = plate.picture[:, ::2, ::2][:, sure]
    luma = np.tensordot(np.array(LUMA_709, np.float32), seen, 1)
    low, high = np.percentile(luma, (5, 95))
    own = seen[2 if plate.key == "blue" else 1]
    level = float(np.median(plate.difference[::2, ::2][sure]))
    purity = level / max(float(np.median(own)), 1e-4)
    evenness = float(np.log2(max(high, 1e-5) / max(low, 1e-5)))
    return KeyReport(
        gain, plate.coverage, evenness, _noise(picture, plate, level), min(purity, 1.0), ms
    )


def _noise(picture: Yuv420, plate: Plate, level: float) -> float:
    """Grain from differences of luma pixels on the bare screen; twice it in linear light."""
    rows = picture.y[:: 2 * plate.factor].astype(np.int16)
    step = np.abs(rows[:, 2:] - rows[:, :-2])
    sure = np.repeat(plate.sure[::2], plate.factor, axis=1)[: len(rows), 1 : 1 + step.shape[1]]
    on_screen = step[sure]
    if on_screen.size < 64:
        return 0.0
    grain = float(np.sqrt(np.mean(np.minimum(on_screen, 24).astype(np.float32) ** 2) / 2.0)) / 219.0
    return 2.0 * grain / max(float(np.sqrt(max(level, 0.0))), 1e-3)
