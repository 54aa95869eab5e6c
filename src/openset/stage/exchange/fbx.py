"""FBX cameras, made by Blender in a process of its own: no FBX code is part of Openset.

The Blender is that named by OPENSET_BLENDER, a Blender program or a Python that has its module `bpy`,
else `blender` on the path.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from openset.formats.blender_script import KEPT, encode
from openset.primitives.errors import BadInput, PartMissing
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.shot import shot_of

KEEPS: frozenset[str] = frozenset(
    name for name in KEPT if not name.startswith(("lens.fStop", "lens.projectionOffset", "timing."))
)
"""Beginnings of the names of the fields that an FBX camera by Blender says. The axis's offset stands in
it as at the first frame and does not move with the zoom."""

PATIENCE_S = 300.0
"""How long Blender may take, plus a tenth of a second a frame."""

_ENDING = """
for each in bpy.context.scene.objects:
    each.select_set(each is camera)
bpy.ops.export_scene.fbx(
    filepath=json.loads('__PATH__'),
    use_selection=True,
    object_types={"CAMERA"},
    bake_anim=True,
    bake_anim_use_all_bones=False,
    bake_anim_use_nla_strips=False,
    bake_anim_use_all_actions=False,
    bake_anim_step=1.0,
    bake_anim_simplify_factor=0.0,
)
"""


def write(value: CameraMove, path: Path, options: Options) -> None:
    """The move as an FBX camera. Raises PartMissing without a Blender, BadInput where Blender fails."""
    shot = shot_of(value, options)
    blender = find_blender()
    target = json.dumps(str(path.absolute())).replace("\\", "\\\\").replace("'", "\\\\u0027")
    with tempfile.TemporaryDirectory(prefix="openset-fbx-") as folder:
        script = Path(folder) / "camera.py"
        script.write_bytes(encode(shot, ending=_ENDING.replace("__PATH__", target)))
        frames = shot.keys[-1].frame - shot.keys[0].frame + 1
        _run([*blender, str(script)], PATIENCE_S + frames / 10, folder)
    if not path.is_file() or path.stat().st_size == 0:
        raise BadInput(
            "Blender ended without writing the FBX", todo="Write .blender.py and run it in Blender"
        )


def find_blender() -> list[str]:
    """The command that runs a script in Blender, without the script. Raises PartMissing."""
    wanted = os.environ.get("OPENSET_BLENDER", "")
    found = shutil.which(wanted or "blender")
    if found is None:
        raise PartMissing(
            f"no Blender at {wanted}" if wanted else "FBX is written by Blender, and there is none",
            todo="Install Blender (blender.org), or name it in OPENSET_BLENDER, or write .usda instead",
        )
    if "python" in Path(found).name.lower():
        return [found, "-I"]
    return [found, "--background", "--factory-startup", "--python-exit-code", "3", "--python"]


def _run(command: list[str], patience_s: float, folder: str) -> None:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=patience_s,
            check=False,
            cwd=folder,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise BadInput(
            f"Blender did not finish within {patience_s:.0f} seconds", todo="Write .usda instead"
        ) from error
    except OSError as error:
        raise PartMissing(
            f"Blender cannot be started ({error.strerror})", todo="Name another in OPENSET_BLENDER"
        ) from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
        raise BadInput(
            f"Blender failed: {said[-1][:200] if said else f'code {done.returncode}'}",
            todo="Try a newer Blender, or write .usda instead",
        )
