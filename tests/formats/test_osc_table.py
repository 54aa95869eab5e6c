"""Tables of OSC addresses: what they mean, and what is said of a wrong one."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import osc, osc_table
from openset.formats.osc import Message
from openset.formats.osc_table import FIELDS, TableError, pose, read_table, write
from openset.primitives.axes import NAMED
from openset.primitives.space import Pose, angle_between_rad, pan_tilt_roll_from_pose

HALF = math.sqrt(0.5)
ANGLES = """name = "Head"
[[message]]
address = "/head/pose"
arguments = ["-", "x", "y", "z", "pan", "tilt", "roll"]
unit = "mm"
scale = { pan = -1.0 }
[[message]]
address = "/head/lens"
arguments = ["focal_length_mm", "f_stop"]
"""


def example() -> str:
    """The table in the module's own documentation."""
    lines = (osc_table.__doc__ or "").split("\n    ")[1:]
    return re.sub(r"\n`.*", "", "\n".join(lines), flags=re.DOTALL).replace("\n\n    ", "\n\n")


def test_the_example_in_the_documentation_runs() -> None:
    table = read_table(example())
    assert (table.name, table.axes.name, len(table.rows)) == ("Steadicam phone", "y-up", 2)
    place = table.read(Message("/rig/b/position", (100.0, 150.0, -200.0)))
    look = table.read(Message("/rig/b/look", (0.0, HALF, 0.0, HALF, "ignored", 250.0)))
    assert place == ("b", {"x": 1.0, "y": 1.5, "z": -2.0})
    assert look is not None
    assert look[1]["focus_distance_m"] == 2.5
    got = pose({**place[1], **look[1]}, table.axes)
    assert got is not None
    assert got.position_m == (1.0, 2.0, 1.5)
    assert pan_tilt_roll_from_pose(got) == pytest.approx((math.pi / 2, 0.0, 0.0))


def test_angles_units_and_signs_are_turned_into_ours() -> None:
    table = read_table(ANGLES)
    found = table.read(Message("/head/pose", (7, 1000, 2000.0, 1500.0, 90.0, 10.0, 5.0)))
    assert found is not None
    got = pose(found[1], table.axes)
    assert got is not None
    assert got.position_m == (1.0, 2.0, 1.5)
    assert pan_tilt_roll_from_pose(got) == pytest.approx(
        (-math.pi / 2, math.radians(10), math.radians(5))
    )
    assert table.read(Message("/other", (1.0,))) is None


def test_an_address_pattern_stands_for_one_part_only() -> None:
    table = read_table(example())
    assert table.read(Message("/rig/a/b/position", (1.0, 2.0, 3.0))) is None


@pytest.mark.parametrize("axes", sorted(NAMED))
@settings(max_examples=25, deadline=None)
@given(
    place=st.tuples(*[st.floats(-50, 50)] * 3),
    turn=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: math.hypot(*q) > 0.1),
)
def test_a_pose_survives_a_table_both_ways(axes: str, place: Any, turn: Any) -> None:
    text = f"""axes = "{axes}"
[[message]]
address = "/a/*"
arguments = ["x", "y", "z", "qx", "qy", "qz", "qw", "focal_length_mm"]
unit = "ft"
scale = {{ x = -1 }}
[[message]]
address = "/time"
arguments = ["time_s"]
"""
    table = read_table(text)
    length = math.hypot(*turn)
    sent = Pose(place, tuple(each / length for each in turn))
    messages = write(table, sent, {"focal_length_mm": 35.0}, "b")
    assert [each.address for each in messages] == ["/a/b"]  # no time is known: that one is left out
    (message,) = osc.decode(osc.encode(messages[0])).messages
    found = table.read(message)
    assert found is not None
    got = pose(found[1], table.axes)
    assert got is not None
    assert got.position_m == pytest.approx(place, abs=1e-4)
    assert angle_between_rad(got, sent) < 2e-3
    assert found[1]["focal_length_mm"] == 35.0


@pytest.mark.parametrize(
    ("text", "place", "trouble"),
    [
        ("axes = \n", "line 1", "not TOML"),
        ('name = "a"\naxes = "maya"\n', "line 2", "no axes 'maya'"),
        ('name = "a"\nport = 9\n', "line 2", "no setting 'port'"),
        ('name = "a"\n', "line 1", "one .*message"),
        ('[[message]]\naddress = "a"\n', "line 2", "begins with /"),
        ('[[message]]\naddress = "/a"\n', "line 1", "list of fields"),
        ('[[message]]\naddress = "/a/**"\n', "line 2", "at most one"),
        ('[[message]]\naddress = "/a"\narguments = ["x", "yaw"]\n', "line 3", "no field 'yaw'"),
        ('[[message]]\naddress = "/a"\narguments = ["pan"]\nunit = "km"\n', "line 4", "no unit"),
        ('[[message]]\naddress = "/a"\narguments = ["pan"]\nangle = "gon"\n', "line 4", "no angle"),
        ('[[message]]\naddress = "/a"\narguments = ["pan"]\nscale = {x = 2}\n', "line 4", "fields of"),
        ('[[message]]\naddress = "/a"\narguments = ["pan"]\nscale = {pan = 0}\n', "line 4", "not 0"),
        ('[[message]]\naddress = "/a"\narguments = ["pan"]\nscal = 2\n', "line 4", "no setting 'scal'"),
        ('\n[[message]]\naddress = "/a"\narguments = ["x", "y"]\n', "line 2", "but not z"),
        ('[[message]]\naddress = "/a"\narguments = ["f_stop"]\n', "line 1", "nothing of a pose"),
        (
            '[[message]]\naddress = "/a"\narguments = ["pan"]\n'
            '[[message]]\naddress = "/b"\narguments = ["tilt"]\nunit = 4\n',
            "line 7",
            "no unit",
        ),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(text: str, place: str, trouble: str) -> None:
    with pytest.raises(TableError, match=trouble) as caught:
        read_table(text)
    assert caught.value.at == place


@pytest.mark.parametrize(
    "arguments", [(), (1.0,), ("a", 1.0), (math.nan, 1.0), (1e300, 1.0), (True, 1.0)]
)
def test_arguments_that_are_no_numbers_are_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TableError):
        read_table(ANGLES).read(Message("/head/lens", arguments))


def test_a_quaternion_without_length_is_no_pose() -> None:
    assert pose(dict.fromkeys(("qw", "qx", "qy", "qz"), 0.0), NAMED["unity"]) is None


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.sampled_from(sorted(FIELDS)), st.data())
def test_any_text_raises_only_the_named_error(noise: str, name: str, data: st.DataObject) -> None:
    mixed = list(example())
    for _ in range(data.draw(st.integers(0, 5))):
        mixed[data.draw(st.integers(0, len(mixed) - 1))] = data.draw(st.characters())
    for text in (noise, "".join(mixed), f'[[message]]\naddress = "/a"\narguments = ["{name}"]\n'):
        try:
            table = read_table(text)
        except TableError as error:
            assert error.at.startswith("line")  # noqa: PT017
        else:
            assert table.rows
