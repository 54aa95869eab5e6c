"""How long the camera takes to read a picture from its first row to its last, from the same material.

While the camera speeds up or slows down, the last row of a rolling shutter has moved more, or less,
than the first between two frames: by the change of speed times the read-out. The track tells
the change of speed, and the flow of the frames before and after tells it again with errors of its own:
used as an instrument (Wright 1928), it keeps the tracker's noise from making the read-out look short.
"""

from __future__ import annotations

import numpy as np

from openset.primitives.space import F64
from openset.stage.tracking.delay_fit import MIN_FRAMES, Fit
from openset.stage.tracking.delay_refine import Refined
from openset.stage.tracking.motion import Motion

_STEP_S = 0.004
MOST_SD_S = 0.002


def readout_of(motion: Motion, fit: Fit, exact: Refined) -> tuple[float, float] | None:
    """The read-out and its standard deviation, seconds; None where the picture does not show it."""
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
    shear, known = motion.shear_px[inner].T, change[:, inner]
    travel = fit.moved(delay_s)[3:5, inner]  # over a floor, the lower rows move more
    keep = np.ones(len(inner), bool)
    readout, sd = 0.0, float("inf")
    for _ in range(3):
        readout, sd, off = _instrumental(shear, known, instrument, travel, keep)
        size = np.abs(off).max(axis=0)
        keep = size <= 4.0 * max(1e-6, float(np.median(size[keep])))
    return (readout, sd) if np.isfinite(sd) and sd <= MOST_SD_S else None


def _instrumental(
    shear: F64, known: F64, instrument: F64, travel: F64, keep: np.ndarray
) -> tuple[float, float, F64]:
    """The factor of `known` in `shear` (2, n) and its deviation, with what is left; what travel and a
    constant explain is taken out of all three first, axis by axis."""
    strength, pulled, power, off = 0.0, 0.0, 0.0, np.zeros_like(shear)
    cleaned = []
    for row in range(2):
        columns = np.stack([np.ones(shear.shape[1]), travel[row]], axis=1)
        basis, _ = np.linalg.qr(columns[keep])
        parts = [
            each[row, keep] - basis @ (basis.T @ each[row, keep]) for each in (shear, known, instrument)
        ]
        cleaned.append(parts)
        pulled += float(parts[2] @ parts[0])
        strength += float(parts[2] @ parts[1])
    if strength <= 0:
        return 0.0, float("inf"), off
    factor = pulled / strength
    for row, (seen, told, through) in enumerate(cleaned):
        left = seen - factor * told
        off[row, keep] = left
        power += float(through @ through) * float(left @ left) / max(1, keep.sum() - 3)
    # What was left out before stays out: its distance is judged by the same factor.
    off[:, ~keep] = np.inf
    return factor, float(np.sqrt(power)) / strength, off
