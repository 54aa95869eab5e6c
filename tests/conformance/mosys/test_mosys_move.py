"""The real Mo-Sys recording as a camera move."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.formats import mosys_f4
from openset.formats.opentrackio import validate
from openset.stage.exchange import freed, mosys
from openset.stage.exchange.model import Options, Read
from openset.stage.exchange.move import pupil_poses, timecodes


@pytest.fixture(scope="module")
def recording(shared_data: Path) -> Path:
    return shared_data / "tracking" / "mosys_A003_C001.f4"


@pytest.fixture(scope="module")
def found(recording: Path) -> Read:
    return mosys.read(recording, Options())


def test_every_frame_is_a_valid_sample(found: Read) -> None:
    assert (len(found.value.samples), found.skipped, found.value.rate) == (1497, 0, 25)
    assert [trouble for sample in found.value.samples for trouble in validate(sample)] == []


def test_its_frames_stand_where_their_timecode_says(found: Read) -> None:
    assert found.value.times_ns[-1] == 1496 * 40_000_000
    assert [str(code) for code in timecodes(found.value)][::1496] == ["15:03:47:02", "15:04:46:23"]


def test_an_entrance_pupil_is_told_in_metres(found: Read) -> None:
    """The reference reader makes 149.9 m of it."""
    assert found.value.samples[0]["lens"]["entrancePupilOffset"] == pytest.approx(0.1499, abs=1e-4)


def test_a_torn_recording_keeps_every_whole_packet(recording: Path, tmp_path: Path) -> None:
    data = bytearray(recording.read_bytes())
    size = mosys_f4.packet_size(bytes(data[:3]))
    assert len(data) == 1497 * size
    for packet in range(100, 1400, 100):
        data[packet * size + 12] ^= 0xFF
    torn = tmp_path / "torn.f4"
    torn.write_bytes(data[:-7])
    found = mosys.read(torn, Options())
    assert (len(found.value.samples), found.skipped) == (1497 - 13 - 1, 14)
    assert found.faults[1] == f"byte {100 * size}: the checksum does not hold"
    # The timecode leaves a gap where a packet is missing.
    assert found.value.times_ns[100] - found.value.times_ns[99] == 80_000_000


def test_it_survives_freed_within_freed_s_steps(found: Read, tmp_path: Path) -> None:
    dump = tmp_path / "move.freed"
    freed.write(found.value, dump, Options())
    assert dump.stat().st_size == 1497 * 29
    back = freed.read(dump, Options(rate=Fraction(25)))
    before = np.array([pose.position_m for pose in pupil_poses(found.value) if pose])
    after = np.array([pose.position_m for pose in pupil_poses(back.value) if pose])
    # A step is 1/64 mm, so rounding is within half of one: 7.8 um.
    assert float(np.abs(before - after).max()) <= 0.0000079
