"""One error for all that cannot be used, with its place."""

from __future__ import annotations

import ast
from pathlib import Path

from openset.formats.faults import FormatError

FORMATS = Path(__file__).resolve().parents[2] / "src" / "openset" / "formats"


def test_the_place_stands_before_the_trouble() -> None:
    error = FormatError("no such rate", "line 12")
    assert (str(error), error.trouble, error.at) == ("line 12: no such rate", "no such rate", "line 12")
    assert str(FormatError("no such rate")) == "no such rate"


def test_of_a_file_its_name_comes_first() -> None:
    error = FormatError("no such rate", "line 12").in_file("cut.edl", "Correct it")
    assert error.line == "cut.edl, line 12: no such rate. Correct it"
    assert FormatError("no such rate").in_file("cut.edl", "Correct it").where == "cut.edl"


def test_every_error_that_a_format_defines_is_a_format_error() -> None:
    named = {"FormatError"}
    others = []
    for path in sorted(FORMATS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
                bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
                if node.name not in named and not bases & named:
                    others.append(f"{path.name}: {node.name}")
                named.add(node.name)
    assert others == []
