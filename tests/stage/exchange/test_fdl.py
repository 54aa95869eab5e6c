"""Framing decisions: frames against the ASC's own arithmetic, both ways, and lists that are none."""

from __future__ import annotations

import contextlib
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.primitives.errors import BadInput
from openset.stage.exchange import fdl as ours
from openset.stage.exchange.fdl import Framing, framed
from openset.stage.exchange.model import Options

fdl = pytest.importorskip("fdl", reason="the ASC's library is not installed")

SCOPE = Fraction(239, 100)


def theirs(size: tuple[int, int], aspect: Fraction, protection: float) -> tuple[Any, Any]:
    """The ASC library's frame and its corner."""
    found = fdl.compute_framing_from_intent(
        fdl.DimensionsFloat(width=size[0], height=size[1]),
        fdl.DimensionsFloat(width=size[0], height=size[1]),
        1.0,
        fdl.DimensionsInt(width=aspect.numerator, height=aspect.denominator),
        protection,
    )
    frame, corner = found.dimensions, found.anchor_point
    return (frame.width, frame.height), (corner.x, corner.y)


def test_scope_in_a_large_format_picture() -> None:
    found = framed((4448, 3096), SCOPE, "scope")
    # 4448 wide; 4448 / 2.39 = 1861.09 high, the next even 1862; (3096 - 1862) / 2 = 617 from the top
    assert (found.size_px, found.at_px) == ((4448, 1862), (0, 617))


def test_an_anamorphic_frame_stays_inside_the_canvas() -> None:
    found = framed((2880, 2160), SCOPE, "scope", squeeze=2.0)
    # stretched, 2160 high is 2160 · 2.39 = 5162.4 wide: 2581.2 as recorded, the next even 2582
    assert (found.size_px, found.at_px) == ((2582, 2160), (149, 0))


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(100, 4000), st.integers(100, 4000)).map(
        lambda size: (size[0] * 2, size[1] * 2)
    ),
    st.sampled_from([SCOPE, Fraction(16, 9), Fraction(1), Fraction(185, 100), Fraction(9, 16)]),
)
def test_unsqueezed_frames_are_the_ascs_own(size: tuple[int, int], aspect: Fraction) -> None:
    found = framed(size, aspect, "a")
    assert (found.size_px, found.at_px) == theirs(size, aspect, 0.0)


def test_room_around_the_frame_is_the_ascs_own_too() -> None:
    found = framed((4448, 3096), SCOPE, "scope", protection=0.05)
    assert (found.size_px, found.at_px) == theirs((4448, 3096), SCOPE, 0.05)


@pytest.mark.parametrize("size", [(0, 1080), (1920, -1), (2_000_000, 1080)])
def test_a_canvas_of_no_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="no size"):
        framed(size, SCOPE, "a")
    with pytest.raises(BadInput, match="no frame"):
        framed((1920, 1080), Fraction(-1), "a")


FRAMINGS = st.builds(
    Framing,
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8),
    st.tuples(st.integers(2, 9000), st.integers(2, 9000)),
    st.fractions(Fraction(1, 4), 4, max_denominator=100),
    st.tuples(st.floats(1, 9000), st.floats(1, 9000)),
    st.tuples(st.floats(0, 9000), st.floats(0, 9000)),
    st.sampled_from(["", "A cam", "相机"]),
    st.sampled_from([1.0, 1.3, 2.0]),
    st.just(0.0),
    st.sampled_from(["", "day 1"]),
)


def key(framing: Framing) -> tuple[str, ...]:
    return framing.context, framing.canvas, str(framing)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FRAMINGS, min_size=1, max_size=4, unique_by=str))
def test_framings_come_back_as_they_were(tmp_path: Path, framings: list[Framing]) -> None:
    path = tmp_path / "a.fdl"
    inside = [each for each in framings if fits(each)] or [framed((100, 100), SCOPE, "a")]
    ours.write(tuple(inside), path, Options())
    read = ours.read(path, Options())
    assert sorted(read.value, key=key) == sorted(inside, key=key)
    with fdl.read_from_file(path) as document:  # and the ASC's own reader accepts it
        assert document.fdl_creator == "Openset"


def fits(framing: Framing) -> bool:
    """Whether the frame lies in its canvas, as the library asks."""
    return all(
        at + size <= whole
        for at, size, whole in zip(framing.at_px, framing.size_px, framing.canvas_px, strict=True)
    )


def test_the_room_around_a_frame_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.fdl"
    ours.write((framed((4448, 3096), SCOPE, "scope", protection=0.05),), path, Options())
    decision = json.loads(path.read_text(encoding="utf-8"))["contexts"][0]["canvases"][0][
        "framing_decisions"
    ][0]
    assert decision["protection_dimensions"] == {"width": 4448, "height": 1862}
    assert decision["protection_anchor_point"] == {"x": 0, "y": 617}


GOOD = {
    "uuid": "688dfb4e-3353-4ae8-853b-7169b4639171",
    "version": {"major": 2, "minor": 0},
    "framing_intents": [{"id": "F", "aspect_ratio": {"width": 16, "height": 9}}],
    "contexts": [
        {
            "label": "c",
            "canvases": [
                {
                    "id": "C",
                    "dimensions": {"width": 1920, "height": 1080},
                    "effective_dimensions": {"width": 1900, "height": 1060},
                    "framing_decisions": [
                        {
                            "id": "C-F",
                            "framing_intent_id": "F",
                            "dimensions": {"width": 1920, "height": 1080},
                            "anchor_point": {"x": 0, "y": 0},
                        },
                        {"id": "C-G", "framing_intent_id": "G"},
                    ],
                }
            ],
        }
    ],
}


def test_a_decision_that_cannot_be_used_is_counted_and_the_rest_named(tmp_path: Path) -> None:
    path = tmp_path / "a.fdl"
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    read = ours.read(path, Options())
    assert len(read.value) == 1
    assert (read.skipped, read.faults) == (1, ("framing 'C-G': there is no framing intent 'G'",))
    assert read.unheld == ("effective_dimensions",)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("{", "line 1: this is not JSON"),
        ("[" * 100_000, "nested too deep"),
        ("[]", "an object is missing"),
        ("{}", "version 0"),
        ('{"version": {"major": 3}}', "version 3"),
        ('{"version": {"major": 2}}', "no framing decision"),
        ('{"version": {"major": "two"}}', "no int"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, text: str, trouble: str) -> None:
    path = tmp_path / "a.fdl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=trouble):
        ours.read(path, Options())


PLACES = [match.span(1) for match in re.finditer(r': ("[^"]*"|[0-9.]+)', json.dumps(GOOD))]
STRANGE = ["null", "-1", "1e300", "NaN", '"x"', "[]", "{}", "9" * 40, "1e-300", "true", "0"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PLACES), st.sampled_from(STRANGE))
def test_a_strange_value_anywhere_gives_framings_or_a_format_error(
    tmp_path: Path, place: tuple[int, int], value: str
) -> None:
    path, good = tmp_path / "a.fdl", json.dumps(GOOD)
    path.write_text(good[: place[0]] + value + good[place[1] :], encoding="utf-8")
    with contextlib.suppress(FormatError):
        ours.read(path, Options())
