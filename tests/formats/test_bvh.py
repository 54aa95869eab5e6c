"""BVH files: skeletons and frames, there and back, and every way they can be wrong."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.bvh import (
    CHANNELS,
    MOST_JOINTS,
    BvhError,
    Joint,
    Motion,
    guessed_unit_m,
    rate_of,
    read,
    write,
)
from openset.formats.faults import FormatError

SEED = b"""HIERARCHY
ROOT Hips
{
\tOFFSET 0.0 90.0 0.0
\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
\tJOINT Spine
\t{
\t\tOFFSET 0.0 60.0 0.0
\t\tCHANNELS 3 Zrotation Xrotation Yrotation
\t\tEnd Site
\t\t{
\t\t\tOFFSET 0.0 20.0 0.0
\t\t}
\t}
\tJOINT Leg
\t{
\t\tOFFSET 10.0 -90.0 0.0
\t\tCHANNELS 3 Zrotation Xrotation Yrotation
\t}
}
MOTION
Frames: 2
Frame Time: 0.0333333
0 90 0 0 0 0 1 2 3 4 5 6
1 91 0 10 20 30 1 2 3 4 5 6
"""


def test_a_file_is_read() -> None:
    found = read(SEED)
    motion = found.motion
    assert [(joint.name, joint.parent, joint.offset) for joint in motion.joints] == [
        ("Hips", -1, (0.0, 90.0, 0.0)),
        ("Spine", 0, (0.0, 60.0, 0.0)),
        ("Leg", 0, (10.0, -90.0, 0.0)),
    ]
    assert motion.joints[1].ends == ((0.0, 20.0, 0.0),)
    assert motion.joints[0].channels[3:] == ("Zrotation", "Xrotation", "Yrotation")
    assert motion.frames.tolist()[1] == [1, 91, 0, 10, 20, 30, 1, 2, 3, 4, 5, 6]
    assert (motion.rate, motion.frame_time_s, motion.unit_m) == (Fraction(30), 0.0333333, 0.01)
    assert (found.skipped, found.faults) == (0, ())


def test_what_is_written_is_laid_out_as_programs_do() -> None:
    text = write(read(SEED).motion)
    want = SEED.decode().replace("0.0 90.0 0.0", "0.000000 90.000000 0.000000")
    assert text.split("\n")[:5] == want.split("\n")[:5]
    assert [line.split()[:2] for line in text.split("\n")[5:20]] == [
        line.split()[:2] if "OFFSET" not in line else ["OFFSET", f"{float(line.split()[1]):.6f}"]
        for line in want.split("\n")[5:20]
    ]


def test_joints_may_be_named_in_words_and_braces_stand_anywhere() -> None:
    data = SEED.replace(b"JOINT Spine\n\t{", b"JOINT Upper Spine {").replace(b"\n", b"\r\n")
    assert [joint.name for joint in read(data).motion.joints] == ["Hips", "Upper Spine", "Leg"]
    again = read(write(read(data).motion).encode()).motion
    assert [joint.name for joint in again.joints] == ["Hips", "Upper_Spine", "Leg"]


def test_a_bad_frame_costs_itself() -> None:
    data = SEED + b"1 2 3\nnan 91 0 10 20 30 1 2 3 4 5 6\nx 91 0 10 20 30 1 2 3 4 5 6\n"
    found = read(data)
    assert (len(found.motion.frames), found.skipped) == (2, 3)
    assert found.faults == (
        "line 26: 3 numbers for 12 channels",
        "line 27: a number beyond all measure",
        "line 28: not a number",
        "the file says 2 frames and holds 5",
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("0.0 60.0", "0,0 60.0", "line 8: '0,0' has a decimal comma"),
        ("1 91 0", "1,5 91 0", "line 25: a decimal comma"),
        ("1 91 0", "1,5 91,2 0 0", "line 25: a decimal comma"),
        ("HIERARCHY", "HIRARCHY", "line 1: a BVH file begins"),
        ("0.0 60.0", "0.0 inf", "line 8: 'inf' is beyond"),
        ("0.0 60.0", "0.0 1e300", "line 8: '1e300' is beyond"),
        ("0.0 60.0", "0.0 abc", "line 8: 'abc' is not a number"),
        ("3 Zrotation", "4 Zrotation", "line 9: the number of channels"),
        ("3 Zrotation", "3 Yrotation", "line 9: .* are not six different"),
        ("JOINT Leg", "ROOT Leg", "line 15: ROOT stands in the wrong place"),
        ("}\nMOTION", "MOTION", "line 20: MOTION stands inside a joint"),
        ("}\nMOTION", "}\n}\nMOTION", "line 21: '}' has no place"),
        ("Frames: 2", "Frames: two", "line 22: after MOTION"),
        ("Frames: 2", "Frames: 999999999", "more than"),
        ("0.0333333", "0", "line 23: a frame time of 0"),
        ("0.0333333", "nan", "line 23: 'nan' is beyond"),
        ("End Site", "JOINT", "line 10: "),
        ("\tOFFSET 10.0 -90.0 0.0", "\tOFFSET 10.0 -90.0", "line 17: 'OFFSET"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, reason: str) -> None:
    text = SEED.decode().replace(old, new, 1)
    if reason == "line 10: ":
        assert len(read(text.encode()).motion.joints) == 4  # a joint without a name is still one
        return
    with pytest.raises(BvhError, match=reason):
        read(text.encode())


@pytest.mark.parametrize("data", [b"", b"HIERARCHY", b"HIERARCHY\nMOTION", SEED[:700], SEED[:-60]])
def test_a_file_cut_off_is_refused_or_read_as_far_as_it_goes(data: bytes) -> None:
    if b"Frame Time" in data and data.count(b"\n") > 24:
        assert len(read(data).motion.frames) >= 1
        return
    with pytest.raises(FormatError):
        read(data)


def test_a_hostile_skeleton_is_refused_in_no_time() -> None:
    deep = b"HIERARCHY\nROOT a\n{\n" + b"JOINT b\n{\n" * (MOST_JOINTS + 1)
    with pytest.raises(BvhError, match="more than 4096 joints"):
        read(deep)
    with pytest.raises(BvhError):
        read(b"HIERARCHY\n" + b"{" * 100_000)


def test_a_deep_skeleton_is_read_and_written_without_end() -> None:
    joints = [Joint("a", -1, (0.0, 1.0, 0.0), ("Xposition",))]
    joints += [Joint("b", index, (0.0, 0.0, 0.0), ()) for index in range(2000)]
    motion = Motion(tuple(joints), np.zeros((1, 1)), 0.04)
    assert [joint.parent for joint in read(write(motion).encode()).motion.joints] == [*range(-1, 2000)]


@pytest.mark.parametrize(
    ("seconds", "rate"),
    [
        (0.04, Fraction(25)),
        (0.0333333, Fraction(30)),
        (0.008333, Fraction(120)),
        (0.0333667, Fraction(30000, 1001)),
        (0.0417083, Fraction(24000, 1001)),
        (2.0, Fraction(1, 2)),
    ],
)
def test_a_frame_time_means_a_rate(seconds: float, rate: Fraction) -> None:
    assert rate_of(seconds) == rate


@pytest.mark.parametrize(
    ("height", "unit"), [(1.7, 1.0), (170, 0.01), (66, 0.0254), (1700, 0.001), (0, 0.01)]
)
def test_the_unit_is_the_one_in_which_a_person_is_as_tall_as_people_are(
    height: float, unit: float
) -> None:
    assert guessed_unit_m([Joint("a", -1, (0.0, 0.0, 0.0), (), ((0.0, height, 0.0),))]) == unit


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


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_mutated_file_is_read_or_refused(data: st.DataObject) -> None:
    mutated = bytearray(SEED)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        piece = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"{", b"}", b"JOINT a", b"\n", b"1e9"])
        )
        mutated[at : at + data.draw(st.integers(0, 8))] = piece
    with suppress(FormatError):
        read(bytes(mutated))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(FormatError):
        read(b"HIERARCHY\n" + data)
