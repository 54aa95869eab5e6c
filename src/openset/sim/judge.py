"""How far a result is from the simulated truth: mattes and camera poses, in the field's usual figures.

With e = a - A, a the judged matte and A the true one, both 0..1, over one frame:

    SAD     sum |e| / 1000
    MSE     mean e**2
    MSEmix  the same mean over pixels where .01 < A < .99
    Grad    sum (|grad a| - |grad A|)**2 / 1000, by derivatives of a Gaussian of sigma 1.4

(after Rhemann et al., "A perceptually motivated online benchmark for image matting", 2009). A figure
for a film is the mean over its frames. Where the camera sees past the cloth nothing counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat

import cv2
import numpy as np
import numpy.typing as npt

from openset.sim.optics import Optics, project

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]

GRADIENT_SIGMA = 1.4
AT_MARK_M = (0.0, 0.0, 1.0)
"""The point of the figure that tracking errors are shown at: one metre above the mark."""


@dataclass(frozen=True)
class MatteError:
    """Mean figures over `frames` mattes: see the top of this module."""

    frames: int
    sad_per_frame: float
    mse: float
    mse_mix: float
    grad: float


@dataclass(frozen=True)
class TrackError:
    """Camera error over `frames`: position and rotation rms, and how far the mark moves in the picture
    and, at its distance, on the stage."""

    frames: int
    position_rms_mm: float
    rotation_rms_mdeg: float
    mark_rms_px: float
    mark_max_px: float
    mark_rms_mm: float


def key_error(
    mattes: Iterable[U8], truths: Iterable[U8], screens: Iterable[U8] | None = None
) -> MatteError:
    """Judge mattes (h, w) uint8 against the true ones, frame by frame in the same order.

    `screens` (255 where all that is not figure is cloth) leaves out what lies beside the cloth. Raises
    ValueError when the films differ in length or hold no frame.
    """
    beside: Iterable[U8 | None] = repeat(None) if screens is None else screens
    rows = [
        _frame_error(matte, truth, screen)
        for (matte, truth), screen in zip(zip(mattes, truths, strict=True), beside, strict=False)
    ]
    if not rows:
        raise ValueError("no matte to judge")
    sad, mse, mix, grad = np.nanmean(np.array(rows), axis=0).tolist()
    return MatteError(len(rows), sad, mse, mix, grad)


def _frame_error(matte: U8, truth: U8, screen: U8 | None) -> tuple[float, float, float, float]:
    a, true = matte.astype(np.float32) / 255.0, truth.astype(np.float32) / 255.0
    counted = np.ones(a.shape, bool) if screen is None else screen >= 253
    error = (a - true)[counted]
    mixed = ((true > 0.01) & (true < 0.99))[counted]
    slopes = (_slope(a) - _slope(true))[counted]
    mix = float(np.mean(error[mixed] ** 2)) if mixed.any() else 0.0
    return (
        float(np.abs(error).sum()) / 1000.0,
        float(np.mean(error**2)) if error.size else 0.0,
        mix,
        float((slopes**2).sum()) / 1000.0,
    )


def _slope(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The gradient's length by derivatives of a Gaussian."""
    reach = int(np.ceil(4 * GRADIENT_SIGMA))
    x = np.arange(-reach, reach + 1, dtype=np.float64)
    bell = np.exp(-(x**2) / (2 * GRADIENT_SIGMA**2))
    bell /= bell.sum()
    tilt = -x / GRADIENT_SIGMA**2 * bell
    across = cv2.sepFilter2D(picture, cv2.CV_32F, tilt, bell)
    down = cv2.sepFilter2D(picture, cv2.CV_32F, bell, tilt)
    return np.asarray(np.hypot(across, down), np.float32)


def track_error(poses: F64, truth: F64, optics: Optics) -> TrackError:
    """Judge stage_from_camera matrices (n, 4, 4) against the true ones, frame by frame.

    Rotation is the angle of the turn between the two. The point one metre above the mark is projected
    through both with the simulation's own optics; millimetres are pixels at the mark's distance.
    Raises ValueError when the two differ in length or are empty.
    """
    if poses.shape != truth.shape or len(poses) == 0:
        raise ValueError(f"{len(poses)} poses cannot be judged against {len(truth)}")
    away_m = np.linalg.norm(poses[:, :3, 3] - truth[:, :3, 3], axis=1)
    turn = np.einsum("nji,njk->nik", truth[:, :3, :3], poses[:, :3, :3])
    skew = np.stack(
        [turn[:, 2, 1] - turn[:, 1, 2], turn[:, 0, 2] - turn[:, 2, 0], turn[:, 1, 0] - turn[:, 0, 1]]
    )
    angle = np.arctan2(np.linalg.norm(skew, axis=0) / 2, (np.trace(turn, axis1=1, axis2=2) - 1) / 2)
    mark = np.array(AT_MARK_M)
    seen, wanted = (
        np.array([project(optics, pose[:3, 3], pose[:3, :3], mark) for pose in film])
        for film in (poses, truth)
    )
    off_px = np.linalg.norm(seen - wanted, axis=1)
    depth_m = np.array([-((mark - pose[:3, 3]) @ pose[:3, :3])[2] for pose in truth])
    return TrackError(
        frames=len(poses),
        position_rms_mm=1e3 * _rms(away_m),
        rotation_rms_mdeg=1e3 * float(np.degrees(_rms(angle))),
        mark_rms_px=_rms(off_px),
        mark_max_px=float(off_px.max()),
        mark_rms_mm=1e3 * _rms(off_px * depth_m / optics.f_px),
    )


def _rms(values: F64) -> float:
    return float(np.sqrt(np.mean(values**2)))
