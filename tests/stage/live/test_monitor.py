"""The monitor picture."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from openset.primitives.colour import rgb_from_yuv420, yuv420_from_rgb
from openset.stage.live.monitor import (
    MONITOR_WIDTH,
    Monitor,
    MonitorFrame,
    bgr_from_yuv420,
    jpeg_of,
)


def frame_of(width: int = 320, height: int = 180) -> MonitorFrame:
    """Four flat pictures that cannot be mistaken for one another."""

    def flat(rgb: tuple[int, int, int]) -> np.ndarray:
        return np.broadcast_to(np.array(rgb, np.uint8)[:, None, None], (3, height, width)).copy()

    return MonitorFrame(
        plate=yuv420_from_rgb(flat((40, 180, 60))),
        composite=yuv420_from_rgb(flat((200, 90, 30))),
        matte=np.full((height, width), 128, np.uint8),
        background=flat((10, 20, 220)),
    )


@pytest.mark.parametrize(
    ("view", "rgb"),
    [
        ("plate", (40, 180, 60)),
        ("composite", (200, 90, 30)),
        ("matte", (128, 128, 128)),
        ("background", (10, 20, 220)),
    ],
)
def test_each_view_shows_its_own_picture_in_its_own_colour(
    view: str, rgb: tuple[int, int, int]
) -> None:
    data = np.frombuffer(jpeg_of(frame_of(), view), np.uint8)
    bgr = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert np.abs(bgr[90, 160].astype(int)[::-1] - rgb).max() <= 6


def test_the_fast_conversion_agrees_with_the_plain_one_on_a_smooth_picture() -> None:
    ramp = np.linspace(20, 230, 64, dtype=np.float32)
    rgb = np.stack(
        [np.tile(ramp, (36, 1)), np.tile(ramp[::-1], (36, 1)), np.full((36, 64), 120.0)]
    ).astype(np.uint8)
    picture = yuv420_from_rgb(rgb)
    fast = bgr_from_yuv420(picture)[..., ::-1].transpose(2, 0, 1).astype(int)
    assert np.abs(fast - rgb_from_yuv420(picture).astype(int))[:, 2:-2, 4:-4].max() <= 6


def test_a_wide_picture_is_made_small_for_the_network() -> None:
    data = np.frombuffer(jpeg_of(frame_of(1920, 1080), "composite"), np.uint8)
    assert cv2.imdecode(data, cv2.IMREAD_COLOR).shape == (540, MONITOR_WIDTH, 3)


def test_nothing_is_encoded_while_nobody_looks() -> None:
    shown: list[bytes] = []
    looking = threading.Event()
    arrived = threading.Event()

    def publish(jpeg: bytes) -> None:
        shown.append(jpeg)
        arrived.set()

    monitor = Monitor(publish, looking.is_set)
    monitor.start()
    monitor.latest.put(frame_of())
    assert not arrived.wait(0.3)
    looking.set()
    monitor.latest.put(frame_of())
    assert arrived.wait(5.0)
    monitor.stop()
    assert len(shown) == 1
