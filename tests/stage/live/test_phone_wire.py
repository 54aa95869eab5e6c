"""What a phone's page may say, and everything else a network may: refused by name, never a crash."""

from __future__ import annotations

import contextlib
import json
import struct
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.stage.live.phone_wire import (
    FRAME,
    MOST_MOTION,
    Frame,
    Motion,
    WireFault,
    jpeg_size,
    numbers,
    read_message,
    read_text,
    time_ms,
)


def jpeg(width: int = 640, height: int = 360) -> bytes:
    return bytes(cv2.imencode(".jpg", np.full((height, width), 90, np.uint8))[1].tobytes())


def frame(picture: bytes, size: tuple[int, int] = (640, 360), captured: float = 1000.0) -> bytes:
    return FRAME.pack(b"OPF1", 7, captured, 1020.0, *size, 1) + picture


def motion(readings: list[tuple[float, ...]], count: int | None = None) -> bytes:
    body = b"".join(struct.pack("<d6f", *each) for each in readings)
    return struct.pack("<4sI", b"OPM1", len(readings) if count is None else count) + body


ONE = (1000.0, 0.1, 0.2, 0.3, 1.0, 2.0, 3.0)


def test_a_picture_comes_as_it_was_sent() -> None:
    read = read_message(frame(jpeg()))
    assert isinstance(read, Frame)
    assert (read.number, read.captured_ms, read.sent_ms, read.camera_time) == (7, 1000.0, 1020.0, True)
    assert (read.width_px, read.height_px, read.jpeg) == (640, 360, jpeg())


def test_readings_come_as_they_were_sent() -> None:
    read = read_message(motion([ONE, (1010.0, *ONE[1:])]))
    assert isinstance(read, Motion)
    assert read.ms.tolist() == [1000.0, 1010.0]
    assert np.allclose(read.turn[0], ONE[1:4])
    assert np.allclose(read.push[1], ONE[4:])


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "neither picture nor motion"),
        (b"GIF89a", "neither picture nor motion"),
        (frame(b""), "picture cut short"),
        (frame(jpeg(), (640, 480)), "picture is not the size it says"),
        (frame(b"\xff\xd8\xff\xda not a picture"), "picture is not the size it says"),
        (frame(jpeg(32, 32), (32, 32)), "picture of a size that is not taken"),
        (frame(jpeg(2048, 64), (2048, 64)), "picture of a size that is not taken"),
        (frame(jpeg(), captured=float("nan")), "picture without a time"),
        (frame(jpeg(), captured=-1.0), "picture without a time"),
        (frame(jpeg() + bytes(3_000_000)), "too long"),
        (motion([]), "motion cut short"),
        (motion([ONE], 2), "motion cut short"),
        (motion([ONE] * (MOST_MOTION + 1)), "motion cut short"),
        (motion([(float("inf"), *ONE[1:])]), "motion out of bounds"),
        (motion([(1000.0, float("nan"), *ONE[2:])]), "motion out of bounds"),
        (motion([(1000.0, 1e6, *ONE[2:])]), "motion out of bounds"),
        (b"OPM1", "motion cut short"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(data: bytes, fault: str) -> None:
    with pytest.raises(WireFault, match=fault):
        read_message(data)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"OPF1", b"OPM1", FRAME.pack(b"OPF1", 1, 1, 1, 64, 64, 0)]),
)
def test_any_bytes_are_read_or_refused(data: bytes, head: bytes) -> None:
    with contextlib.suppress(WireFault):
        read_message(head + data)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"type": "roll"}', '{"type": 1}', "{" * 3000, " " * 5000, '{"type": ["ping"]}'],
)
def test_text_that_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(WireFault):
        read_text(text)


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), st.lists, max_leaves=5)
)
def test_numbers_are_numbers_or_refused(value: Any) -> None:
    try:
        found = numbers({"type": "xr", "p": value}, "p", 3)
    except WireFault:
        return
    assert len(found) == 3
    assert all(abs(each) <= 1e6 for each in found)


def test_a_moment_is_after_nought() -> None:
    assert time_ms(read_text(json.dumps({"type": "ping", "ms": 12.5}))) == 12.5
    for wrong in (0, -1, 1e20, "12", None, True):
        with pytest.raises(WireFault):
            time_ms({"type": "ping", "ms": wrong})


@pytest.mark.parametrize("size", [(640, 360), (65, 1000)])
def test_a_jpegs_size_is_read_without_decoding_it(size: tuple[int, int]) -> None:
    assert jpeg_size(jpeg(*size)) == size
    assert jpeg_size(jpeg(*size)[:20]) is None
    assert jpeg_size(b"\xff\xd8" + b"\xff" * 50) is None


@pytest.mark.parametrize("marker", [b"\xff\x00", b"\xff\x01", b"\xff\xd0", b"\xff\xd8", b"\xff\xd9"])
def test_a_frame_header_that_only_the_decoder_would_find_is_refused(marker: bytes) -> None:
    """A marker without a length: who takes the next two bytes for one leaps over the true header, which
    says 30000 x 30000, to one that says 640 x 360. The decoder took 20 s and 1.8 GB for it."""
    picture = jpeg()
    at = picture.index(b"\xff\xc0")
    header = picture[at : at + 2 + int.from_bytes(picture[at + 2 : at + 4], "big")]
    huge = header[:5] + (30000).to_bytes(2, "big") * 2 + header[9:]
    true = picture[2:].replace(header, huge)
    hiding = b"\xff\xd8" + marker + (len(true) + 2).to_bytes(2, "big") + true + header + bytes(9)
    assert jpeg_size(hiding) is None
    with pytest.raises(WireFault, match="not the size"):
        read_message(frame(hiding))


def test_a_picture_that_is_to_be_decoded_a_thousand_times_over_is_refused() -> None:
    black = np.zeros((360, 640), np.uint8)
    progressive = cv2.imencode(".jpg", black, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert isinstance(read_message(frame(progressive)), Frame)
    scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    with pytest.raises(WireFault, match="scans"):
        read_message(frame(progressive[:-2] + scan * 1000 + b"\xff\xd9"))


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-" + "9" * 4000, "1e999", "NaN"])
def test_a_number_too_large_for_a_float_is_refused_by_name(number: str) -> None:
    said = read_text(f'{{"type": "ping", "ms": {number}}}')
    with pytest.raises(WireFault, match="ping without ms"):
        time_ms(said)
