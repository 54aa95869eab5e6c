"""Channel files, by hand and by any bytes."""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.camera_shot import Key, Optics
from openset.formats.chan import Channels, decode, encode, key_from_row, rows_from_keys
from openset.formats.faults import FormatError
from openset.primitives.space import Pose, look_at, pose_from_pan_tilt_roll

numbers = st.floats(-9999.0, 9999.0)
triples = st.tuples(numbers, numbers, numbers)
rows = st.builds(
    Channels,
    frame=st.integers(-1000, 100_000),
    translate=triples,
    rotate_deg=triples,
    fov_deg=st.none() | st.floats(0.1, 179.0),
)


def test_a_camera_that_looks_ahead_has_no_angles() -> None:
    # Ours at zero looks along +Y with Z up; Nuke's along -Z with Y up: the same camera.
    level = pose_from_pan_tilt_roll((1.0, 2.0, 3.0), 0.0, 0.0, 0.0)
    (row,) = rows_from_keys([Key(7, level)])
    assert row.translate == pytest.approx((1.0, 3.0, -2.0))
    assert row.rotate_deg == pytest.approx((0.0, 0.0, 0.0))
    assert row.fov_deg is None


def test_pan_is_about_y_tilt_about_x_and_roll_about_minus_z() -> None:
    # Pan left (+Z of ours is +Y of Nuke's), tilt up (+X), roll about our +Y ahead, which is Nuke's -Z.
    pose = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), *map(math.radians, (30.0, 10.0, 5.0)))
    (row,) = rows_from_keys([Key(1, pose)])
    # ZXY is Y(pan) X(tilt) Z(roll), as OpenTrackIO's pan, tilt and roll are applied.
    assert row.rotate_deg == pytest.approx((10.0, 30.0, -5.0))


def test_the_eighth_number_is_the_vertical_field_of_view() -> None:
    # 2 atan(20.25 / 2 / 35) = 32.27 degrees
    optics = Optics(35.0, 36.0, 20.25)
    (row,) = rows_from_keys([Key(1, look_at((0.0, 0.0, 1.0), (0.0, 5.0, 1.0)), optics)])
    assert row.fov_deg == pytest.approx(math.degrees(2 * math.atan(20.25 / 70)), abs=1e-9)
    assert key_from_row(row, (36.0, 20.25)).optics == pytest.approx(optics)


def test_a_file_is_read_as_programs_write_it() -> None:
    text = "# a remark\r\n1001\t1 2 3\t10 20 30 40\r\n\n1002, 1, 2, 3, 1e1, 20, 30\n"
    text += "1003 1 2 3 4 5 6 7 # end\n"
    table = decode(text.encode())
    assert table.skipped == 0
    assert [row.frame for row in table.rows] == [1001, 1002, 1003]
    assert table.rows[0] == Channels(1001, (1.0, 2.0, 3.0), (10.0, 20.0, 30.0), 40.0)
    assert table.rows[1].fov_deg is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_does_no_harm(encoding: str) -> None:
    assert decode("1 1 2 3 4 5 6\n".encode(encoding)).rows[0].translate == (1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    "line",
    [
        "2 1 2 3 4 5",
        "2 1 2 3 4 5 6 7 8",
        "2 1 2 three 4 5 6",
        "2 1 2 nan 4 5 6",
        "2 1 2 1e300 4 5 6",
        "2 inf 2 3 4 5 6",
        "2.5 1 2 3 4 5 6",
        "1e12 1 2 3 4 5 6",
        "2 1 2 3 4 5 6 180",
        "2 1 2 3 4 5 6 -4",
    ],
)
def test_a_bad_line_costs_itself_and_is_told(line: str) -> None:
    table = decode(f"1 0 0 0 0 0 0\n{line}\n3 0 0 0 0 0 0\n".encode())
    assert [row.frame for row in table.rows] == [1, 3]
    assert table.skipped == 1
    assert table.faults[0].startswith("line 2: ")


def test_of_two_lines_for_a_frame_the_later_counts() -> None:
    table = decode(b"1 0 0 0 0 0 0\n1 5 0 0 0 0 0\n")
    assert table.rows[0].translate[0] == 5.0
    assert table.faults == ("line 2: frame 1 again; this line counts",)


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"hello", b"\xff\xfe\x00", bytes(range(256))])
def test_a_file_without_a_frame_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        decode(data)


@given(st.lists(rows, min_size=1, unique_by=lambda row: row.frame))
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_read_back(written: list[Channels]) -> None:
    read = decode(encode(written)).rows
    wanted = sorted(written, key=lambda row: row.frame)
    assert [row.frame for row in read] == [row.frame for row in wanted]
    for got, row in zip(read, wanted, strict=True):
        assert (*got.translate, *got.rotate_deg) == pytest.approx(
            (*row.translate, *row.rotate_deg), abs=1e-9
        )
        assert (got.fov_deg is None) == (row.fov_deg is None)


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_raise_nothing_but_a_format_error(data: bytes) -> None:
    with suppress(FormatError):
        decode(data)


@given(triples.map(lambda v: tuple(x / 1000 for x in v)), st.tuples(*[st.floats(-3.0, 3.0)] * 3))
@settings(max_examples=100, deadline=None)
def test_a_pose_goes_through_unharmed(
    place: tuple[float, float, float], angles: tuple[float, ...]
) -> None:
    pose = pose_from_pan_tilt_roll(place, angles[0], angles[1] / 2.1, angles[2])
    (row,) = decode(encode(rows_from_keys([Key(1, pose)]))).rows
    again: Pose = key_from_row(row, (36.0, 20.25)).pose
    assert again.position_m == pytest.approx(pose.position_m, abs=1e-8)
    assert np.abs(again.matrix - pose.matrix).max() < 1e-6
