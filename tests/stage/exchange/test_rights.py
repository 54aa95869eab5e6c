"""Rights as files: XMP and TOML, both ways, and tables that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.rights_table import from_table, table
from openset.formats.xmp import Label, Rights
from openset.stage.exchange import rights
from openset.stage.exchange.model import Options

WHOLE = Rights(
    "سوق الزقاق",
    ("Amina Bello", "李明"),
    "Collectif de la Ruelle",
    "CC-BY-4.0",
    "https://creativecommons.org/licenses/by/4.0/",
    consent_refs=("release-7",),
    labels=(Label("abc-123", "TK Attribution", "https://localcontextshub.org/projects/abc-123"),),
    data_mining="DMI-PROHIBITED",
)


@pytest.mark.parametrize("name", ["xmp", "rights-toml"])
def test_rights_come_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / "movie"
    rights.write(WHOLE, path, Options(format=name))
    read = rights.read(path, Options(format=name))
    assert (read.value, read.unheld) == (WHOLE, ())


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(codec="utf-8")).filter(bool))
def test_any_title_comes_back_from_a_table(title: str) -> None:
    assert from_table(table(Rights(title))) == (Rights(title), ())


def test_the_table_of_a_production_is_read_and_unknown_names_are_told(tmp_path: Path) -> None:
    path = tmp_path / "production.toml"
    path.write_text(
        'title = "Lane"\n[rights]\nowner = "The lane"\ncreators = "Amina"\nmood = "good"\n',
        encoding="utf-8",
    )
    read = rights.read(path, Options(format="rights-toml"))
    assert read.value == Rights(owner="The lane", creators=("Amina",))
    assert read.unheld == ("mood",)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("[rights", "not TOML"),
        ('title = "Lane"\n', r"no table \[rights\]"),
        ("[rights]\n", "nothing in it"),
        ("[rights]\nmood = 1\n", "nothing that is known"),
        ("[rights]\nowner = 1\n", "rights.owner: this is no text"),
        ("[rights]\ncreators = 1\n", "rights.creators: this is no list"),
        ("[rights]\nlabels = [1]\n", "a label is a table"),
        ('[rights]\ndata_mining = "yes"\n', "DMI-ALLOWED"),
        ("a = " + "[" * 5000, "nested too deep|not TOML"),
    ],
)
def test_a_table_that_is_none_is_refused_by_name(tmp_path: Path, text: str, trouble: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=trouble):
        rights.read(path, Options(format="rights-toml"))


def test_rights_that_say_nothing_are_not_written(tmp_path: Path) -> None:
    for name in ("xmp", "rights-toml"):
        with pytest.raises(FormatError, match="no rights"):
            rights.write(Rights(), tmp_path / "a", Options(format=name))
