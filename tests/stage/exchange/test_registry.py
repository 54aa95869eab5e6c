"""How a file's format is told by its name and its beginning."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

from openset.primitives.errors import BadInput
from openset.stage.exchange.registry import (
    FORMATS,
    Format,
    by_suffix,
    named,
    sequence_name,
    target,
    told,
)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_the_module_of_a_format_has_the_functions_its_row_promises(form: Format) -> None:
    spec = find_spec(form.module)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert not form.reads or "read" in functions
    assert not form.writes or "write" in functions
    if not form.reads:
        names = {target.id for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)
                 for target in ([node.target] if isinstance(node, ast.AnnAssign) else node.targets)
                 if isinstance(target, ast.Name)}  # fmt: skip
        assert "KEEPS" in names, "a format nobody reads declares what it keeps"


def test_names_are_told_apart_and_suffixes_are_lower_case() -> None:
    names = [form.name for form in FORMATS]
    assert len(set(names)) == len(names)
    assert all(end == end.lower() and end.startswith(".") for form in FORMATS for end in form.suffixes)


@pytest.mark.parametrize(
    ("name", "head", "wanted"),
    [
        ("a.otrk.jsonl", b'{"protocol":{"name":"OpenTrackIO"}}', "opentrackio"),
        ("a.json", b'[{"transforms": []}]', "opentrackio-json"),
        ("lens.json", b'{"fisheye_params": {}}', "gyroflow"),
        ("A.F4", b"\x00\x01", "mosys-f4"),
        ("cut.XML", b'<?xml version="1.0"?><xmeml version="5">', "fcp7"),
        ("meta.xml", b"<NonRealTimeMeta>", "sony-xml"),
        ("dbase.xml", b"<lensdatabase version='1'>", "lensfun"),
        ("cut.edl", b"TITLE: LANE\n", "edl"),
        ("camera.chan", b"1 0 0 0 0 0 0 40\n", "nuke-chan"),
        ("noname", b"HIERARCHY\nROOT Hips\n", "bvh"),
        ("page.fountain", b"INT. LANE - DAY\n", "fountain"),
        ("take.freed", b"\xd1\x01", "freed"),
    ],
)
def test_a_file_is_told_by_name_and_content(name: str, head: bytes, wanted: str) -> None:
    assert told(name, head).name == wanted


def test_a_file_nobody_knows_is_refused_with_the_way_on() -> None:
    with pytest.raises(BadInput, match="--from"):
        told("notes.doc", b"once upon a time")


def test_the_target_is_the_format_that_holds_what_the_source_is() -> None:
    assert target("a.json", ("move",)).name == "opentrackio-json"
    assert target("a.json", ("records",)).name == "omc"
    assert target("a.otrk.jsonl", ("move",)).name == "opentrackio"


def test_a_longer_ending_says_more_than_the_first_kind() -> None:
    assert target("a.stmap.exr", ("move", "lens")).name == "st-map"
    assert target("a.exr", ("move", "lens")).name == "exr"
    assert target("a.exr", ("lens",)).name == "st-map"


def test_a_target_nobody_writes_is_refused_with_those_that_are() -> None:
    with pytest.raises(BadInput, match="chan"):
        target("a.f4", ("move",))


def test_a_name_that_is_no_format_is_answered_with_all() -> None:
    with pytest.raises(BadInput, match="nuke-chan"):
        named("maya")


def test_the_longest_suffix_comes_first() -> None:
    assert next(form.name for form in by_suffix("a.otrk.json")) == "opentrackio-json"


def test_an_ending_that_means_another_kind_is_refused_with_what_the_source_holds() -> None:
    held = "a take holds a camera move or a cut"
    with pytest.raises(
        BadInput, match=r"camera move or a cut, and the ending \.omc\.json means records"
    ):
        target("x.omc.json", ("move", "timeline"), held)
    with pytest.raises(BadInput, match=r"\.otrk\.json means a camera move.*--to"):
        target("x.otrk.json", ("records",), "a production holds records")
    with pytest.raises(BadInput, match=r"\.skel\.usda means skeleton motion"):
        target("x.skel.usda", ("move",), held)


def test_a_sequence_may_be_named_as_printf_counts() -> None:
    assert sequence_name(Path("a/f.%04d.exr")) == Path("a/f.####.exr")
    assert sequence_name(Path("f%d.EXR")) == Path("f#.EXR")
    assert sequence_name(Path("f.####.exr")) == Path("f.####.exr")
    assert sequence_name(Path("50%0discount.otrk.json")) == Path("50%0discount.otrk.json")
