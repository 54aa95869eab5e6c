from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.primitives.errors import BadInput
from openset.stage.tracking.freed_profiles import (
    PROFILES,
    Curve,
    profile_named,
    read_calibration,
    write_calibration,
)

TABLE = """field,count,value
# a 4.12 to 48 mm zoom, measured at three marks
zoom,0x555,4.12
zoom,2730,20
zoom,4095,48
focus,1365,0.5
focus,4095,10
iris,1365,11
iris,4095,1.8
"""


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadInput, match="syncro-link"):
        profile_named("unknown")
    assert profile_named("sony") is PROFILES["sony"]


def test_a_table_gives_its_own_points_and_what_lies_between() -> None:
    curves = read_calibration(TABLE)
    assert [curves["zoom"].value(count) for count in (1365, 2730, 4095)] == [4.12, 20.0, 48.0]
    assert curves["zoom"].value(3412.5) == pytest.approx(34.0)  # half way from 20 to 48
    # Half way between 1/0.5 and 1/10 is (2 + 0.1) / 2 = 1.05: 0.95238 m.
    assert curves["focus"].value(2730) == pytest.approx(1 / 1.05)
    assert curves["iris"].value(4095) == 1.8
    assert (curves["zoom"].value(0), curves["zoom"].value(9999)) == (4.12, 48.0)


def test_a_table_turns_back_into_counts() -> None:
    curves = read_calibration(TABLE)
    assert [curves["zoom"].count(value) for value in (4.12, 34.0, 48.0)] == [1365, 3412, 4095]
    assert curves["focus"].count(1 / 1.05) == 2730
    assert curves["iris"].count(11.0) == 1365
    assert (curves["zoom"].count(1.0), curves["zoom"].count(500.0)) == (1365, 4095)
    assert read_calibration(write_calibration(curves)) == curves


@pytest.mark.parametrize(
    ("text", "place", "trouble"),
    [
        ("", "line 1", "no calibration"),
        ("zoom,1,10\n", "line 1", "two lines"),
        ("zoom,1,10\nzoom,1,11\n", "line 2", "counts of zoom must rise"),
        ("zoom,1,10\nzoom,2,11\nzoom,3,11\n", "line 3", "all rise or all fall"),
        ("zoom,1,10\nzoom,2,11\n\nzoom,3,9\n", "line 4", "all rise or all fall"),
        ("iris,1,10\niris,two,11\n", "line 2", "not a count"),
        ("iris,1,10\niris,2,nan\n", "line 2", "beyond any lens"),
        ("focus,1,0\nfocus,2,1\n", "line 1", "beyond any lens"),
        ("zoom,1,10,4\n", "line 1", "field,count,value"),
        ("gain,1,10\n", "line 1", "field,count,value"),
        ("zoom,99999999999,10\nzoom,2,1\n", "line 1", "beyond any lens"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_line(
    text: str, place: str, trouble: str
) -> None:
    with pytest.raises(FormatError, match=trouble) as caught:
        read_calibration(text)
    assert caught.value.at == place


def test_a_table_from_a_spreadsheet_may_use_semicolons_and_a_byte_order_mark() -> None:
    assert read_calibration("\ufeffzoom;1;10\nzoom;2;20\n")["zoom"] == Curve((1, 2), (10.0, 20.0))


def test_a_table_too_long_is_refused_before_it_is_held() -> None:
    with pytest.raises(FormatError, match="at most"):
        read_calibration("".join(f"zoom,{row},{row + 1}\n" for row in range(5000)))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_count_survives_its_value(data: st.DataObject) -> None:
    counts = sorted(data.draw(st.sets(st.integers(0, 65535), min_size=2, max_size=12)))
    steps = data.draw(st.lists(st.floats(0.5, 50), min_size=len(counts), max_size=len(counts)))
    values = [sum(steps[: index + 1]) for index in range(len(steps))]
    if data.draw(st.booleans()):
        values.reverse()
    field = data.draw(st.sampled_from(["zoom", "focus", "iris"]))
    curve = read_calibration(
        "\n".join(f"{field},{count},{value!r}" for count, value in zip(counts, values, strict=True))
    )[field]
    for count in (*counts, (counts[0] + counts[-1]) // 2):
        assert curve.count(curve.value(count)) == count


@given(st.text(max_size=200))
def test_arbitrary_text_raises_only_the_named_error(text: str) -> None:
    with pytest.raises(FormatError):
        read_calibration(text)
