"""Biovision motion (.bvh), written: what `bvh.read` reads back, numbers to a millionth."""

from __future__ import annotations

import re
from collections.abc import Sequence

from openset.formats.bvh_model import Motion


def write(motion: Motion) -> str:
    """The motion as text; names without white space and braces."""
    lines = ["HIERARCHY"]
    open_joints: list[int] = []
    for index, joint in enumerate(motion.joints):
        while open_joints and open_joints[-1] != joint.parent:
            open_joints.pop()
            lines.append("\t" * len(open_joints) + "}")
        indent = "\t" * len(open_joints)
        word = "ROOT" if joint.parent < 0 else "JOINT"
        name = re.sub(r"[\s{}]+", "_", joint.name).strip("_") or f"joint{index}"
        lines += [f"{indent}{word} {name}", indent + "{", f"{indent}\tOFFSET {_row(joint.offset)}"]
        lines.append(f"{indent}\tCHANNELS {' '.join([str(len(joint.channels)), *joint.channels])}")
        for end in joint.ends:
            lines += [f"{indent}\tEnd Site", indent + "\t{", f"{indent}\t\tOFFSET {_row(end)}"]
            lines.append(indent + "\t}")
        open_joints.append(index)
    lines += ["\t" * depth + "}" for depth in range(len(open_joints) - 1, -1, -1)]
    lines += ["MOTION", f"Frames: {len(motion.frames)}", f"Frame Time: {motion.frame_time_s:.9g}"]
    lines += [_row(frame) for frame in motion.frames.tolist()]
    return "\n".join(lines) + "\n"


def _row(values: Sequence[float]) -> str:
    return " ".join(f"{value:.6f}" for value in values)
