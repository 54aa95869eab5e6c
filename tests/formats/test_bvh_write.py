"""Motion written as Biovision files, and read again."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.bvh import read
from openset.formats.bvh_model import CHANNELS, Joint, Motion
from openset.formats.bvh_write import write

TEXT = """HIERARCHY
ROOT Hips
{
\tOFFSET 0.000000 90.000000 0.000000
\tCHANNELS 2 Xposition Yrotation
\tJOINT Upper_Spine
\t{
\t\tOFFSET 0.000000 60.000000 0.000000
\t\tCHANNELS 1 Zrotation
\t\tEnd Site
\t\t{
\t\t\tOFFSET 0.000000 20.000000 0.000000
\t\t}
\t}
\tJOINT Leg
\t{
\t\tOFFSET 10.000000 -90.000000 0.000000
\t\tCHANNELS 0
\t}
}
ROOT prop
{
\tOFFSET 0.000000 0.000000 0.000000
\tCHANNELS 0
}
MOTION
Frames: 2
Frame Time: 0.0333333
0.000000 -1.500000 0.333333
1.000000 2.000000 3.000000
"""


def test_a_motion_is_laid_out_as_programs_do() -> None:
    joints = (
        Joint("Hips", -1, (0.0, 90.0, 0.0), ("Xposition", "Yrotation")),
        Joint("Upper {Spine}", 0, (0.0, 60.0, 0.0), ("Zrotation",), ((0.0, 20.0, 0.0),)),
        Joint("Leg", 0, (10.0, -90.0, 0.0), ()),
        Joint("prop", -1, (0.0, 0.0, 0.0), ()),
    )
    frames = np.array([[0.0, -1.5, 1 / 3], [1.0, 2.0, 3.0]])
    assert write(Motion(joints, frames, 0.0333333)) == TEXT


def test_a_deep_skeleton_is_read_and_written_without_end() -> None:
    joints = [Joint("a", -1, (0.0, 1.0, 0.0), ("Xposition",))]
    joints += [Joint("b", index, (0.0, 0.0, 0.0), ()) for index in range(2000)]
    motion = Motion(tuple(joints), np.zeros((1, 1)), 0.04)
    assert [joint.parent for joint in read(write(motion).encode()).motion.joints] == [*range(-1, 2000)]


numbers = st.floats(-1e4, 1e4).map(lambda value: round(value, 6))
vectors = st.tuples(numbers, numbers, numbers)


@st.composite
def motions(draw: st.DrawFn) -> Motion:
    joints: list[Joint] = []
    for index in range(draw(st.integers(1, 6))):
        # Parents in the order of a walk through the tree, which is how a file lists them.
        line = [index - 1] if index else [-1]
        while joints and line[-1] > 0:
            line.append(joints[line[-1]].parent)
        parent = draw(st.sampled_from(line))
        channels = tuple(draw(st.permutations(CHANNELS))[: draw(st.integers(1 if not index else 0, 6))])
        ends = tuple(draw(st.lists(vectors, max_size=2)))
        joints.append(Joint(f"j{index}", parent, draw(vectors), channels, ends))
    width = sum(len(joint.channels) for joint in joints)
    rows = draw(st.lists(st.lists(numbers, min_size=width, max_size=width), min_size=1, max_size=4))
    return Motion(tuple(joints), np.array(rows), draw(st.sampled_from([0.04, 0.0333333, 0.0083333])))


@settings(max_examples=100, deadline=None)
@given(motions())
def test_a_motion_is_read_again_to_a_millionth(motion: Motion) -> None:
    again = read(write(motion).encode()).motion
    assert again.joints == motion.joints
    assert np.allclose(again.frames, motion.frames, rtol=0, atol=5.1e-7)
    assert again.frame_time_s == motion.frame_time_s
