"""BVH files: skeletons and frames, there and back, and every way they can be wrong."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.bvh import MOST_JOINTS, MOST_VALUES, BvhError, read
from openset.formats.bvh_write import write
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


def test_the_frames_after_a_bad_one_keep_their_time() -> None:
    row = "{} 91 0 10 20 30 1 2 3 4 5 6\n"
    head, _, _ = SEED.decode().partition("0 90 0")
    rows = [row.format(word) for word in ("x", 1, 2, "nan", "nan", 5, "x")]
    found = read((head.replace("Frames: 2", "Frames: 7") + "".join(rows)).encode())
    assert found.motion.frames[:, 0].tolist() == [1, 1, 2, 2, 2, 5]
    assert found.skipped == 4
    assert len(found.faults) == 4


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
    ends = b"{\nOFFSET 0 1 0\n" + b"End Site\n{\nOFFSET 0 0 0\n}\n" * 100_000
    with pytest.raises(BvhError, match="more than 4096 joints"):
        read(b"HIERARCHY\nROOT a\n" + ends + b"}\n")


def test_few_channels_of_many_joints_are_as_much_as_many_channels() -> None:
    joints = b"JOINT b\n{\nOFFSET 0 0 0\n}\n" * 4000
    head = b"HIERARCHY\nROOT a\n{\nCHANNELS 1 Xposition\n" + joints + b"}\nMOTION\n"
    most = MOST_VALUES // 4001
    with pytest.raises(BvhError, match=f"{most + 1} frames of this skeleton are more than {most}"):
        read(head + f"Frames: {most + 1}\nFrame Time: 0.01\n0\n".encode())
    with pytest.raises(BvhError, match=f"there are more than {most} frames"):
        read(head + b"Frames: 1\nFrame Time: 0.01\n" + b"0\n" * (most + 1))


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
