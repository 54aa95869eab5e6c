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


def test_what_final_draft_says_beyond_a_script_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.fdx"
    path.write_text(
        "<FinalDraft><Content><Paragraph Type='Action'><Text RevisionID='1'>x</Text></Paragraph>"
        "</Content><Revisions/></FinalDraft>"
    )
    assert fdx.read(path, Options()).unheld == ("RevisionID (1)", "Revisions (1)")
