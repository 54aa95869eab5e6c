"""A camera as a Nuke script (.nk): a Camera3 node with a key on every frame.

Nuke's world has Y up and no unit: metres are written. The angles are in the order ZXY (Z first), said
on the node. `focal`, `haperture`, `vaperture` are millimetres, `focal_point` is in the scene's unit.
`win_translate` moves the film window: one is half an aperture, right and up, so that the optical axis
moves left and down by as much; Foundry's own USD reader makes it 2 x aperture offset / aperture.
A lens that bends is handed over as an ST map, since Nuke's own lens models cannot be told the
coefficients exactly: a Read node and an STMap node wait for the file `<name>.stmap.exr`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from openset.formats.camera_shot import (
    Y_UP,
    CameraShot,
    Key,
    Optics,
    angles_zxy,
    continuous_zxy,
    turned,
)

ORDER = "ZXY"
TIMECODE = "openset_start_timecode"
"""The knob that keeps the shot's first timecode, which a script has no other place for."""


def encode(shot: CameraShot, *, distorted: bool = False) -> bytes:
    """A shot as a script that Nuke opens, inserts or takes from the clipboard.

    `distorted` adds the nodes for an ST map, beside the script.
    """
    blocks = ["#! Nuke script, a camera by Openset: metres, Y up", "version 13.0 v1", _root(shot)]
    blocks.append(_block("Camera3", _camera_knobs(shot)))
    if distorted:
        blocks += _st_map_nodes(shot.name)
    return ("\n".join(blocks) + "\n").encode()


def _root(shot: CameraShot) -> str:
    first, last = shot.keys[0].frame, shot.keys[-1].frame
    knobs = [("inputs", "0"), ("frame", str(first))]
    knobs += [("first_frame", str(first)), ("last_frame", str(last)), ("lock_range", "true")]
    if shot.rate is not None:
        knobs.append(("fps", _number(float(shot.rate))))
    if shot.size_px is not None:
        width, height = shot.size_px
        knobs.append(("format", _quoted(f"{width} {height} 0 0 {width} {height} 1 openset")))
    return _block("Root", knobs)


def _camera_knobs(shot: CameraShot) -> list[tuple[str, str]]:
    frames = [key.frame for key in shot.keys]
    matrices = [turned(key.pose, Y_UP) for key in shot.keys]
    angles = list(continuous_zxy(angles_zxy(matrix[:3, :3]) for matrix in matrices))
    places = [matrix[:3, 3].tolist() for matrix in matrices]
    knobs = [("inputs", "0"), ("xform_order", "SRT"), ("rot_order", ORDER)]
    knobs.append(("translate", _curves(frames, list(zip(*places, strict=True)))))
    knobs.append(("rotate", _curves(frames, list(zip(*angles, strict=True)))))
    knobs += _lens_knobs(shot)
    knobs += [("name", _node_name(shot.name)), ("label", _quoted("metres"))]
    if shot.start_timecode:
        knobs.append(("addUserKnob", "{20 openset l Openset}"))
        knobs.append(("addUserKnob", f'{{1 {TIMECODE} l "start timecode"}}'))
        knobs.append((TIMECODE, _quoted(shot.start_timecode)))  # drop-frame has a semicolon
    return knobs


def _lens_knobs(shot: CameraShot) -> list[tuple[str, str]]:
    seen = [(key.frame, key.optics) for key in shot.keys if key.optics is not None]
    frames = [frame for frame, _ in seen]
    out = []
    if seen:
        lenses = [optics for _, optics in seen]
        out.append(("focal", _curves(frames, [[lens.focal_length_mm for lens in lenses]])))
        out.append(("haperture", _curves(frames, [[lens.sensor_width_mm for lens in lenses]])))
        out.append(("vaperture", _curves(frames, [[lens.sensor_height_mm for lens in lenses]])))
        if any(any(lens.offset_mm) for lens in lenses):
            shifts = [_win_translate(lens) for lens in lenses]
            out.append(("win_translate", _curves(frames, list(zip(*shifts, strict=True)))))
    wanted: tuple[tuple[str, Callable[[Key], float | None]], ...] = (
        ("focal_point", lambda key: key.focus_distance_m),
        ("fstop", lambda key: key.f_stop),
    )
    for knob, get in wanted:
        known = [(key.frame, value) for key in shot.keys if (value := get(key)) is not None]
        if known:
            out.append((knob, _curves([frame for frame, _ in known], [[value for _, value in known]])))
    return out


def _win_translate(lens: Optics) -> tuple[float, float]:
    right, down = lens.offset_mm
    return -2.0 * right / lens.sensor_width_mm, 2.0 * down / lens.sensor_height_mm


def _curves(frames: Sequence[int], channels: Sequence[Iterable[float]]) -> str:
    """A knob's value: plain numbers where nothing moves, else a curve for each channel.

    Every key has its frame: Nuke would go on in the last step's width after a gap.
    """
    out = []
    for channel in channels:
        values = [_number(value) for value in channel]
        if len(set(values)) == 1:
            out.append(values[0])
        else:
            keys = zip(frames, values, strict=True)
            out.append("{curve " + " ".join(f"x{at} {value}" for at, value in keys) + "}")
    if len(out) == 1 and not out[0].startswith("{"):
        return out[0]
    return "{" + " ".join(out) + "}"


def _number(value: float) -> str:
    return f"{round(value, 12) + 0.0:.12g}"


def _block(kind: str, knobs: Iterable[tuple[str, str]]) -> str:
    return "\n".join((f"{kind} {{", *(f" {name} {value}" for name, value in knobs), "}"))


def _quoted(text: str) -> str:
    """Text in quotes, with what Tcl would take for a command or variable disarmed."""
    for letter in '\\"[]{}$':
        text = text.replace(letter, "\\" + letter)
    return '"' + text.replace("\n", " ") + '"'


def _node_name(name: str) -> str:
    letters = "".join(c if c.isascii() and c.isalnum() else "_" for c in name) or "camera"
    return letters if not letters[0].isdigit() else f"_{letters}"


def _st_map_nodes(name: str) -> list[str]:
    file = _quoted(f"{name}.stmap.exr").replace('"', "")
    read = [
        ("inputs", "0"),
        ("file", f'"\\[file dirname \\[value root.name]]/{file}"'),
        ("raw", "true"),
        ("on_error", "black"),
        ("name", "lens_st_map"),
        ("label", _quoted("openset convert … " + name + ".stmap.exr makes this file")),
        ("xpos", "200"),
    ]
    bend = [
        ("inputs", "2"),
        ("uv", "rgb"),
        ("name", "undistort"),
        ("label", _quoted("plate in the first input, straight picture out")),
        ("xpos", "200"),
        ("ypos", "120"),
    ]
    return [_block("Read", read), "push 0", _block("STMap", bend)]
