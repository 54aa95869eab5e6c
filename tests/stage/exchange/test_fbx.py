"""FBX through Blender's own process, and what is said where there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openset.primitives.errors import BadInput, PartMissing
from openset.stage.exchange import fbx
from openset.stage.exchange.model import CameraMove, Options

ASK = """
import json, sys
import bpy
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector
for each in list(bpy.data.objects):
    bpy.data.objects.remove(each)
bpy.ops.import_scene.fbx(filepath=FBX)
camera = next(each for each in bpy.data.objects if each.type == "CAMERA")
scene, out = bpy.context.scene, []
scene.render.resolution_x, scene.render.resolution_y = 1920, 1080
first = int(min(camera.animation_data.action.frame_range))
for step, points in enumerate(json.load(open(POINTS))):
    scene.frame_set(first + step)
    seen = [world_to_camera_view(scene, camera, Vector(point)) for point in points]
    out.append([(one.x * 1920, (1 - one.y) * 1080) for one in seen])
json.dump(out, open(ANSWERS, "w"))
"""


def test_without_a_blender_it_says_what_to_install(
    crane: CameraMove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENSET_BLENDER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PartMissing, match="Install Blender"):
        fbx.write(crane, tmp_path / "a.fbx", Options())
    monkeypatch.setenv("OPENSET_BLENDER", str(tmp_path / "nothing"))
    with pytest.raises(PartMissing, match="no Blender at"):
        fbx.find_blender()


def test_an_offset_that_moves_is_not_promised() -> None:
    # Blender's exporter animates the focal length and focus; film offset and f-stop it does not.
    assert not {"lens.projectionOffset", "lens.fStop"} & fbx.KEEPS
    assert {"pose", "lens.pinholeFocalLength", "lens.focusDistance"} <= fbx.KEEPS


def test_a_python_is_run_as_one_and_a_blender_in_the_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENSET_BLENDER", sys.executable)
    assert fbx.find_blender()[1:] == ["-I"]
    program = tmp_path / "blender"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("OPENSET_BLENDER", str(program))
    assert fbx.find_blender()[1:3] == ["--background", "--factory-startup"]


def test_a_blender_that_fails_is_quoted(
    crane: CameraMove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This Python has no bpy: the script fails at its import.
    monkeypatch.setenv("OPENSET_BLENDER", sys.executable)
    with pytest.raises(BadInput, match="No module named 'bpy'"):
        fbx.write(crane, tmp_path / "a.fbx", Options())


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for Blender")
def test_a_blender_that_hangs_or_writes_nothing_is_told(
    crane: CameraMove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "blender"
    program.write_text("#!/bin/sh\nexec sleep 30\n")
    program.chmod(0o755)
    monkeypatch.setenv("OPENSET_BLENDER", str(program))
    monkeypatch.setattr(fbx, "PATIENCE_S", -0.9)  # and a tenth of a second for each of twelve frames
    with pytest.raises(BadInput, match="did not finish"):
        fbx.write(crane, tmp_path / "a.fbx", Options())
    program.write_text("#!/bin/sh\n")
    monkeypatch.setattr(fbx, "PATIENCE_S", 30.0)
    with pytest.raises(BadInput, match="without writing"):
        fbx.write(crane, tmp_path / "a.fbx", Options())


@pytest.mark.slow
def test_blender_reads_the_fbx_back_and_sees_the_points_where_we_do(
    crane: CameraMove, seen: Any, tmp_path: Path
) -> None:
    try:
        program = fbx.find_blender()
    except PartMissing:
        pytest.skip("no Blender: put blender on the path, or name one in OPENSET_BLENDER")
    path, script = tmp_path / "cra'ne \u00e9.fbx", tmp_path / "ask.py"
    points, answers = tmp_path / "points.json", tmp_path / "answers.json"
    fbx.write(crane, path, Options())
    both = [seen(crane, index) for index in range(12)]
    points.write_text(json.dumps([world.tolist() for world, _ in both]))
    names = {"FBX": path, "POINTS": points, "ANSWERS": answers}
    ask = ASK
    for name, place in names.items():
        ask = ask.replace(name, repr(str(place)))
    script.write_text(ask, encoding="utf-8")
    subprocess.run([*program, str(script)], check=True, capture_output=True, timeout=300)
    for told, (_, pixels) in zip(json.loads(answers.read_text()), both, strict=True):
        assert np.array(told) == pytest.approx(pixels, abs=0.1)
