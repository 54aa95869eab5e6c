"""Fountain files through the exchange, with what a slate cannot hold said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from openset.formats.faults import FormatError
from openset.formats.fountain import parse
from openset.formats.fountain_model import Element
from openset.stage.exchange.fountain import MOST_BYTES, fields, read, write
from openset.stage.exchange.model import Options

TEXT = "Title: Lane\n\nINT. LANE - DAY #12A-2#\n\nRain. [[VFX: rain]]\n\nINT. HALL\n\nBOB ^\n*Hi.*\n"


def test_a_script_goes_in_and_out(tmp_path: Path) -> None:
    one, two = tmp_path / "a.fountain", tmp_path / "b.fountain"
    one.write_text(TEXT, "utf-8")
    script = read(one, Options()).value
    write(script, two, Options())
    assert read(two, Options()).value == script == parse(TEXT)


def test_what_a_cue_drops_is_told_as_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.fountain"
    cues = ("ANA (CONT'D)", "BOB (V.O.) (cont.)", "    ANA (CONT’D) ^", "BOB (V.O.)", "ANA ()")
    path.write_bytes("\r\n".join(f"{cue}\r\nHi.\r\n" for cue in cues).encode())
    found = read(path, Options())
    assert [each.extensions for each in found.value.opening[::2]] == [(), ("V.O.",), (), ("V.O.",), ()]
    assert found.unheld == ("(CONT'D) (3)",)
    write(found.value, path, Options())
    assert read(path, Options()).unheld == ()


def test_a_scene_number_that_no_slate_can_hold_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.fountain"
    path.write_text(TEXT, "utf-8")
    (fault,) = read(path, Options()).faults
    assert fault.startswith("line 3: scene number 12A-2 cannot stand on a slate; slates")
    assert "folders say 12A_2. Use letters" in fault
    path.write_text("INT. A #場#\n\nx\n", "utf-8")
    (fault,) = read(path, Options()).faults
    assert fault.startswith("line 1: scene number 場 cannot stand on a slate. Use letters")


def test_a_file_too_large_to_be_a_script_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.fountain"
    with path.open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    with pytest.raises(FormatError, match="larger than 16 MB"):
        read(path, Options())


def test_what_a_script_says_is_named_kind_by_kind() -> None:
    said = fields(parse(TEXT))
    assert list(said) == [
        *("title page title", "scene headings", "scene numbers", "numbered", "order"),
        *("action", "note", "character", "extensions", "dual dialogue", "dialogue"),
    ]
    other = fields(parse(TEXT.replace("*Hi.*", "Hi.")))
    assert [name for name in said if said[name] != other[name]] == ["dialogue"]


def test_the_order_of_marks_makes_no_difference() -> None:
    one, two = parse("a _**b**_"), parse("a **_b_**")
    assert one.opening != two.opening == (Element("action", "a **_b_**"),)
    assert fields(one) == fields(two)
