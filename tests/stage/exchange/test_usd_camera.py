"""USD cameras, there and back, of any unit and up axis; and stages that are broken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom

from openset.formats.faults import FormatError
from openset.formats.opentrackio import validate
from openset.primitives.errors import BadInput
from openset.stage.exchange import usd_camera
from openset.stage.exchange.loss import lost
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.move import fields, lens_reports, pupil_poses

Seen = Callable[[CameraMove, int], tuple[np.ndarray, np.ndarray]]


@pytest.mark.parametrize("suffix", ["usda", "usdc", "usd"])
def test_a_move_loses_nothing(crane: CameraMove, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"crane.{suffix}"
    usd_camera.write(crane, path, Options())
    read = usd_camera.read(path, Options())
    assert lost(fields(crane), fields(read.value)) == []
    assert (read.skipped, read.faults, read.unheld) == (0, (), ())
    assert (read.value.rate, read.value.size_px) == (Fraction(25), (1920, 1080))
    assert not any(validate(sample) for sample in read.value.samples)


def test_usd_itself_sees_the_points_where_we_do(crane: CameraMove, seen: Seen, tmp_path: Path) -> None:
    path = tmp_path / "crane.usdc"
    usd_camera.write(crane, path, Options())
    stage = Usd.Stage.Open(str(path))
    camera = UsdGeom.Camera.Get(stage, usd_camera.CAMERA_PATH)
    for index in range(12):
        world, pixels = seen(crane, index)
        frustum = camera.GetCamera(float(index + 1)).frustum
        matrix = frustum.ComputeViewMatrix() * frustum.ComputeProjectionMatrix()
        # USD's own projection: centimetres in, -1 to 1 out, y up.
        film = [matrix.Transform(Gf.Vec3d(*point)) for point in (world * 100.0).tolist()]
        shown = [(960 * (1 + x), 540 * (1 - y)) for x, y, _ in film]
        assert np.array(shown) == pytest.approx(pixels, abs=5e-3)


def test_lost_frames_and_frames_without_a_pose_or_lens_stay_so(
    crane: CameraMove, tmp_path: Path
) -> None:
    def without(sample: dict[str, Any], *names: str) -> dict[str, Any]:
        return {key: value for key, value in sample.items() if key not in names}

    kept = [0, 1, 4, 5, 6, 11]
    samples = [crane.samples[index] for index in kept]
    samples[0] = without(samples[0], "lens")
    samples[2] = without(samples[2], "transforms")
    move = replace(
        crane, samples=tuple(samples), times_ns=tuple(crane.times_ns[index] for index in kept)
    )
    path = tmp_path / "crane.usda"
    usd_camera.write(move, path, Options())
    again = usd_camera.read(path, Options()).value
    assert again.times_ns == move.times_ns
    assert pupil_poses(again)[2] is None
    first = lens_reports(again)[0]
    assert first is None or first.focal_length_mm is None
    assert lost(fields(move), fields(again)) == []


def test_jittering_times_are_kept(crane: CameraMove, tmp_path: Path) -> None:
    move = replace(crane, times_ns=tuple(time + (time // 7) % 900_000 for time in crane.times_ns))
    path = tmp_path / "crane.usda"
    usd_camera.write(move, path, Options())
    again = usd_camera.read(path, Options()).value
    assert np.abs(np.subtract(again.times_ns, move.times_ns)).max() < 1000


def test_a_move_without_a_pose_is_refused(crane: CameraMove, tmp_path: Path) -> None:
    samples = tuple({**sample, "transforms": []} for sample in crane.samples)
    with pytest.raises(BadInput, match="no pose"):
        usd_camera.write(replace(crane, samples=samples), tmp_path / "a.usda", Options())


BROKEN = {
    "not usd": "hello",
    "cut off": "#usda 1.0\ndef Camera",
    "empty": "#usda 1.0\n",
    "no unit": '#usda 1.0\n(metersPerUnit = 0)\ndef Camera "C" {}',
    "no rate": '#usda 1.0\n(timeCodesPerSecond = -1)\ndef Camera "C" {}',
    "orthographic": '#usda 1.0\ndef Camera "C" { token projection = "orthographic"\n}',
    "missing reference": '#usda 1.0\ndef "A" (references = @./gone.usda@) {}',
    "reference to itself": (
        '#usda 1.0\ndef "A" (references = </A/B>) {\n def "B" (references = </A>) {}\n}'
    ),
    "mirrored": (
        '#usda 1.0\ndef Camera "C" { double3 xformOp:scale = (-1, 1, 1)\n'
        'uniform token[] xformOpOrder = ["xformOp:scale"]\n}'
    ),
    "keys apart": (
        '#usda 1.0\ndef Camera "C" { float focalLength.timeSamples = {0: 35, 900000000: 40}\n}'
    ),
    "too far": (
        '#usda 1.0\ndef Camera "C" { double3 xformOp:translate = (1e30, 0, 0)\n'
        'uniform token[] xformOpOrder = ["xformOp:translate"]\n}'
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_stage_is_one_named_fault(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.usda"
    path.write_text(BROKEN[name])
    with pytest.raises(FormatError) as caught:
        usd_camera.read(path, Options())
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_missing_reference_beside_the_camera_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.usda"
    path.write_text('#usda 1.0\ndef "Set" (references = @./gone.usda@) {}\ndef Camera "C" {}')
    read = usd_camera.read(path, Options())
    assert len(read.value.samples) == 1
    assert "gone.usda" in read.faults[0]


@pytest.mark.parametrize("damage", range(40))
def test_a_damaged_binary_stage_never_brings_the_program_down(
    crane: CameraMove, tmp_path: Path, damage: int
) -> None:
    path = tmp_path / "a.usdc"
    usd_camera.write(crane, path, Options())
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(damage)
    for at in rng.integers(0, len(data), 5):
        data[at] = int(rng.integers(0, 256))
    path.write_bytes(bytes(data[: int(rng.integers(1, len(data) + 1))] if damage % 2 else data))
    with suppress(FormatError):
        usd_camera.read(path, Options())
