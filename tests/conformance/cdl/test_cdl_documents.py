"""The documents of the ASC CDL: the structure its schema asks for, and the spellings in use."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from openset.formats import cdl
from openset.formats.cdl import Correction

CDL = "{urn:ASC:CDL:v1.2}"
GRADE = Correction(
    "A001_C003",
    (1.2, 1.0, 0.8),
    (-0.01, 0.0, 0.02),
    (1.0, 0.9, 1.1),
    0.9,
    ("day", "window"),
    "LogC4",
    "Rec.709",
    "A001C003.mov",
)
PATHS = {
    "cc": f"{CDL}ColorCorrection",
    "ccc": f"{CDL}ColorCorrectionCollection/{CDL}ColorCorrection",
    "cdl": f"{CDL}ColorDecisionList/{CDL}ColorDecision/{CDL}ColorCorrection",
}


@pytest.mark.parametrize("kind", ["cc", "ccc", "cdl"])
def test_a_correction_has_the_schemas_elements_in_its_order(kind: cdl.Kind) -> None:
    holder = etree.Element("holder")
    holder.append(etree.fromstring(cdl.write([GRADE], kind)))
    (correction,) = holder.findall(PATHS[kind])
    assert correction.get("id") == "A001_C003"
    names = [re.sub(r"\{.*\}", "", str(each.tag)) for each in correction]
    assert names == [
        *["Description"] * 2,
        "InputDescription",
        "ViewingDescription",
        "SOPNode",
        "SatNode",
    ]
    sop = correction.find(f"{CDL}SOPNode")
    assert sop is not None
    assert [(str(each.tag), each.text) for each in sop] == [
        (f"{CDL}Slope", "1.2 1 0.8"),
        (f"{CDL}Offset", "-0.01 0 0.02"),
        (f"{CDL}Power", "1 0.9 1.1"),
    ]
    assert correction.findtext(f"{CDL}SatNode/{CDL}Saturation") == "0.9"


def test_a_decision_names_its_media_before_its_correction() -> None:
    root = etree.fromstring(cdl.write([GRADE], "cdl"))
    (decision,) = root
    assert [str(each.tag) for each in decision] == [f"{CDL}MediaRef", f"{CDL}ColorCorrection"]
    assert decision[0].get("ref") == "A001C003.mov"


@pytest.mark.parametrize("namespace", ['xmlns="urn:ASC:CDL:v1.2"', 'xmlns="urn:ASC:CDL:v1.01"', ""])
@pytest.mark.parametrize(
    ("sop", "sat"), [("SOPNode", "SatNode"), ("ASC_SOP", "ASC_SAT"), ("SOPNode", "SATNode")]
)
def test_every_spelling_in_use_is_read(namespace: str, sop: str, sat: str) -> None:
    text = (
        f'<ColorCorrectionCollection {namespace}><ColorCorrection id="a">'
        f"<{sop}><Slope>2.0\t1.0\n0.5</Slope>"
        f"<Offset>+1e-2 0 -1E-2</Offset><Power>1 1 1</Power></{sop}>"
        f"<{sat}><Saturation> 0.5 </Saturation></{sat}></ColorCorrection></ColorCorrectionCollection>"
    )
    (found,) = cdl.read(text.encode()).corrections
    assert found == Correction("a", (2.0, 1.0, 0.5), (0.01, 0.0, -0.01), saturation=0.5)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_every_encoding_that_names_itself_is_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><ColorCorrection id="café"/>'
    assert cdl.read(text.encode(encoding)).corrections == (Correction("café"),)


def test_the_edges_of_the_standards_ranges_are_kept() -> None:
    edges = Correction("e", (0.0, 0.0, 0.0), (-5.0, 0.0, 5.0), (1e-6, 1.0, 100.0), 0.0)
    assert cdl.read(cdl.write([edges], "cc")).corrections == (edges,)
