"""What every back end agrees on: the renderer's shape, the tone curve, and the picture it is handed.

A renderer turns a pose and a lens into display-encoded planes. Radiance becomes code values here and
only here; the gpu's shader repeats these few lines and is tested against them.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from openset.primitives.colour import srgb_encode
from openset.primitives.errors import BadInput
from openset.primitives.image import F32Rgb, U8Planes
from openset.primitives.space import Pose
from openset.stage.lens.model import Lens

Floats = npt.NDArray[np.floating]

SHOULDER = 0.6
"""Below this exposed radiance the curve is straight; above it, light rolls off towards 1."""

_ROWS_AT_ONCE = 128


class Renderer(Protocol):
    """A back end: the background exactly as this camera would see it, lens distortion included."""

    name: str

    def render(self, world_from_camera: Pose, lens: Lens, out: U8Planes | None = None) -> U8Planes:
        """Planar R'G'B' uint8 (3, lens.height_px, lens.width_px), written into `out` if given."""
        ...

    def close(self) -> None:
        """Give back what the back end holds; rendering afterwards is an error."""
        ...


def tone(exposed: Floats) -> Floats:
    """Exposed radiance (radiance * 2**exposure_ev), any shape, to display-linear 0..1.

    Straight up to 0.6 so that grey stays where the exposure puts it, then an exponential shoulder
    that meets it with the same slope and never clips hard.
    """
    exposed = np.maximum(exposed, 0.0)
    rest = 1.0 - SHOULDER
    rolled = SHOULDER + rest * (1.0 - np.exp(-np.maximum(exposed - SHOULDER, 0.0) / rest))
    return np.where(exposed <= SHOULDER, exposed, rolled)


def display_codes(radiance: Floats, exposure_ev: float) -> npt.NDArray[np.uint8]:
    """Scene-linear radiance, any shape, to sRGB-encoded uint8 of the same shape."""
    code = srgb_encode(tone(radiance * 2.0**exposure_ev))
    return np.asarray(code * 255.0 + 0.5).astype(np.uint8)


def display_planes(radiance: F32Rgb, exposure_ev: float) -> U8Planes:
    """A scene-linear picture (h, w, 3) to planar R'G'B' uint8 (3, h, w)."""
    height, width, _ = radiance.shape
    out = np.empty((3, height, width), np.uint8)
    for top in range(0, height, _ROWS_AT_ONCE):
        rows = radiance[top : top + _ROWS_AT_ONCE]
        out[:, top : top + len(rows)] = display_codes(rows, exposure_ev).transpose(2, 0, 1)
    return out


def picture_for(lens: Lens, out: U8Planes | None) -> U8Planes:
    """`out` if it is a picture of the lens's size, or a new one; BadInput if it does not fit."""
    shape = (3, lens.height_px, lens.width_px)
    if out is None:
        return np.empty(shape, np.uint8)
    if out.shape != shape or out.dtype != np.uint8 or not out.flags.c_contiguous:
        raise BadInput(
            f"the picture to render into is {out.dtype} {out.shape}, the lens needs uint8 {shape}"
        )
    return out
