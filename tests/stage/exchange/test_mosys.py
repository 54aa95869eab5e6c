"""F4 recordings as moves: samples that the standard allows, and where broken packets stood."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import pytest

from openset.formats.faults import FormatError
from openset.formats.opentrackio import validate
from openset.stage.exchange import mosys
from openset.stage.exchange.model import Options
from openset.stage.exchange.move import lens_reports, pupil_poses


def packet(x_m: float, frame: int | None = None, fx_px: float | None = 1920.0) -> bytes:
    """A packet at x, upright and level, with timecode 10:00:00:frame at 25."""
    whole = {0x01: 0, 0x02: 0, 0x13: 0, 0x05: round(x_m * 100_000), 0x06: 0, 0x07: 120_000, 0x03: 777}
    fields = [bytes((name, 0)) + value.to_bytes(3, "big", signed=True) for name, value in whole.items()]
    if fx_px is not None:
        fields += [bytes((0x53,)) + struct.pack(">f", fx_px), bytes((0x50,)) + struct.pack(">f", 0.125)]
    if frame is not None:
        fields.append(b"\xf8\x20" + (10 << 18 | frame).to_bytes(3, "big"))
    body = bytes((0xF4, 2, len(fields), 0x33)) + b"".join(fields)
    return body + bytes(((0x40 - sum(body)) & 0xFF,))


def written(folder: Path, data: bytes) -> Path:
    path = folder / "A003.f4"
    path.write_bytes(data)
    return path


def test_a_recording_is_a_valid_move(tmp_path: Path) -> None:
    path = written(tmp_path, packet(1.0, 3) + packet(1.5, 4) + packet(2.0, 7))
    found = mosys.read(path, Options(sensor_width_mm=24.0))
    move = found.value
    assert [trouble for sample in move.samples for trouble in validate(sample)] == []
    assert (move.name, move.rate, move.times_ns) == ("A003", 25, (0, 40_000_000, 160_000_000))
    # The pupil stands 0.125 m before the sensor, which looks along +Y.
    assert [pose.position_m for pose in pupil_poses(move)] == [
        pytest.approx((x, 0.125, 1.2)) for x in (1.0, 1.5, 2.0)
    ]
    report = lens_reports(move)[0]
    assert report is not None
    assert (report.focal_length_mm, report.sensor_width_mm) == (24.0, 24.0)
    first = move.samples[0]
    assert first["lens"]["rawEncoders"] == {"focus": 777}
    assert first["tracker"]["recording"] is True
    assert first["timing"]["synchronization"] == {"source": "genlock", "locked": True}
    assert first["static"]["camera"]["label"] == "2"
    assert (found.skipped, found.faults) == (0, ())


def test_a_broken_packet_is_told_with_its_byte(tmp_path: Path) -> None:
    good = packet(1.0, 3)
    torn = packet(1.0, 4)[:-1] + b"\0"
    found = mosys.read(written(tmp_path, good + torn + packet(1.0, 5)), Options(sensor_width_mm=24.0))
    assert (len(found.value.samples), found.skipped) == (2, 1)
    assert found.faults == (f"byte {len(good)}: the checksum does not hold",)


def test_what_stands_in_for_the_sensor_and_the_rate_is_told(tmp_path: Path) -> None:
    found = mosys.read(written(tmp_path, packet(1.0) + packet(2.0)), Options())
    assert found.value.rate == 25
    assert found.faults == (
        "no timecode in the recording: taken for 25 frames a second; --rate says another",
        "sensor taken for 36 mm wide, its angles hold; --sensor-mm",
    )
    assert mosys.read(written(tmp_path, packet(1.0)), Options(rate=Fraction(30))).value.rate == 30


def test_a_recording_without_a_lens_says_nothing_of_it(tmp_path: Path) -> None:
    found = mosys.read(written(tmp_path, packet(1.0, 3, fx_px=None)), Options())
    assert lens_reports(found.value) == [None]
    assert found.faults == ()


@pytest.mark.parametrize("data", [b"", b"\xf4", bytes(500)])
def test_a_file_without_a_pose_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(FormatError, match="no packet with a pose"):
        mosys.read(written(tmp_path, data), Options())


def test_a_file_larger_than_any_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.f4"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)  # a sparse file: it takes no room
    with pytest.raises(FormatError, match="512 MB"):
        mosys.read(path, Options())
