"""A Nuke node's knobs over the frames: plain numbers and curves.

A curve's keys are letters and numbers: `x12 3.5 4.5` are keys at 12 and 13; a key without x goes on
from the last two; letters alone and numbers after s, t, u and v say how the curve runs between keys.
Source: Foundry, Nuke developers' guide, "Curve serialisation format".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openset.formats.nuke_text import Node, NukeError, listed
from openset.primitives.space import F64

FARTHEST = 1e7
"""No number of a camera is larger."""

_LAST_FRAME = 10_000_000

Frames = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Curve:
    """Keys in order; a single one is a number that never changes."""

    frames: F64
    values: F64

    def at(self, frames: Frames) -> F64:
        """Its keys, straight between them, level beyond them."""
        return np.asarray(np.interp(frames, self.frames, self.values))


def channels(node: Node, knob: str, count: int) -> list[Curve] | None:
    """A knob's channels, None where the node has not got it; NukeError for what is no number."""
    text = node.knobs.get(knob)
    if text is None:
        return None
    parts = listed(text)
    if len(parts) == 1 and count > 1 and not parts[0].startswith("curve"):
        parts = listed(parts[0])
    if knob == "matrix" and len(parts) == 4:
        parts = [each for row in parts for each in listed(row)]
    if len(parts) == 1:
        parts = parts * count
    if len(parts) != count:
        raise NukeError(f"{knob} has {len(parts)} numbers, not {count}", f"line {node.line}")
    return [_curve(part, node, knob) for part in parts]


def _curve(text: str, node: Node, knob: str) -> Curve:
    tokens = text.replace("{", " ").replace("}", " ").split()
    where = f"line {node.line}"
    if len(tokens) == 1 and tokens[0] != "curve":
        return Curve(np.zeros(1), np.array([_finite(tokens[0], knob, where)]))
    if not tokens or tokens[0] != "curve":
        raise NukeError(f"{knob} is an expression; bake it into keys", where)
    keys: dict[float, float] = {}
    at, step = 0.0, 1.0
    given: float | None = None
    for token in tokens[1:]:
        if token[0] == "x":
            given = _finite(token[1:], knob, where)
        elif not token[0].isalpha():
            new = given if given is not None else (at + step if keys else 0.0)
            step, at, given = (new - at if keys else 1.0), new, None
            keys[at] = _finite(token, knob, where)
    if not keys or max(map(abs, keys)) > _LAST_FRAME:
        raise NukeError(f"{knob} has a curve that cannot be used", where)
    places = np.array(sorted(keys))
    return Curve(places, np.array([keys[place] for place in places.tolist()]))


def _finite(text: str, knob: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise NukeError(f"{knob} is {text[:40]!r}, not a number", where) from None
    if not abs(value) <= FARTHEST:
        raise NukeError(f"{knob} is {text[:40]}, beyond any camera", where)
    return value


def values_at(node: Node, knob: str, frames: Frames, otherwise: tuple[float, ...]) -> F64:
    """A knob at every frame, (frames, channels)."""
    curves = channels(node, knob, len(otherwise))
    if curves is None:
        return np.broadcast_to(np.array(otherwise), (len(frames), len(otherwise)))
    return np.stack([curve.at(frames) for curve in curves], axis=1)


def key_places(curves: list[Curve] | None) -> set[float]:
    return {at for curve in curves or () if len(curve.frames) > 1 for at in curve.frames.tolist()}
