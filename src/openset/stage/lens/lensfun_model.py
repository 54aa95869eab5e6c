"""lensfun's distortion models as Openset's lens.

lensfun bends the radius r of a straight picture, counted in half the short side of the calibrated
sensor: r' = r (1 - k1 + k1 r^2) for poly3, r (1 + k1 r^2 + k2 r^4) for poly5, r (a r^3 + b r^2 + c r +
1 - a - b - c) for ptlens. In the middle poly3 and ptlens scale the picture by d = 1 - k1 or 1 - a - b -
c, so the pinhole focal length is d times the one that r is counted with, which lensfun takes for the
one engraved on the lens (its `real-focal`, where given, is the pinhole's). With s the focal length of
r over half the short side, n = r / s is Openset's normalised coordinate: poly3 and poly5 are
Brown-Conrady exactly, ptlens is fitted to it. Source: lensfun's own description of its coordinate
systems; the test holds it against the library's map.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.space import F64
from openset.stage.lens.model import Lens, pinhole
from openset.stage.lens.report import Fitted

FULL_FRAME_DIAGONAL_MM = math.hypot(36.0, 24.0)


def sensor_mm(crop: float, aspect: float) -> tuple[float, float]:
    """Width and height of the calibrated sensor, in landscape."""
    height = FULL_FRAME_DIAGONAL_MM / crop / math.hypot(aspect, 1.0)
    return height * aspect, height


def bent(model: str, terms: tuple[float, ...], radius: F64) -> F64:
    """Distorted radii of straight ones, both in half short sides. Raises BadInput for another model."""
    r2 = radius * radius
    if model == "poly3":
        return np.asarray(radius * (1.0 - terms[0] + terms[0] * r2))
    if model == "poly5":
        return np.asarray(radius * (1.0 + terms[0] * r2 + terms[1] * r2 * r2))
    if model == "ptlens":
        a, b, c = terms
        return np.asarray(radius * (a * r2 * radius + b * r2 + c * radius + 1.0 - a - b - c))
    raise BadInput(f"no distortion model {model!r}", todo="Choose poly3, poly5 or ptlens")


def middle_scale(model: str, terms: tuple[float, ...]) -> float:
    """How much larger than a straight picture the bent one is in its middle."""
    return 1.0 if model == "poly5" else 1.0 - sum(terms)


def lens_of(
    model: str,
    terms: tuple[float, ...],
    focal_mm: float,
    sensor: tuple[float, float],
    size_px: tuple[int, int],
    *,
    real_focal_mm: float | None = None,
) -> Fitted:
    """The lens for a picture of the whole calibrated sensor, and what the fit leaves, in pixels.

    Raises BadInput for a model that is unknown, or one that turns the picture inside out.
    """
    scale = middle_scale(model, terms)
    if not 0.2 <= scale <= 5.0:
        raise BadInput("this calibration turns the picture inside out", todo="Choose another lens")
    straight_mm = real_focal_mm / scale if real_focal_mm else focal_mm
    half_short_mm = min(sensor) / 2
    s = straight_mm / half_short_mm
    bare = pinhole(*size_px, straight_mm * scale, sensor[0])
    corner = math.hypot(*sensor) / min(sensor)
    if not _rises(model, terms, corner):
        raise BadInput("this calibration folds the picture over", todo="Choose another lens")
    if model == "poly3":
        return Fitted(replace(bare, k1=terms[0] * s**2 / scale), 0.0)
    if model == "poly5":
        return Fitted(replace(bare, k1=terms[0] * s**2, k2=terms[1] * s**4), 0.0)
    return _fitted(bare, terms, s, scale)


def _fitted(bare: Lens, terms: tuple[float, ...], s: float, scale: float) -> Fitted:
    """ptlens by least squares over the radii of the picture: the focal length and three coefficients.

    Its odd powers are no lens's in the middle, so the focal length gives way there: the error in
    pixels is what counts.
    """
    aspect = bare.width_px / bare.height_px
    corner = math.hypot(max(aspect, 1 / aspect), 1.0)
    straight = np.linspace(0.0, 3.0 * corner, 3001)
    seen = bent("ptlens", terms, straight)
    last = int(np.flatnonzero(seen >= corner)[0])
    n, wanted = straight[: last + 1] / s, seen[: last + 1] / s / scale
    rows = np.stack([n, n**3, n**5, n**7], axis=1)
    size = np.abs(rows[-1])
    found, *_ = np.linalg.lstsq(rows / size, wanted, rcond=None)
    m, k1, k2, k3 = (found / size).tolist()
    off = float(np.abs(rows @ (found / size) - wanted).max()) * bare.fx_px
    lens = replace(bare, fx_px=bare.fx_px * m, fy_px=bare.fy_px * m, k1=k1 / m, k2=k2 / m, k3=k3 / m)
    return Fitted(lens, off)


def _rises(model: str, terms: tuple[float, ...], corner: float) -> bool:
    """Whether the bent radius grows all the way to where it reaches the picture's corner."""
    radius = np.linspace(0.0, 3.0 * corner, 3001)
    found = bent(model, terms, radius)
    reached = np.flatnonzero(found >= corner)
    return bool(reached.size) and bool((np.diff(found[: reached[0] + 1]) > 0).all())
