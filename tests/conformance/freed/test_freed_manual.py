"""FreeD D1 against the figures printed in its manual (Vinten free-d installation manual 1.4.4, A.3 and
B), and a vector worked out by hand from them."""

from __future__ import annotations

import math

import pytest

from openset.formats.freed import D1, OTHER, FreeDError, checksum, decode, encode

ANGLES = [(-180.0, "a60000"), (180.0, "5a0000"), (-90.0, "d30000"), (90.0, "2d0000"), (0.0, "000000")]
LENGTHS_MM = [
    (-131_072.0, "800000"),
    (131_072.0 - 1 / 64, "7fffff"),
    (1000.0, "00fa00"),
    (-1 / 64, "ffffff"),
]


def packet(pan: str = "000000", x: str = "000000") -> bytes:
    body = bytes.fromhex("d101" + pan + "000000" * 2 + x + "000000" * 4 + "0000")
    return body + bytes((checksum(body),))


@pytest.mark.parametrize(("degrees", "printed"), ANGLES)
def test_the_manuals_angles_are_read_and_written(degrees: float, printed: str) -> None:
    assert decode(packet(pan=printed)).pan_rad == pytest.approx(math.radians(degrees), abs=1e-12)
    assert encode(D1(math.radians(degrees), 0, 0, (0, 0, 0))) == packet(pan=printed)


@pytest.mark.parametrize(("millimetres", "printed"), LENGTHS_MM)
def test_the_manuals_lengths_are_read_and_written(millimetres: float, printed: str) -> None:
    metres = millimetres / 1000
    assert decode(packet(x=printed)).position_m[0] == pytest.approx(metres, abs=1e-12)
    assert encode(D1(0, 0, 0, (metres, 0, 0))) == packet(x=printed)


def test_a_vector_worked_out_by_hand() -> None:
    # 12.5 x 32768 = 0x064000; -3.25 x 32768 = -0x01A000 = 0xFE6000; 0.125 x 32768 = 0x001000.
    # 1000 x 64 = 0x00FA00; -2000.5 x 64 = -128032 = 0xFE0BE0; 1500.25 x 64 = 96016 = 0x017710.
    # The 28 bytes sum to 0x647; 0x40 - 0x47 = 0xF9 in one byte.
    known = bytes.fromhex("d101064000fe600000100000fa00fe0be00177100800000812340000f9")
    assert sum(known[:-1]) == 0x647
    got = decode(known)
    assert (got.camera_id, got.zoom, got.focus, got.user) == (1, 0x080000, 0x081234, 0)
    assert [math.degrees(angle) for angle in got[:3]] == pytest.approx([12.5, -3.25, 0.125])
    assert got.position_m == pytest.approx((1.0, -2.0005, 1.50025))
    assert encode(got) == known


def test_the_manuals_command_to_start_the_stream_is_no_pose() -> None:
    # D0, camera 1, command 01: 0x40 - (0xD0 + 0x01 + 0x01) = 0x6E in one byte.
    with pytest.raises(FreeDError) as caught:
        decode(bytes.fromhex("d001016e"))
    assert caught.value.fault == OTHER
