"""A real ARRI Meta Extract table: 500 frames of an ALEXA LF with a Signature Prime, focus being pulled.

The expected values were read off the file by eye.
"""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import pytest

from openset.formats.arri_csv import read
from openset.formats.camera_metadata import Metadata
from openset.formats.opentrackio import validate
from openset.stage.exchange import camera_metadata
from openset.stage.exchange.model import Options
from openset.stage.exchange.move import lens_reports, pupil_poses, timecodes
from openset.stage.exchange.registry import HEAD_BYTES, told


@pytest.fixture(scope="module")
def table(shared_data: Path) -> Path:
    return shared_data / "camera" / "arri_B001C001_180327_R1ZA.csv"


@pytest.fixture(scope="module")
def clip(table: Path) -> Metadata:
    with table.open("rb") as stream:
        return read(stream)


def test_every_row_is_a_frame(clip: Metadata) -> None:
    assert (len(clip.frames), clip.skipped, clip.faults) == (500, 0, ())
    assert [frame.number for frame in clip.frames] == list(range(500))


def test_the_first_and_the_last_frame_are_as_printed(clip: Metadata) -> None:
    first, last = clip.frames[0], clip.frames[-1]
    assert (first.clock, last.clock) == ((13, 36, 49, 7, False), (13, 37, 10, 2, False))
    assert (first.focus_distance_m, last.focus_distance_m) == (4.812, 3.056)
    assert {frame.focal_length_mm for frame in clip.frames} == {40.0}
    # Linear iris 2667: T = 2**(1.667 / 2) = 1.782; the ring is engraved T1.8.
    assert {round(frame.t_stop or 0, 3) for frame in clip.frames} == {1.782}
    assert (first.raw_encoders, last.raw_encoders) == ((777, 16, None), (1220, 16, None))
    # 777 between 8 and 11558: 769 / 11550.
    assert first.encoders[0] == pytest.approx(769 / 11550)


def test_the_level_has_no_tilt_and_a_roll(clip: Metadata) -> None:
    assert {frame.tilt_rad for frame in clip.frames} == {None}
    assert {round(math.degrees(frame.roll_rad or 0), 3) for frame in clip.frames} == {-0.1}


def test_its_timecode_runs_without_a_gap_and_agrees_with_its_count(clip: Metadata) -> None:
    codes = [frame.clock.at(Fraction(24)) for frame in clip.frames if frame.clock]
    counts = [code.frame_count for code in codes if code]
    # "Master TC Frame Count" begins at 1176223: ((13 x 60 + 36) x 60 + 49) x 24 + 7.
    assert counts == list(range(1176223, 1176723))


def test_the_clip_is_told(clip: Metadata) -> None:
    found = clip.clip
    assert (found.camera_model, found.camera_serial, found.camera_label) == (
        "Alexa LF Plus W", "2566", "B",
    )  # fmt: skip
    assert (found.lens_model, found.lens_serial) == ("ARRI SP40 T1.8", "2")
    assert (found.rate, found.capture_rate, found.iso) == (Fraction(24), Fraction(24), 400)
    # 3840 x 2160 photosites of 8.25 um, scaled to 1920 x 1080 by the camera.
    assert found.sensor_mm == pytest.approx((31.68, 17.82))
    assert found.size_px == (1920, 1080)
    assert math.degrees(found.shutter_angle_rad or 0) == pytest.approx(172.8)


def test_it_is_known_by_its_head_and_becomes_a_valid_move(table: Path) -> None:
    with table.open("rb") as stream:
        assert told(table.name, stream.read(HEAD_BYTES)).name == "arri-csv"
    found = camera_metadata.read(table, Options(format="arri-csv"))
    move = found.value
    assert (len(move.samples), found.skipped, move.rate) == (500, 0, 24)
    assert [trouble for sample in move.samples for trouble in validate(sample)] == []
    assert move.times_ns[-1] == 20_791_666_666  # 499 / 24 s
    assert set(pupil_poses(move)) == {None}
    assert [str(code) for code in timecodes(move)][::499] == ["13:36:49:07", "13:37:10:02"]
    last = lens_reports(move)[-1]
    assert last is not None
    assert (last.focus_distance_m, last.sensor_width_mm) == (3.056, pytest.approx(31.68))
    assert {"White Balance", "Camera Tilt", "Camera Roll"} <= set(found.unheld)
