"""Final Draft files through the exchange, and Fountain by way of them."""

from __future__ import annotations

from pathlib import Path

from openset.formats.fountain import parse
from openset.stage.exchange import fdx, fountain
from openset.stage.exchange.model import Options

TEXT = (
    "Title: Lane\nCredit: by\nAuthor: Ama\n\nINT. LANE - DAY #12A-2#\n\n"
    "Rain. [[VFX: rain]]\n\nBOB\n*Hi.*\n\nANA ^\n(low)\nHi.\n"
)


def test_fountain_by_way_of_final_draft_says_the_same(tmp_path: Path) -> None:
    script = parse(TEXT)
    fdx.write(script, tmp_path / "a.fdx", Options())
    found = fdx.read(tmp_path / "a.fdx", Options())
    assert fountain.fields(found.value) == fountain.fields(script)
    assert (found.unheld, found.skipped) == ((), 0)
    assert "12A-2 cannot stand on a slate" in found.faults[0]


def test_what_a_cue_drops_is_told_as_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.fdx"
    cues = ("ANA (CONT'D)", "BOB (V.O.) (CONT’D)", "BOB (V.O.)")
    said = "".join(f"<Paragraph Type='Character'><Text>{cue}</Text></Paragraph>" for cue in cues)
    path.write_text(f"<FinalDraft><Content>{said}</Content></FinalDraft>", "utf-8")
    assert fdx.read(path, Options()).unheld == ("(CONT'D) (2)",)


def test_an_indented_line_of_action_keeps_its_place(tmp_path: Path) -> None:
    script = parse("INT. A\n\n    Far in.\n        Farther.\n")
    fdx.write(script, tmp_path / "a.fdx", Options())
    found = fdx.read(tmp_path / "a.fdx", Options()).value
    assert found.scenes[0].elements[0].text == "    Far in.\n        Farther."


def test_what_final_draft_says_beyond_a_script_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.fdx"
    path.write_text(
        "<FinalDraft><Content><Paragraph Type='Action'><Text RevisionID='1'>x</Text></Paragraph>"
        "</Content><Revisions/></FinalDraft>"
    )
    assert fdx.read(path, Options()).unheld == ("RevisionID (1)", "Revisions (1)")
