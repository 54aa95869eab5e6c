"""Pictures as planes: the array types every link of the chain hands on.

Planes stay planar and C-contiguous from the decoder to the encoder; nothing here converts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

U8Plane = npt.NDArray[np.uint8]  # (height, width)
U8Planes = npt.NDArray[np.uint8]  # (3, height, width): R, G, B, display-encoded
F32Plane = npt.NDArray[np.float32]  # (height, width)
F32Planes = npt.NDArray[np.float32]  # (3, height, width)
F32Rgb = npt.NDArray[np.float32]  # (height, width, 3): scene-linear, for panoramas and textures


@dataclass(frozen=True)
class Yuv420:
    """One 8-bit 4:2:0 picture, BT.709 matrix, limited range: y (h, w), u and v (h/2, w/2).

    Chroma is sited left (MPEG-2 / H.264 default). Width and height are even.
    """

    y: U8Plane
    u: U8Plane
    v: U8Plane

    @property
    def width(self) -> int:
        """Picture width in pixels."""
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        """Picture height in pixels."""
        return int(self.y.shape[0])


def empty_yuv420(width: int, height: int) -> Yuv420:
    """A new 4:2:0 picture of even size, its planes not yet written."""
    if width % 2 or height % 2:
        raise ValueError(f"4:2:0 needs an even size, not {width}x{height}")
    return Yuv420(
        y=np.empty((height, width), np.uint8),
        u=np.empty((height // 2, width // 2), np.uint8),
        v=np.empty((height // 2, width // 2), np.uint8),
    )
