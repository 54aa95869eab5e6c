"""Colour decisions: the three files, both ways, and numbers that are no grade."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import cdl
from openset.formats.cdl import CdlError, Correction
from openset.formats.faults import FormatError

NUMBERS = st.floats(-1e6, 1e6)
POSITIVE = st.floats(1e-9, 1e6)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
).map(str.strip)
CORRECTIONS = st.builds(
    Correction,
    TEXTS,
    st.tuples(*[st.floats(0, 1e6)] * 3),
    st.tuples(*[NUMBERS] * 3),
    st.tuples(*[POSITIVE] * 3),
    st.floats(0, 1e6),
    st.lists(TEXTS.filter(bool), max_size=3).map(tuple),
    TEXTS,
    TEXTS,
)

LIST = b"""<?xml version="1.0" encoding="UTF-8"?>
<ColorDecisionList xmlns="urn:ASC:CDL:v1.01">
  <Description>the whole day</Description>
  <ColorDecision>
    <MediaRef ref="A001C003"/>
    <ColorCorrection id="warm look">
      <InputDescription>LogC</InputDescription>
      <SOPNode>
        <Description>by the window</Description>
        <Slope>1.2 1 0.8</Slope><Offset>-0.01 0 0.02</Offset><Power>1 1 1.1</Power>
      </SOPNode>
      <SATNode><Saturation>0.9</Saturation></SATNode>
    </ColorCorrection>
  </ColorDecision>
  <ColorDecision><MediaRef ref="A001C004"/><ColorCorrectionRef ref="warm look"/></ColorDecision>
  <ColorDecision><ColorCorrection><ASC_SOP><Slope>-1 1 1</Slope></ASC_SOP></ColorCorrection>
  </ColorDecision>
  <ColorDecision><ColorCorrectionRef ref="cold look"/></ColorDecision>
  <Vendor/>
</ColorDecisionList>"""


def test_a_decision_list_gives_its_grades_and_counts_those_it_cannot_use() -> None:
    grades = cdl.read(LIST)
    first, second = grades.corrections
    assert first == Correction(
        "warm look",
        (1.2, 1.0, 0.8),
        (-0.01, 0.0, 0.02),
        (1.0, 1.0, 1.1),
        0.9,
        ("by the window",),
        "LogC",
        "",
        "A001C003",
    )
    assert (second.slope, second.media) == (first.slope, "A001C004")
    assert len(grades.faults) == 2
    assert grades.faults[0] == "line 16: a slope is never negative, as in -1 1 1"
    assert "'cold look'" in grades.faults[1]
    assert grades.unheld == ("ColorDecisionList/Description", "Vendor")


def test_a_file_without_namespace_and_without_saturation_is_read() -> None:
    text = b"<ColorCorrection><SOPNode><Slope>2 2 2</Slope></SOPNode></ColorCorrection>"
    assert cdl.read(text).corrections == (Correction(slope=(2.0, 2.0, 2.0)),)


@settings(max_examples=60, deadline=None)
@given(st.lists(CORRECTIONS, min_size=1, max_size=4))
def test_collections_and_lists_come_back_exactly(corrections: list[Correction]) -> None:
    assert cdl.read(cdl.write(corrections, "ccc")).corrections == tuple(corrections)
    assert cdl.read(cdl.write(corrections, "cdl")).corrections == tuple(corrections)
    assert cdl.read(cdl.write(corrections[:1], "cc")).corrections == tuple(corrections[:1])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_without_exponent_and_exactly(value: float) -> None:
    text = cdl.number(value)
    assert "e" not in text.lower()
    assert float(text) == value


@pytest.mark.parametrize("text", ["1_0 2 3", "1 2", "1 2 nan", "1 2 x", ""])
def test_three_numbers_are_three_numbers(text: str) -> None:
    with pytest.raises(CdlError, match="not 3 numbers"):
        cdl.numbers(text, 3)


def test_control_characters_become_the_replacement_character() -> None:
    (found,) = cdl.read(cdl.write([Correction("a\x00b")], "cc")).corrections
    assert found.id == "a\ufffdb"


@pytest.mark.parametrize(
    ("numbers", "trouble"),
    [
        ({"slope": (-0.1, 1.0, 1.0)}, "never negative"),
        ({"power": (1.0, 0.0, 1.0)}, "above zero"),
        ({"saturation": -0.5}, "never negative"),
        ({"offset": (0.0, math.nan, 0.0)}, "no grade"),
        ({"slope": (1e300, 1.0, 1.0)}, "no grade"),
        ({"saturation": math.inf}, "no grade"),
        ({"slope": (1.0, 1.0)}, "2 numbers"),
    ],
)
def test_numbers_that_are_no_grade_are_refused(numbers: dict[str, object], trouble: str) -> None:
    with pytest.raises(CdlError, match=trouble):
        Correction(**numbers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        (b"<a/>", "no colour decision list"),
        (b"<ColorCorrectionCollection/>", "no colour correction can be used"),
        (
            b"<ColorCorrection><SOPNode>\n<Slope>1 2</Slope></SOPNode></ColorCorrection>",
            "not 3 numbers",
        ),
        (
            b"<ColorCorrection><SOPNode><Slope>1 2 nan</Slope></SOPNode></ColorCorrection>",
            "not 3 numbers",
        ),
    ],
)
def test_what_is_no_grade_is_refused_with_its_place(text: bytes, trouble: str) -> None:
    with pytest.raises(FormatError, match=trouble):
        cdl.read(text)


def test_a_cc_holds_exactly_one_correction() -> None:
    with pytest.raises(CdlError, match=r"\.cc holds one"):
        cdl.write([Correction("a"), Correction("b")], "cc")
    with pytest.raises(CdlError, match="no colour correction"):
        cdl.write([], "ccc")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(LIST) - 1), st.binary(max_size=4), st.integers(0, 30))
def test_a_damaged_list_gives_grades_or_a_format_error(at: int, noise: bytes, cut: int) -> None:
    with contextlib.suppress(FormatError):
        cdl.read(LIST[:at] + noise + LIST[at + cut :])
