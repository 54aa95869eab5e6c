"""Blender scripts run by Blender itself, where there is one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openset.formats.blender_script import numbers_of
from openset.primitives.errors import PartMissing
from openset.stage.exchange import blender
from openset.stage.exchange.fbx import find_blender
from openset.stage.exchange.model import CameraMove, Options

ASK = """
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector
scene, out = bpy.context.scene, []
for frame, points in enumerate(json.load(open(POINTS)), start=scene.frame_start):
    scene.frame_set(frame)
    bpy.context.view_layer.update()
    width, height = scene.render.resolution_x, scene.render.resolution_y
    seen = [world_to_camera_view(scene, camera, Vector(point)) for point in points]
    out.append({
        "pixels": [(one.x * width, (1 - one.y) * height) for one in seen],
        "focus": camera.data.dof.focus_distance, "stop": camera.data.dof.aperture_fstop,
        "lens": camera.data.lens, "fps": scene.render.fps / scene.render.fps_base,
        "matrix": [list(row) for row in camera.matrix_world],
    })
json.dump(out, open(ANSWERS, "w"))
"""


@pytest.fixture(scope="module")
def program() -> list[str]:
    try:
        return find_blender()
    except PartMissing:
        pytest.skip("no Blender: put blender on the path, or name one in OPENSET_BLENDER")


@pytest.mark.slow
def test_blender_sees_the_points_where_we_do(
    program: list[str], crane: CameraMove, seen: Any, tmp_path: Path
) -> None:
    script, points, answers = (tmp_path / name for name in ("crane.py", "points.json", "answers.json"))
    blender.write(crane, script, Options())
    both = [seen(crane, index) for index in range(12)]
    points.write_text(json.dumps([world.tolist() for world, _ in both]))
    ask = ASK.replace("POINTS", repr(str(points))).replace("ANSWERS", repr(str(answers)))
    script.write_bytes(script.read_bytes() + ask.encode())
    subprocess.run([*program, str(script)], check=True, capture_output=True, timeout=300)
    told = json.loads(answers.read_text())
    for index, (world, pixels) in enumerate(both):
        assert len(world) == len(told[index]["pixels"])
        # Blender keeps single precision: a few thousandths of a pixel.
        assert np.array(told[index]["pixels"]) == pytest.approx(pixels, abs=0.02)
        assert told[index]["lens"] == pytest.approx(35.0 + index)
    assert told[0]["fps"] == pytest.approx(25.0)
    assert (told[0]["focus"], told[0]["stop"]) == pytest.approx((2.5, 2.8))


def test_every_frame_with_a_pose_has_a_key(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "crane.blender.py"
    blender.write(crane, path, Options())
    numbers = numbers_of(path.read_bytes())
    assert [key["frame"] for key in numbers["keys"]] == list(range(1, 13))
    assert numbers["size"] == [1920, 1080]
    assert {"pose", "lens.fStop"} <= blender.KEEPS
