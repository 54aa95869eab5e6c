"""ACES metadata files against the structure of the version 2 schema, element by element."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from openset.formats import amf, plain_xml
from openset.formats.amf import AmfError, Pipeline
from openset.formats.cdl import Correction

ACES = "{urn:ampas:aces:amf:v2.0}"
CDL = "{urn:ASC:CDL:v1.01}"
UUIDS = ("afe122be-59d3-4360-ad69-33c10108fa7a", "be6ec2ea-a6dc-46bc-bf0d-afced5ff3dd8")
MOMENT = "2026-11-24T10:00:00Z"
INPUT = "urn:ampas:aces:transformId:v2.0:CSC.Sony.SLog3_SGamut3Cine_to_ACES.a2.v1"
OUTPUT = "urn:ampas:aces:transformId:v2.0:Output.Academy.Rec709-D65_100nit_in_Rec709-D65_BT1886.a2.v1"

# The children each element of the schema may have, in its order; * any number, ? at most one.
RULES = {
    "acesMetadataFile": "amfInfo clipId? pipeline archivedPipeline*",
    "amfInfo": "description? author* dateTime uuid",
    "dateTime": "creationDateTime modificationDateTime",
    "clipId": "clipName sequence? file? uuid?",
    "pipeline": "pipelineInfo inputTransform? workingLocation* lookTransform* outputTransform?",
    "pipelineInfo": "description? author* dateTime uuid systemVersion",
    "systemVersion": "majorVersion minorVersion patchVersion",
    "inputTransform": "description? hash? uuid? file? transformId?",
    "outputTransform": "description? hash? uuid? file? transformId?",
    "lookTransform": "description? hash? cdlWorkingSpace SOPNode SatNode",
    "cdlWorkingSpace": "toCdlWorkingSpace? fromCdlWorkingSpace",
    "toCdlWorkingSpace": "description? hash? uuid? file? transformId?",
    "fromCdlWorkingSpace": "description? hash? uuid? file? transformId?",
    "SOPNode": "Description* Slope Offset Power",
    "SatNode": "Description* Saturation",
}


def check(element: etree._Element) -> None:
    """That an element and all below it have the children their rule asks for, in its order."""
    names = [plain_xml.name(each) for each in element]
    rule = RULES.get(plain_xml.name(element), "").split()
    for part in rule:
        name = part.rstrip("?*")
        count = 0
        while names and names[0] == name:
            names.pop(0)
            count += 1
        assert count >= (0 if part[-1] in "?*" else 1), f"{plain_xml.name(element)} lacks {name}"
        assert part.endswith("*") or count <= 1
    assert not names, f"{names} in {plain_xml.name(element)}"
    for each in element:
        check(each)


def test_a_whole_pipeline_has_the_structure_of_the_schema() -> None:
    made = Pipeline(
        UUIDS,
        MOMENT,
        "A001C003",
        "A001C003.mov",
        "Lane",
        INPUT,
        OUTPUT,
        (Correction("warm", (1.1, 1.0, 0.9), saturation=0.8), Correction("cold")),
    )
    root = plain_xml.parse(amf.write(made))
    check(root)
    assert root.tag == f"{ACES}acesMetadataFile"
    assert root.get("version") == "2.0"
    pipeline = root.find(f"{ACES}pipeline")
    assert pipeline is not None
    assert [each.get("applied") for each in pipeline if each.get("applied")] == ["false"] * 4
    assert pipeline.findtext(f"{ACES}inputTransform/{ACES}transformId") == INPUT
    assert pipeline.findtext(f"{ACES}lookTransform/{CDL}SOPNode/{CDL}Slope") == "1.1 1 0.9"
    assert pipeline.findtext(f"{ACES}lookTransform/{CDL}SatNode/{CDL}Saturation") == "0.8"
    assert root.findtext(f"{ACES}clipId/{ACES}file") == "A001C003.mov"
    assert root.findtext(f"{ACES}amfInfo/{ACES}uuid") == f"urn:uuid:{UUIDS[0]}"


def test_the_least_file_is_the_schemas_least() -> None:
    root = plain_xml.parse(amf.write(Pipeline(UUIDS, MOMENT)))
    check(root)
    assert [plain_xml.name(each) for each in root] == ["amfInfo", "pipeline"]


def test_the_same_values_give_the_same_bytes() -> None:
    made = Pipeline(UUIDS, MOMENT, "clip", grades=(Correction("a"),), baked=True)
    assert amf.write(made) == amf.write(made)
    assert b'applied="true"' in amf.write(made)


@pytest.mark.parametrize(
    ("wrong", "trouble"),
    [
        ({"input_id": "Sony S-Log3"}, "transform id"),
        ({"uuids": ("no", UUIDS[1])}, "no UUID"),
        ({"moment": "yesterday"}, "date and time"),
        ({"system_version": (10, 0, 0)}, "release"),
        ({"grades": (Correction("a"),), "grading_space": ("", "")}, "out of the space"),
    ],
)
def test_what_the_schema_refuses_is_refused_here(wrong: dict[str, object], trouble: str) -> None:
    with pytest.raises(AmfError, match=trouble):
        amf.write(Pipeline(**{"uuids": UUIDS, "moment": MOMENT, **wrong}))  # type: ignore[arg-type]


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text(), st.text())
def test_any_words_make_a_well_formed_file(clip: str, file: str, description: str) -> None:
    root = plain_xml.parse(amf.write(Pipeline(UUIDS, MOMENT, clip, file, description)))
    check(root)
    if clip:
        assert root.findtext(f"{ACES}clipId/{ACES}clipName") == plain_xml.fit(clip)
