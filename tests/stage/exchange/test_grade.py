"""Grades as files: the three CDLs both ways, and one clip's grade as an ACES metadata file."""

from __future__ import annotations

from pathlib import Path

import pytest

from openset.formats import plain_xml
from openset.formats.cdl import CdlError, Correction
from openset.primitives.errors import BadInput
from openset.stage.exchange import grade
from openset.stage.exchange.model import Options

WARM = Correction("warm", (1.1, 1.0, 0.9), saturation=0.9, descriptions=("by the window",))
COLD = Correction("cold", offset=(0.0, 0.0, 0.1), media="A001C004")


def test_a_collection_and_a_list_come_back(tmp_path: Path) -> None:
    for name, wanted in (("ccc", (WARM, COLD)), ("cdl", (WARM, COLD)), ("cc", (WARM,))):
        path = tmp_path / f"a.{name}"
        grade.write((WARM, COLD), path, Options(format=name))
        read = grade.read(path, Options(format=name))
        media = [each.media for each in read.value]
        assert [each.id for each in read.value] == [each.id for each in wanted]
        assert media == (["", "A001C004"] if name == "cdl" else [""] * len(wanted))
        assert (read.skipped, read.faults, read.unheld) == (0, (), ())


def test_a_cc_holds_the_correction_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.cc"
    grade.write((WARM, COLD), path, Options(format="cc", frame=1))
    assert grade.read(path, Options(format="cc")).value[0].id == "cold"
    with pytest.raises(BadInput, match="2 corrections, no number 2"):
        grade.write((WARM, COLD), path, Options(format="cc", frame=2))


def test_corrections_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.ccc"
    good = b"<ColorCorrection id='a'/>"
    bad = b"<ColorCorrection><SOPNode><Power>0 1 1</Power></SOPNode></ColorCorrection>"
    path.write_bytes(b"<ColorCorrectionCollection>" + good + bad * 30 + b"</ColorCorrectionCollection>")
    read = grade.read(path, Options(format="ccc"))
    assert (len(read.value), read.skipped, len(read.faults)) == (1, 30, 20)
    path.write_bytes(b"<ColorCorrectionCollection>" + bad + b"</ColorCorrectionCollection>")
    with pytest.raises(CdlError, match="above zero"):
        grade.read(path, Options(format="ccc"))


def test_an_aces_metadata_file_is_about_one_clip(tmp_path: Path) -> None:
    path = tmp_path / "a.amf"
    grade.write((COLD,), path, Options(format="amf"))
    root = plain_xml.parse(path.read_bytes())
    names = {plain_xml.name(each): plain_xml.text(each) for each in root.iter()}
    assert (names["clipName"], names["Offset"], names["description"]) == ("A001C004", "0 0 0.1", "cold")
    with pytest.raises(BadInput, match="one clip"):
        grade.write((WARM, COLD), path, Options(format="amf"))
