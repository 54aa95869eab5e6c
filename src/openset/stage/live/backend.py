"""Which back end draws the set on this machine, and the panorama that the cpu draws from, kept once it
is baked."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable

import numpy as np

from openset.primitives.errors import NoAdapter, OpensetError
from openset.primitives.image import F32Rgb
from openset.stage.render.bake import Sharp, bake_panorama
from openset.stage.render.panorama import PanoramaRenderer
from openset.stage.render.vantage import Vantage
from openset.stage.render.view import Renderer
from openset.stage.scene.model import Scene
from openset.store.files import hash_file, make_folder, write_atomic
from openset.store.home import openset_home
from openset.store.production import Production, set_file

PANORAMA_PER_PICTURE = 4
"""A panorama's width in picture widths: a 50 degree lens then sees half the picture's own detail."""
EYE_STEP_M = 0.02
HALF_MOST = 65504.0
"""The brightest a kept bake can be: above it a 16-bit float is infinite."""

Say = Callable[[str], None]


def open_renderer(
    production: Production,
    scene: Scene,
    set_name: str,
    backend: str,
    vantage: Vantage,
    *,
    realtime: bool,
    size: tuple[int, int],
    say: Say,
) -> Renderer:
    """The back end for this machine and this set.

    `auto` takes a real graphics adapter for anything, a software one only when nothing waits in real
    time, and the cpu back end otherwise. Raises NoAdapter when `gpu` is asked for and there is none.
    """
    if backend in ("auto", "gpu"):
        from openset.stage.render.gpu import GpuRenderer, adapters

        found = adapters()
        usable = [a for a in found if backend == "gpu" or a.kind == "gpu" or not realtime]
        if usable:
            say(f"drawing on {usable[0].name}")
            if usable[0].kind == "software":
                say("  in software: a few frames a second; --backend cpu is many times faster")
            return GpuRenderer(
                scene, *size, adapter=usable[0], progress=_quarters(say, "lighting the set")
            )
        if backend == "gpu":
            raise NoAdapter(
                "no Vulkan, Metal or D3D12 adapter",
                todo="Install a graphics driver (Debian: mesa-vulkan-drivers), or use --backend cpu",
            )
    if not scene.meshes and scene.dome is not None:
        return PanoramaRenderer(scene.dome, scene.exposure_ev)
    return PanoramaRenderer(
        baked_panorama(production, scene, set_name, vantage, PANORAMA_PER_PICTURE * size[0], say),
        scene.exposure_ev,
    )


def baked_panorama(
    production: Production, scene: Scene, set_name: str, vantage: Vantage, width: int, say: Say
) -> F32Rgb:
    """The set seen all around from one eye, float32 (h, 2h, 3): sharp where the eye looks, a quarter as
    sharp elsewhere; baked once, then kept in the cache.

    Eye and view are rounded (EYE_STEP_M, a twentieth of a unit vector) so that a camera put back on
    its mark finds the same bake.
    """
    eye = tuple(round(round(value / EYE_STEP_M) * EYE_STEP_M, 3) for value in vantage.eye_m)
    view = tuple(round(value * 20) / 20 for value in vantage.towards)
    within_rad = math.ceil(vantage.within_rad * 20) / 20 + 0.05
    key = hashlib.sha256(f"bake 3 {width} {eye} {view} {within_rad:.2f}".encode())
    folder = set_file(production, set_name).parent
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        key.update(f"{file.relative_to(folder)} {hash_file(file)}".encode())
    kept = openset_home() / "cache" / f"panorama-{key.hexdigest()[:24]}.npy"
    if kept.is_file():
        return np.asarray(np.load(kept).astype(np.float32))
    say("baking the set into a panorama (once for this set and camera position)")
    world = scene.world_from_stage.matrix
    at = world @ np.array([*eye, 1.0])
    towards = world[:3, :3] @ np.array(view)
    towards /= np.linalg.norm(towards)
    panorama = bake_panorama(
        scene,
        (float(at[0]), float(at[1]), float(at[2])),
        width,
        _quarters(say, "baking"),
        sharp=Sharp((float(towards[0]), float(towards[1]), float(towards[2])), within_rad),
    )
    buffer = io.BytesIO()
    np.save(buffer, np.minimum(panorama, HALF_MOST).astype(np.float16))
    try:
        make_folder(kept.parent)
        write_atomic(kept, buffer.getvalue())
    except OpensetError as trouble:
        say(f"  the bake is used but not kept: {trouble.line}")
    return panorama


def _quarters(say: Say, doing: str) -> Callable[[float], None]:
    """A progress callback (0..1) that speaks at each quarter."""
    last = [0.0]

    def progress(done: float) -> None:
        if done - last[0] >= 0.25 or (done >= 1.0 and last[0] < 1.0):
            last[0] = done
            say(f"  {doing} {done:.0%}")

    return progress
