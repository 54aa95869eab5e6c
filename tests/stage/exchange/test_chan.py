"""A move through a channel file."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openset.formats.chan import decode
from openset.formats.faults import FormatError
from openset.stage.exchange import chan
from openset.stage.exchange.loss import lost
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.move import fields


def test_place_angles_view_and_time_come_back(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "crane.chan"
    chan.write(crane, path, Options())
    read = chan.read(path, Options(rate=Fraction(25)))
    gone = lost(fields(crane), fields(read.value))
    assert not {"pose", "time", "field of view", "lens.pinholeFocalLength"} & set(gone)
    assert "lens.projectionOffset" in gone


def test_a_file_of_frames_needs_a_rate(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "crane.chan"
    chan.write(crane, path, Options())
    with pytest.raises(FormatError, match="--rate"):
        chan.read(path, Options())


def test_a_sensor_that_is_assumed_is_told(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "crane.chan"
    chan.write(crane, path, Options())
    assert chan.read(path, Options(rate=Fraction(25))).faults == (
        "sensor taken for 36 mm wide, its angles hold; --sensor-mm",
    )
    told = chan.read(path, Options(rate=Fraction(25), sensor_width_mm=24.0))
    assert (told.faults, told.skipped) == ((), 0)
    path.write_text("1 0 0 0 0 0 0\n")
    assert chan.read(path, Options()).faults == ()


def test_a_file_too_large_is_not_read(
    crane: CameraMove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "crane.chan"
    chan.write(crane, path, Options())
    monkeypatch.setattr(chan, "LARGEST", 100)
    with pytest.raises(FormatError, match="larger than"):
        chan.read(path, Options(rate=Fraction(25)))


def test_nuke_sees_the_points_above_and_below_where_we_do(
    crane: CameraMove, seen: Any, tmp_path: Path
) -> None:
    path = tmp_path / "crane.chan"
    chan.write(crane, path, Options())
    for index, row in enumerate(decode(path.read_bytes()).rows):
        world, pixels = seen(crane, index)
        # Nuke's rules, by hand: Y up, ZXY, the field of view of 1080 lines about the picture's middle.
        x, y, z = np.radians(row.rotate_deg)
        turn = (
            np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
            @ np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
            @ np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
        )
        nuke = world @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]).T
        local = (nuke - row.translate) @ turn
        assert row.fov_deg is not None
        lines = 540 / math.tan(math.radians(row.fov_deg) / 2)
        shown = [960, 540] + lines * local[:, :2] * [1, -1] / -local[:, 2:]
        # A channel file cannot say that the axis is 0.3 mm right and 0.2 mm up: 16 and 10.67 px.
        assert np.add(shown, [16.0, -10.666667]) == pytest.approx(pixels, abs=1e-3)
