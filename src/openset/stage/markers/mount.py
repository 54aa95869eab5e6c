"""Where a witness camera sits on the film camera, as a person writes it."""

from __future__ import annotations

import math

from openset.primitives.errors import BadInput
from openset.primitives.space import IDENTITY, Pose, pose_from_pan_tilt_roll

FARTHEST_M = 5.0
_LEVEL = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.0, 0.0, 0.0)


def parse_mount(text: str) -> Pose:
    """`X,Y,Z,PAN,TILT,ROLL` to body_from_camera: metres to the right, forward and up of the film
    camera's entrance pupil as it stands level, then degrees; with 0,0,0 it looks where the film camera
    looks, with 0,90,0 straight up. Three numbers are the angles alone; "" and 0 are the film camera."""
    try:
        numbers = [float(part) for part in text.split(",")] if text.strip() else [0.0]
    except ValueError:
        numbers = []
    if numbers == [0.0]:
        return IDENTITY
    if len(numbers) == 3:
        numbers = [0.0, 0.0, 0.0, *numbers]
    if len(numbers) != 6 or not all(math.isfinite(each) for each in numbers):
        raise BadInput(
            f"{text[:60]!r} is no mount",
            where="--mount",
            todo="Write X,Y,Z,PAN,TILT,ROLL in metres and degrees (0,0.12,0.1,0,90,0), or name a lens "
            "file with a measured mount",
        )
    if max(abs(each) for each in numbers[:3]) > FARTHEST_M:
        raise BadInput(
            f"a camera {max(numbers[:3], key=abs):g} m from the one it is mounted on",
            where="--mount",
            todo="Write metres: 0.12 is 12 cm",
        )
    x, y, z, pan, tilt, roll = numbers
    turned = pose_from_pan_tilt_roll((x, y, z), *(math.radians(each) for each in (pan, tilt, roll)))
    return _LEVEL.inverse().after(turned)
