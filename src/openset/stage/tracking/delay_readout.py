"""How long the camera takes to read a picture from its first row to its last, from the same material.

While the camera speeds up or slows down, the last row of a rolling shutter has moved more, or less,
than the first between two frames: by the change of speed times the read-out. The track tells
the change of speed, and the flow of the frames before and after tells it again with errors of its own:
used as an instrument (Wright 1928), it keeps the tracker's noise from making the read-out look short.
Both axes of the picture tell it, and every second does: how far they are apart is how far it is known
(the stretches left out one at a time: the jackknife of Quenouille 1956 and Tukey 1958).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openset.primitives.space import F64
from openset.stage.tracking.delay_fit import MIN_FRAMES, Fit
from openset.stage.tracking.delay_refine import Refined
from openset.stage.tracking.motion import Motion

MOST_SD_S = 0.002
FLOOR_S, SHARE = 0.0003, 0.05
"""What no material tells: depths, an unknown lens and the open shutter bend the picture a little too,
the shutter in proportion to the read-out; measured on simulated stages."""
_STEP_S = 0.004
_STRETCHES = 10
_CHANCE = 2.0


@dataclass(frozen=True, eq=False)
class _Signals:
    """What is compared, frame by frame: the `shear` seen (2, n), that of one second of read-out by the
    track (2, n), the `instrument` (2, n), and what else may bend the picture, `moved` (6, n)."""

    shear: F64
    known: F64
    instrument: F64
    moved: F64


@dataclass(frozen=True, eq=False)
class _Told:
    """What pulls at the read-out (2, n) and how firmly it is held (2, n), by axis and frame; their
    sums' ratio is the read-out. `off` (2, n) pixels are left unexplained."""

    pulled: F64
    held: F64
    off: F64

    @property
    def readout_s(self) -> float:
        """The read-out by both axes."""
        return float(self.pulled.sum() / self.held.sum())


def readout_of(motion: Motion, fit: Fit, exact: Refined) -> tuple[float, float] | None:
    """The read-out and its standard deviation, seconds; None where the picture does not show it, or
    shows it twice and differently."""
    signals = _signals(motion, fit, exact)
    if signals is None:
        return None
    keep = np.ones(signals.shear.shape[1], bool)
    told = None
    for _ in range(3):
        told = _told(signals, keep)
        if told is None:
            return None
        size = np.full(len(keep), np.inf)
        size[keep] = np.abs(told.off).max(axis=0)
        # What was left out before stays out.
        keep = size <= 4.0 * max(1e-6, float(np.median(size[keep])))
    if told is None:
        return None
    readout_s = told.readout_s
    chance = max(_by_frames(told), _by_stretches(told))
    sd_s = float(np.linalg.norm([chance, _by_axes(told), FLOOR_S, SHARE * readout_s]))
    longest_s = float(np.median(fit.end - fit.begin))
    possible = -2 * sd_s <= readout_s <= longest_s + 2 * sd_s  # a row is read once in each picture
    return (readout_s, sd_s) if possible and sd_s <= MOST_SD_S else None


def _signals(motion: Motion, fit: Fit, exact: Refined) -> _Signals | None:
    """The frames with neighbours on both sides; None where they are few, or the delay is vague."""
    if motion.shear_px is None or len(motion.shear_px) < MIN_FRAMES or exact.sd_s > MOST_SD_S:
        return None
    delay_s = exact.delay_s
    covered = fit.path.covers(fit.begin - delay_s, fit.end - delay_s)
    ahead, behind = fit.design(delay_s + _STEP_S), fit.design(delay_s - _STEP_S)
    # A row read later sees the path as if the delay were smaller.
    change = np.einsum("i,icn->cn", exact.gains, (behind - ahead) / (2 * _STEP_S))[:2]
    following = np.isclose(fit.begin[1:], fit.end[:-1], atol=1e-6)
    inner = np.flatnonzero(following[:-1] & following[1:]) + 1
    inner = inner[covered[inner] & (fit.weight[0, inner] > 0)]
    inner = inner[np.isfinite(motion.shear_px[inner]).all(axis=1)]
    if len(inner) < MIN_FRAMES:
        return None
    instrument = fit.seen[:2, inner + 1] - fit.seen[:2, inner - 1]
    moved = fit.moved(delay_s)[:, inner]
    return _Signals(motion.shear_px[inner].T, change[:, inner], instrument, moved)


def _told(signals: _Signals, keep: npt.NDArray[np.bool_]) -> _Told | None:
    """What the frames to `keep` (n,) tell; None where they tell nothing.

    What the move itself and a constant explain is taken out first, axis by axis: over a floor the lower
    rows move more, and without its lens a picture is bent by every turn.
    """
    moved = signals.moved[:, keep]
    size = np.abs(moved).max(axis=1, keepdims=True)
    columns = np.concatenate(
        [np.ones((1, moved.shape[1])), moved[size[:, 0] > 0] / size[size > 0, None]]
    )
    basis, _ = np.linalg.qr(columns.T)
    if moved.shape[1] < MIN_FRAMES:
        return None
    shear, known, instrument = (
        each[:, keep] - (each[:, keep] @ basis) @ basis.T
        for each in (signals.shear, signals.known, signals.instrument)
    )
    pulled, held = instrument * shear, instrument * known
    if held.sum() <= 0:
        return None
    return _Told(pulled, held, shear - float(pulled.sum() / held.sum()) * known)


def _by_frames(told: _Told) -> float:
    """The read-out's deviation if each frame erred for itself."""
    rest = (told.pulled - told.readout_s * told.held).sum(axis=0)
    spare = len(rest) / (len(rest) - 15)  # seven columns of each axis, and the read-out, are gone
    return float(np.sqrt(rest @ rest * spare) / told.held.sum())


def _by_stretches(told: _Told) -> float:
    """Its deviation if the frames of a stretch err together."""
    rows = np.array_split(np.arange(told.held.shape[1]), _STRETCHES)
    pulled = told.pulled.sum() - np.array([told.pulled[:, each].sum() for each in rows])
    held = told.held.sum() - np.array([told.held[:, each].sum() for each in rows])
    if held.min() <= 0:
        return float("inf")
    without = pulled / held
    return float(np.sqrt((_STRETCHES - 1) * np.mean((without - without.mean()) ** 2)))


def _by_axes(told: _Told) -> float:
    """What must be added to it where the two axes are farther apart than chance: all of an axis errs
    together then."""
    pulled, held = told.pulled.sum(axis=1), told.held.sum(axis=1)
    if held.min() <= 0:
        return 0.0  # the camera panned alone, or tilted: the other axis tells nothing
    each = pulled / held
    rest = told.pulled - each[:, None] * told.held
    chance = float(((rest * rest).sum(axis=1) / held**2).sum())
    beyond = float(each[0] - each[1]) ** 2 - _CHANCE**2 * chance
    return float(np.sqrt(max(0.0, beyond) * held[0] * held[1]) / held.sum())
