"""The monitor picture: the newest frame as a JPEG, made only while somebody looks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from openset.primitives.image import U8Plane, U8Planes, Yuv420
from openset.stage.live.pipes import Latest

MONITOR_WIDTH = 960
JPEG_QUALITY = 80
VIEWS = ("composite", "plate", "matte", "background")


@dataclass(frozen=True)
class MonitorFrame:
    """The four pictures of one frame; any of them may be shown."""

    plate: Yuv420
    composite: Yuv420
    matte: U8Plane
    background: U8Planes


def bgr_of(frame: MonitorFrame, view: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """One view of a frame as interleaved BGR, uint8 (h, w, 3)."""
    if view == "matte":
        return np.asarray(cv2.cvtColor(frame.matte, cv2.COLOR_GRAY2BGR), np.uint8)
    if view == "background":
        return np.ascontiguousarray(frame.background[::-1].transpose(1, 2, 0))
    picture = frame.plate if view == "plate" else frame.composite
    return bgr_from_yuv420(picture)


def bgr_from_yuv420(picture: Yuv420) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """BT.709 limited 4:2:0 to interleaved BGR uint8 (OpenCV's own conversion is BT.601)."""
    size = (picture.width, picture.height)
    y = (picture.y.astype(np.float32) - 16.0) * np.float32(255 / 219)
    u = (cv2.resize(picture.u, size).astype(np.float32) - 128.0) * np.float32(255 / 224)
    v = (cv2.resize(picture.v, size).astype(np.float32) - 128.0) * np.float32(255 / 224)
    b = y + np.float32(1.8556) * u
    g = y - np.float32(0.187324) * u - np.float32(0.468124) * v
    r = y + np.float32(1.5748) * v
    return np.asarray(cv2.merge([cv2.convertScaleAbs(np.maximum(c, 0)) for c in (b, g, r)]), np.uint8)


def shrink(picture: Yuv420, width: int) -> Yuv420:
    """The picture at most `width` pixels wide, even-sized; the same object when it is small enough."""
    if picture.width <= width:
        return picture
    height = round(picture.height * width / picture.width / 2) * 2
    return Yuv420(
        np.asarray(cv2.resize(picture.y, (width, height), interpolation=cv2.INTER_AREA), np.uint8),
        np.asarray(
            cv2.resize(picture.u, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8
        ),
        np.asarray(
            cv2.resize(picture.v, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8
        ),
    )


def jpeg_of(frame: MonitorFrame, view: str) -> bytes:
    """One view of a frame as a JPEG at most MONITOR_WIDTH wide."""
    if view in ("composite", "plate"):
        picture = frame.composite if view == "composite" else frame.plate
        bgr = bgr_from_yuv420(shrink(picture, MONITOR_WIDTH))
    else:
        bgr = bgr_of(frame, view)
        if bgr.shape[1] > MONITOR_WIDTH:
            height = round(bgr.shape[0] * MONITOR_WIDTH / bgr.shape[1])
            bgr = np.asarray(
                cv2.resize(bgr, (MONITOR_WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8
            )
    ok, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not ok:
        raise RuntimeError("JPEG encoder refused the picture")
    return bytes(data)


class Monitor(threading.Thread):
    """Encodes the newest frame for whoever listens; the loop never waits for it."""

    def __init__(self, publish: Callable[[bytes], None], wanted: Callable[[], bool]) -> None:
        super().__init__(name="monitor", daemon=True)
        self.latest: Latest[MonitorFrame] = Latest()
        self.view = "composite"
        self._publish, self._wanted = publish, wanted
        self._ending = threading.Event()

    def run(self) -> None:
        """Encode until stopped."""
        while not self._ending.is_set():
            frame = self.latest.take(timeout_s=0.25)
            if frame is not None and self._wanted():
                self._publish(jpeg_of(frame, self.view))

    def stop(self) -> None:
        """End the thread."""
        self._ending.set()
        if self.is_alive():
            self.join(2.0)
