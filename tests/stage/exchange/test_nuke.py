"""A move through a Nuke script."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openset.formats.faults import FormatError
from openset.formats.nuke_text import listed, nodes
from openset.primitives.space import IDENTITY
from openset.primitives.time import timecode_from_fields
from openset.stage.exchange import nuke
from openset.stage.exchange.loss import lost
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.move import even_times, fields, sample_of, timecodes


def test_all_but_distortion_and_pupil_comes_back(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "crane.nk"
    nuke.write(crane, path, Options())
    read = nuke.read(path, Options())
    gone = lost(fields(crane), fields(read.value))
    assert {name.split("[")[0] for name in gone} == {"lens.distortion", "lens.entrancePupilOffset"}
    assert read.value.rate == Fraction(25)
    assert read.value.size_px == (1920, 1080)
    assert "STMap" in path.read_text()


def test_a_drop_frame_timecode_comes_back(crane: CameraMove, tmp_path: Path) -> None:
    path, rate = tmp_path / "drop.nk", Fraction(30000, 1001)
    start = timecode_from_fields(1, 0, 59, 25, rate, drop_frame=True)
    codes = [start.plus(index) for index in range(12)]
    samples = tuple(
        sample_of(name="a", index=index, time_ns=0, pose=IDENTITY, rate=rate, timecode=code)
        for index, code in enumerate(codes)
    )
    nuke.write(CameraMove("a", samples, even_times(12, rate), rate), path, Options())
    back = timecodes(nuke.read(path, Options()).value)
    # Five frames of the minute's last second, then numbers 0 and 1 are dropped.
    assert [str(code) for code in back[4:6]] == ["01:00:59;29", "01:01:00;02"]
    assert back == codes


def test_a_locked_off_shot_keeps_its_length_and_its_zoom(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "locked.nk"
    still = [{**sample, "transforms": crane.samples[0]["transforms"]} for sample in crane.samples]
    same = [{**sample, "lens": crane.samples[0]["lens"]} for sample in still]
    for samples in (still, same):
        locked = replace(crane, samples=tuple(samples))
        nuke.write(locked, path, Options())
        gone = lost(fields(locked), fields(nuke.read(path, Options()).value))
        assert {name.split("[")[0] for name in gone} == {"lens.distortion", "lens.entrancePupilOffset"}


def test_nuke_sees_the_points_where_we_do(crane: CameraMove, seen: Any, tmp_path: Path) -> None:
    path = tmp_path / "crane.nk"
    nuke.write(crane, path, Options())
    knobs = next(node for node in nodes(path.read_text()) if node.kind == "Camera3").knobs

    def at(knob: str, frame: int) -> list[float]:
        """Channels at a frame, from the text itself."""
        out = []
        for part in listed(knobs[knob]):
            tokens = part.split()
            keyed = tokens[0] == "curve"
            out.append(float(tokens[tokens.index(f"x{frame}") + 1] if keyed else part))
        return out

    for index in range(12):
        world, pixels = seen(crane, index)
        x, y, z = np.radians(at("rotate", index + 1))
        turn = (
            np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
            @ np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
            @ np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
        )
        scene = np.stack([world[:, 0], world[:, 2], -world[:, 1]], axis=1)
        local = (scene - at("translate", index + 1)) @ turn
        (focal,), (wide,), (high,) = (at(k, index + 1) for k in ("focal", "haperture", "vaperture"))
        right, up = at("win_translate", index + 1)
        # The film plane from -1 to 1, less the window's own move; then pixels from the upper left.
        film_x = 2 * focal / wide * local[:, 0] / -local[:, 2] - right
        film_y = 2 * focal / high * local[:, 1] / -local[:, 2] - up
        shown = np.stack([960 * (1 + film_x), 540 * (1 - film_y)], axis=1)
        assert shown == pytest.approx(pixels, abs=1e-3)


def test_frame_numbers_survive_there_and_back(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "crane.nk"
    nuke.write(crane, path, Options())
    path.write_text(path.read_text().replace("translate {{curve x1 ", "translate {{curve x1 "))
    moved = nuke.read(path, Options()).value
    later = [{**s, "openset": {"frame": s["openset"]["frame"] + 1000}} for s in moved.samples]
    nuke.write(replace(moved, samples=tuple(later)), path, Options())
    again = nuke.read(path, Options()).value
    assert [sample["openset"]["frame"] for sample in again.samples] == list(range(1001, 1013))


@pytest.mark.parametrize("data", [b"", b"Grade {\n}", b"\xff\xfe\x00\xd8", b"Camera3 {"])
def test_a_script_without_a_camera_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.nk"
    path.write_bytes(data)
    with pytest.raises(FormatError):
        nuke.read(path, Options())
