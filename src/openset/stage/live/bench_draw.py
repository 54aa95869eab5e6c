"""The bench's picture: what the camera sees, small enough for a page, with what was found drawn in."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from openset.primitives.image import U8Plane, Yuv420
from openset.primitives.space import F64
from openset.stage.live.monitor import JPEG_QUALITY, MONITOR_WIDTH, bgr_from_yuv420, shrink

GOOD, DOUBT, PLAIN = (147, 209, 99), (51, 194, 255), (230, 230, 230)
"""Colours as OpenCV orders them: the page's green, amber and white."""
_INK = (18, 18, 18)
Bgr = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


class Canvas:
    """One picture to draw on; positions are given in the camera's own pixels."""

    def __init__(self, picture: Yuv420) -> None:
        self.bgr: Bgr = bgr_from_yuv420(shrink(picture, MONITOR_WIDTH))
        self._scale = self.bgr.shape[1] / picture.width

    def outline(self, points_px: F64, colour: tuple[int, int, int]) -> None:
        """A closed line through points (n, 2), dark beside it so that it shows on anything."""
        line = [np.round(points_px * self._scale).astype(np.int32).reshape(-1, 1, 2)]
        cv2.polylines(self.bgr, line, True, _INK, 5, cv2.LINE_AA)
        cv2.polylines(self.bgr, line, True, colour, 3, cv2.LINE_AA)

    def dots(self, points_px: F64, colour: tuple[int, int, int]) -> None:
        """A dot at each of the points (n, 2)."""
        for x, y in np.round(points_px * self._scale).astype(int).tolist():
            cv2.circle(self.bgr, (x, y), 4, _INK, -1, cv2.LINE_AA)
            cv2.circle(self.bgr, (x, y), 3, colour, -1, cv2.LINE_AA)

    def word(self, text: str, at_px: Sequence[float], colour: tuple[int, int, int]) -> None:
        """A few letters, centred."""
        face, size = cv2.FONT_HERSHEY_SIMPLEX, 0.7
        (wide, high), _ = cv2.getTextSize(text, face, size, 2)
        x, y = round(at_px[0] * self._scale - wide / 2), round(at_px[1] * self._scale + high / 2)
        cv2.putText(self.bgr, text, (x, y), face, size, _INK, 5, cv2.LINE_AA)
        cv2.putText(self.bgr, text, (x, y), face, size, colour, 2, cv2.LINE_AA)

    def jpeg(self) -> bytes:
        """The picture, packed."""
        good, data = cv2.imencode(".jpg", self.bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not good:
            raise RuntimeError("JPEG encoder refused the picture")
        return bytes(data)


def whole_luma(picture: Yuv420) -> U8Plane:
    """The picture's luma, contiguous."""
    return np.ascontiguousarray(picture.y)
