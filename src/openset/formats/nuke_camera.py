"""The camera of any Nuke script (.nk): its node, the axes it hangs on, and its knobs over the frames.

Units and signs as in `nuke_script`; knobs and their curves as in `nuke_knobs`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from openset.formats.camera_shot import Y_UP, CameraShot, Key, Optics, rotation_from_angles, unturned
from openset.formats.nuke_knobs import FARTHEST, Frames, channels, key_places, values_at
from openset.formats.nuke_script import ORDER, TIMECODE
from openset.formats.nuke_text import Node, NukeError, nodes
from openset.formats.text_file import decoded
from openset.primitives.space import F64
from openset.primitives.time import parse_rate

_LONGEST = 50_000
"""Frames a camera without keys is given at most: half an hour at 25 a second."""

_DEEPEST = 64
_APERTURES = (("focal", 50.0), ("haperture", 24.576), ("vaperture", 18.672))
_LENS_KNOBS = (
    *((knob, 1) for knob, _ in _APERTURES),
    *(("win_translate", 2), ("focal_point", 1), ("fstop", 1)),
)
_UNUSUAL = {
    "xform_order": "SRT",
    "projection_mode": "perspective",
    "read_from_file": "false",
    "skew": "0 0 0",
    "winroll": "0",
    "win_scale": "1 1",
}


@dataclass(frozen=True)
class NukeCamera:
    """A script's first camera as a shot; `unheld` names what it says and a shot cannot hold, `skipped`
    counts frames that could not be used and `faults` says why."""

    shot: CameraShot
    unheld: tuple[str, ...] = ()
    skipped: int = 0
    faults: tuple[str, ...] = ()


def decode(data: bytes, name: str = "") -> NukeCamera:
    """The first camera of a script. Raises NukeError where there is none, or none with usable numbers.

    Its frames are those at which the script has keys for place, angles or lens; of a camera that stands
    still, those of the script's own range.
    """
    found = nodes(decoded(data, "latin-1"))
    cameras = [index for index, node in enumerate(found) if _bare_kind(node) == "Camera"]
    if not cameras:
        raise NukeError("the script has no Camera node")
    chain = _chain(found, cameras[0])
    camera = chain[0]
    unheld = [f"node {found[index].name}" for index in cameras[1:]]
    unheld += _unusual(chain)
    root = next((node for node in found if node.kind == "Root"), None)
    frames = _frames(chain, root, unheld)
    lens = _lens(camera, frames, unheld)
    keys, faults = _keys(chain, frames, lens)
    if not keys:
        raise NukeError(f"no frame of the camera can be used ({faults[0]})", f"line {camera.line}")
    slate = camera.knobs.get(TIMECODE, "")
    shot = CameraShot(name or camera.name, keys, _rate(root), _size(root), slate)
    return NukeCamera(shot, tuple(dict.fromkeys(unheld)), len(faults), tuple(faults[:20]))


def _bare_kind(node: Node) -> str:
    """A node's class without its version: Camera for Camera, Camera2, Camera3, Camera4."""
    return node.kind.rstrip("0123456789")


def _chain(found: list[Node], index: int) -> list[Node]:
    """The camera and the axes and cameras it hangs on, itself first."""
    out: list[Node] = []
    at: int | None = index
    while at is not None and len(out) < _DEEPEST:
        if out and _bare_kind(found[at]) not in ("Axis", "Camera"):
            break
        out.append(found[at])
        at = found[at].parent
    return out


# --- which frames


def _frames(chain: list[Node], root: Node | None, unheld: list[str]) -> Frames:
    """Every whole frame with a key; a camera that has none has the script's range, else one."""
    seen: set[float] = set()
    for node in chain:
        knobs = (("matrix", 16),) if _by_matrix(node) else (("translate", 3), ("rotate", 3))
        for knob, count in knobs:
            seen |= key_places(channels(node, knob, count))
    for knob, count in _LENS_KNOBS:
        with suppress(NukeError):  # told where the lens is read
            seen |= key_places(channels(chain[0], knob, count))
    whole = sorted(round(at) for at in seen if at == round(at))
    if len(whole) < len(seen):
        unheld.append("keys between frames")
    if whole and len(whole) < whole[-1] - whole[0] + 1:
        unheld.append("how the camera moves between keys")
    return np.array(whole or _range(root), dtype=np.int64)


def _range(root: Node | None) -> range:
    """The frames of the script where it says both ends, else frame 1."""
    ends = [root.knobs.get(knob, "") if root else "" for knob in ("first_frame", "last_frame")]
    if not all(re.fullmatch("-?[0-9]{1,7}", end) for end in ends):
        return range(1, 2)
    first, last = map(int, ends)
    return range(first, last + 1) if first <= last < first + _LONGEST else range(1, 2)


def _by_matrix(node: Node) -> bool:
    return node.knobs.get("useMatrix") == "true"


# --- the camera


@dataclass(frozen=True)
class _Lens:
    """A camera's lens at every frame; None for what the script does not say."""

    apertures: F64 | None
    window: F64
    focus: F64 | None
    f_stop: F64 | None

    def optics(self, index: int) -> Optics | None:
        if self.apertures is None:
            return None
        focal, width, height = self.apertures[index].tolist()
        right, up = self.window[index].tolist()
        if not (focal > 0 and width > 0 and height > 0):
            return None
        return Optics(focal, width, height, (-right * width / 2, up * height / 2))


def _lens(camera: Node, frames: Frames, unheld: list[str]) -> _Lens:
    """What can be read of the lens; a knob that is an expression is told and left out."""

    def read(knob: str, otherwise: tuple[float, ...]) -> F64 | None:
        try:
            return values_at(camera, knob, frames, otherwise)
        except NukeError as trouble:
            unheld.append(trouble.trouble)
            return None

    columns = [read(knob, (otherwise,)) for knob, otherwise in _APERTURES]
    known = [column for column in columns if column is not None]
    said = any(knob in camera.knobs for knob, _ in _APERTURES) and len(known) == len(columns)
    window = read("win_translate", (0.0, 0.0))
    focus, stop = (
        read(knob, (0.0,)) if knob in camera.knobs else None for knob in ("focal_point", "fstop")
    )
    return _Lens(
        np.concatenate(known, axis=1) if said else None,
        np.zeros((len(frames), 2)) if window is None else window,
        focus,
        stop,
    )


def _keys(chain: list[Node], frames: Frames, lens: _Lens) -> tuple[tuple[Key, ...], list[str]]:
    matrices = np.broadcast_to(np.eye(4), (len(frames), 4, 4))
    for node in chain:
        matrices = _local(node, frames) @ matrices
    keys, faults = [], []
    for index, frame in enumerate(frames.tolist()):
        rigid = _rigid(matrices[index])
        if rigid is None:
            faults.append(f"frame {frame}: the camera is mirrored, flat or beyond any set")
            continue
        focus, stop = (
            None if values is None or values[index, 0] <= 0 else float(values[index, 0])
            for values in (lens.focus, lens.f_stop)
        )
        keys.append(Key(frame, unturned(rigid, Y_UP), lens.optics(index), focus, stop))
    return tuple(keys), faults


def _rigid(matrix: F64) -> F64 | None:
    """The rotation and place of a matrix, scale and skew taken out; None for what is no camera's."""
    if not np.abs(matrix).max() <= FARTHEST:
        return None
    left, scales, right = np.linalg.svd(matrix[:3, :3])
    turn = left @ right
    if scales[2] < 1e-9 or np.linalg.det(turn) < 0:
        return None
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = turn, matrix[:3, 3]
    return out


def _local(node: Node, frames: Frames) -> F64:
    """(frames, 4, 4) of one node: its matrix, or translate, rotate and scale about its pivot."""
    if _by_matrix(node):
        return values_at(node, "matrix", frames, tuple(np.eye(4).ravel().tolist())).reshape(-1, 4, 4)
    order = node.knobs.get("rot_order", ORDER)
    if sorted(order) != ["X", "Y", "Z"]:
        raise NukeError(f"{order[:20]!r} is no order of rotation", f"line {node.line}")
    angles = values_at(node, "rotate", frames, (0.0, 0.0, 0.0))
    scale = values_at(node, "scaling", frames, (1.0, 1.0, 1.0)) * values_at(
        node, "uniform_scale", frames, (1.0,)
    )
    pivot = values_at(node, "pivot_translate", frames, (0.0, 0.0, 0.0))
    turns = np.stack([rotation_from_angles((x, y, z), order) for x, y, z in angles.tolist()])
    out = np.tile(np.eye(4), (len(frames), 1, 1))
    out[:, :3, :3] = turns * scale[:, None, :]
    moved = np.einsum("nij,nj->ni", out[:, :3, :3], pivot)
    out[:, :3, 3] = values_at(node, "translate", frames, (0.0, 0.0, 0.0)) + pivot - moved
    return out


def _rate(root: Node | None) -> Fraction | None:
    said = root.knobs.get("fps", "") if root else ""
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{0,12})?", said) or float(said) <= 0:
        return None
    return parse_rate(said)


def _size(root: Node | None) -> tuple[int, int] | None:
    said = root.knobs.get("format", "").split() if root else []
    if len(said) < 2 or not all(
        word.isascii() and word.isdigit() and len(word) < 7 for word in said[:2]
    ):
        return None
    width, height = int(said[0]), int(said[1])
    return (width, height) if width and height else None


def _unusual(chain: list[Node]) -> list[str]:
    """Knobs that change the camera in a way this reader does not follow."""
    out = []
    for node in chain:
        for knob, usual in _UNUSUAL.items():
            value = node.knobs.get(knob, usual).replace("{", " ").replace("}", " ").split()
            if value != usual.split():
                out.append(f"{node.name}.{knob}")
    return out
