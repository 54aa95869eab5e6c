"""Other systems' axes and Openset's: one exact conversion for every turned or mirrored frame.

Where each of their axes points on our stage makes a signed permutation C. A rotation R given in their
axes is C R C⁻¹ in ours, whose quaternion is (w, det(C) C v): exact, and right for left-handed systems
too, because C R C⁻¹ = (-C) R (-C)⁻¹. A camera also differs in which of its own axes look ahead and up;
that is a constant turn D from our camera to theirs. So stage_from_camera = C R D.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from openset.primitives.space import Pose, Wxyz, Xyz, product, quaternion_from_matrix

_UNITS: dict[str, Xyz] = {
    sign + axis: tuple(value if axis == each else 0.0 for each in "xyz")  # type: ignore[misc]
    for sign, value in (("+", 1.0), ("-", -1.0))
    for axis in "xyz"
}


@dataclass(frozen=True)
class Axes:
    """A system's axes: where its x, y and z point on our stage, each as "+x" … "-z", and which axes of
    its camera point right, up and ahead. ValueError where the two do not make a rotation together."""

    name: str
    world: tuple[str, str, str]
    right: str
    up: str
    ahead: str
    unit_m: float = 1.0
    _columns: tuple[Xyz, Xyz, Xyz] = field(init=False, repr=False, compare=False)
    _handed: float = field(init=False, repr=False, compare=False)
    _camera: Wxyz = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            columns = tuple(_UNITS[each] for each in self.world)
            right, up, ahead = (np.array(_UNITS[each]) for each in (self.right, self.up, self.ahead))
        except KeyError as error:
            raise ValueError(f"no axis {error.args[0]!r}: write +x, -x, +y, -y, +z or -z") from error
        turn = np.array(columns).T
        both = turn @ np.stack([right, up, -ahead], axis=1)
        if round(float(np.linalg.det(both))) != 1:
            raise ValueError(f"the axes of {self.name} do not make a camera that is not mirrored")
        w, x, y, z = quaternion_from_matrix(both).tolist()
        object.__setattr__(self, "_columns", columns)
        object.__setattr__(self, "_handed", float(round(float(np.linalg.det(turn)))))
        object.__setattr__(self, "_camera", (w, x, y, z))

    def place(self, position: Xyz) -> Xyz:
        """A point in their axes and unit, on our stage in metres."""
        x, y, z = self._turned(position)
        return x * self.unit_m, y * self.unit_m, z * self.unit_m

    def place_out(self, position_m: Xyz) -> Xyz:
        """The other way."""
        x, y, z = self._turned_back(position_m)
        return x / self.unit_m, y / self.unit_m, z / self.unit_m

    def camera(self, position: Xyz, wxyz: Wxyz) -> Pose:
        """Their camera's pose as stage_from_camera. The quaternion may have any length but zero."""
        w, x, y, z = product(self._rotation(wxyz), self._camera)
        turn = (w, x, y, z) if w >= 0.0 else (-w, -x, -y, -z)
        return Pose(self.place(position), turn)

    def camera_out(self, pose: Pose) -> tuple[Xyz, Wxyz]:
        """stage_from_camera as their camera's position and quaternion (w, x, y, z)."""
        w, x, y, z = self._camera
        turned = product(pose.rotation_wxyz, (w, -x, -y, -z))
        return self.place_out(pose.position_m), self._rotation_out(turned)

    def frame(self, position: Xyz, wxyz: Wxyz) -> Pose:
        """A frame in their axes (a bone, a tracked body), its own axes renamed as the world's are."""
        return Pose(self.place(position), self._rotation(wxyz))

    def frame_out(self, pose: Pose) -> tuple[Xyz, Wxyz]:
        """The other way."""
        return self.place_out(pose.position_m), self._rotation_out(pose.rotation_wxyz)

    def _turned(self, v: Xyz) -> Xyz:
        a, b, c = self._columns
        return (
            a[0] * v[0] + b[0] * v[1] + c[0] * v[2],
            a[1] * v[0] + b[1] * v[1] + c[1] * v[2],
            a[2] * v[0] + b[2] * v[1] + c[2] * v[2],
        )

    def _turned_back(self, v: Xyz) -> Xyz:
        a, b, c = self._columns
        return (
            a[0] * v[0] + a[1] * v[1] + a[2] * v[2],
            b[0] * v[0] + b[1] * v[1] + b[2] * v[2],
            c[0] * v[0] + c[1] * v[1] + c[2] * v[2],
        )

    def _rotation(self, wxyz: Wxyz) -> Wxyz:
        w, *rest = unit(wxyz)
        x, y, z = self._turned((rest[0], rest[1], rest[2]))
        return w, self._handed * x, self._handed * y, self._handed * z

    def _rotation_out(self, wxyz: Wxyz) -> Wxyz:
        w, *rest = wxyz
        x, y, z = self._turned_back((rest[0], rest[1], rest[2]))
        return w, self._handed * x, self._handed * y, self._handed * z


def unit(wxyz: Wxyz) -> Wxyz:
    """The quaternion at length one; ValueError where it has none to speak of or is not finite."""
    w, x, y, z = wxyz
    length = math.sqrt(w * w + x * x + y * y + z * z) if max(map(abs, wxyz)) < 1e100 else 0.0
    if not 1e-6 < length < 1e100:
        raise ValueError(f"no rotation: the quaternion {w:g} {x:g} {y:g} {z:g} has no usable length")
    return w / length, x / length, y / length, z / length


OPENSET = Axes("openset", ("+x", "+y", "+z"), right="+x", up="+y", ahead="-z")
"""Our own: X right, Y ahead, Z up; the camera looks down its -Z."""

UNITY = Axes("unity", ("+x", "+z", "+y"), right="+x", up="+y", ahead="+z")
"""Left-handed: X right, Y up, Z ahead; the camera looks down its +Z."""

UNREAL = Axes("unreal", ("+y", "+x", "+z"), right="+y", up="+z", ahead="+x", unit_m=0.01)
"""Left-handed, centimetres: X ahead, Y right, Z up; the camera looks down its +X."""

Y_UP = Axes("y-up", ("+x", "+z", "-y"), right="+x", up="+y", ahead="-z")
"""Right-handed: X right, Y up, Z back; the camera looks down its -Z (OpenGL, glTF, ARKit, OpenVR)."""

Z_UP = Axes("z-up", ("+x", "+y", "+z"), right="+x", up="+z", ahead="+y")
"""Right-handed: X right, Y ahead, Z up, and the tracked body's axes the same."""

NAMED = {axes.name: axes for axes in (OPENSET, UNITY, UNREAL, Y_UP, Z_UP)}
