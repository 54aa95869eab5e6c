"""Sets on disk: `set.usda` (or any USD file) with its textures and panorama, read and written."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import OpenEXR
from pxr import Ar, Tf, Usd

from openset.primitives.colour import srgb_decode, srgb_encode
from openset.primitives.errors import AlreadyExists, SetBroken, SetNotFound
from openset.primitives.image import F32Rgb
from openset.stage.scene.model import Scene
from openset.stage.scene.usd_read import Loaders, scene_from_stage
from openset.stage.scene.usd_write import stage_from_scene
from openset.store.files import make_folder, write_atomic, writing

_USD = (".usd", ".usda", ".usdc", ".usdz")


def read_set(path: Path) -> Scene:
    """The set in a USD file, named for its folder (or for the file, where that is not `set.*`).

    References and payloads are composed by USD. What is missing or not shown is in the scene's notes.
    Raises SetNotFound where there is no such file, SetBroken where it is no USD or holds nothing.
    """
    path = Path(path)
    if not path.is_file():
        raise SetNotFound("no such set", where=str(path), todo="Name a USD file that exists")
    if path.suffix.lower() not in _USD:
        raise SetBroken(
            f"a set is a USD file ({', '.join(_USD)})", where=str(path), todo="Export the set as USD"
        )
    try:
        stage = Usd.Stage.Open(str(path))
        scene = scene_from_stage(stage, _set_name(path), Loaders(_read_texture, _read_panorama))
    except Tf.ErrorException as error:
        raise SetBroken(
            f"USD cannot read it: {_first_reason(error, path)}",
            where=str(path),
            todo="Export the set again",
        ) from error
    if not scene.meshes and scene.dome is None:
        raise SetBroken(
            "it holds neither a mesh nor a dome light", where=str(path), todo="Add one of them"
        )
    return scene


def write_set(scene: Scene, folder: Path) -> Path:
    """Write `scene` as folder/set.usda, dome.exr and textures/*.png; the path of set.usda.

    Raises AlreadyExists where the folder holds a set, DiskFull, NotWritable.
    """
    target = Path(folder) / "set.usda"
    if target.exists():
        raise AlreadyExists("a set is here already", where=str(target), todo="Choose another name")
    make_folder(target.parent)
    textures = _write_textures(scene, target.parent)
    dome_file = None
    if scene.dome is not None:
        dome_file = "./dome.exr"
        write_panorama(target.parent / "dome.exr", scene.dome)
    stage = stage_from_scene(scene, dome_file, textures)
    write_atomic(target, stage.GetRootLayer().ExportToString().encode())
    return target


def write_panorama(path: Path, panorama: F32Rgb) -> None:
    """A scene-linear panorama (h, 2h, 3) as a half-float OpenEXR latlong file, written whole."""
    half = np.clip(panorama, 0.0, 65504.0).astype(np.float16)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    part = path.with_name(f".{path.stem}.new.exr")
    with writing(path):
        try:
            OpenEXR.File(header, {"RGB": np.ascontiguousarray(half)}).write(str(part))
        except RuntimeError as error:
            raise OSError(None, str(error)) from error
        os.replace(part, path)


def _set_name(path: Path) -> str:
    return path.resolve().parent.name if path.stem == "set" else path.stem


def _first_reason(error: BaseException, path: Path) -> str:
    """USD's own words, without where in its source it said them."""
    told = re.search(r"at line \d+ in file \S+ : '(.*)", str(error))
    reason = told[1] if told else str(error).strip().split("\n")[0]
    return reason.replace(f"{path}:", "line ").strip("' ")[:200]


def _write_textures(scene: Scene, folder: Path) -> dict[int, str]:
    """Each different texture once, as PNG; file names by material number."""
    names: dict[int, str] = {}
    written: dict[int, str] = {}
    for number, material in enumerate(scene.materials):
        if material.base_texture is None:
            continue
        key = id(material.base_texture)
        if key not in written:
            make_folder(folder / "textures")
            written[key] = f"./textures/{_file_name(material.name, set(written.values()))}"
            _, data = cv2.imencode(".png", cv2.cvtColor(material.base_texture, cv2.COLOR_RGB2BGR))
            write_atomic(folder / written[key], data.tobytes())
        names[number] = written[key]
    return names


def _file_name(name: str, taken: set[str]) -> str:
    safe = "".join(c if c.isalnum() and c.isascii() else "_" for c in name)
    chosen, number = f"{safe}.png", 2
    while f"./textures/{chosen}" in taken:
        chosen, number = f"{safe}_{number}.png", number + 1
    return chosen


def _bytes_of(path: str) -> bytes | None:
    """A file's bytes through USD's resolver, so that a picture inside a .usdz is found too."""
    asset = Ar.GetResolver().OpenAsset(Ar.ResolvedPath(path))
    return bytes(asset.GetBuffer()) if asset else None


def _read_texture(path: str) -> npt.NDArray[np.uint8] | None:
    """A texture as (h, w, 3) uint8 sRGB, None where it is missing or no picture."""
    if path.lower().endswith(".exr"):
        linear = _read_exr(path)
        if linear is None:
            return None
        return np.asarray(srgb_encode(linear) * 255.0 + 0.5).astype(np.uint8)
    picture = _decoded(path)
    if picture is None:
        return None
    if picture.dtype == np.float32:
        return np.asarray(srgb_encode(picture) * 255.0 + 0.5).astype(np.uint8)
    return np.asarray(picture if picture.dtype == np.uint8 else picture >> 8, np.uint8)


def _read_panorama(path: str) -> F32Rgb | None:
    """A latlong picture, scene-linear float32: EXR as it is, Radiance HDR, others decoded from sRGB."""
    if path.lower().endswith(".exr"):
        return _read_exr(path)
    picture = _decoded(path)
    if picture is None:
        return None
    if picture.dtype == np.float32:
        return np.maximum(np.asarray(picture, np.float32), 0.0)
    return np.asarray(srgb_decode(picture / np.iinfo(picture.dtype).max), np.float32)


def _decoded(path: str) -> Any:
    data = _bytes_of(path)
    if not data:
        return None
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    return None if picture is None else cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _read_exr(path: str) -> F32Rgb | None:
    try:
        channels = OpenEXR.File(path).channels()
    except (RuntimeError, OSError):
        return None
    for name in ("RGB", "RGBA"):
        if name in channels:
            pixels = np.asarray(channels[name].pixels[..., :3], np.float32)
            return np.maximum(np.nan_to_num(pixels, posinf=65504.0), 0.0)
    if "Y" in channels:
        grey = np.asarray(channels["Y"].pixels, np.float32)
        return np.maximum(np.repeat(grey[..., None], 3, axis=2), 0.0)
    return None
