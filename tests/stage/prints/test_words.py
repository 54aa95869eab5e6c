"""What the sheets say, in every language."""

from __future__ import annotations

import string

import pytest

from openset.primitives.errors import BadInput
from openset.stage.prints.words import LANGUAGES, decimal, language_code, words_in


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text)} - {None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things_with_the_same_figures(language: str) -> None:
    english, said = LANGUAGES["en"], LANGUAGES[language]
    assert said.keys() == english.keys()
    for name, text in said.items():
        assert text.strip(), name
        assert fields(text) == fields(english[name]), name


def test_the_option_on_the_sheet_is_the_same_in_every_language() -> None:
    for said in LANGUAGES.values():
        assert "--bar-mm 98" in said["measure"]
        assert "--bar-mm 98" in said["both_bars"]


def test_a_region_is_taken_for_its_language() -> None:
    assert language_code("fr-CA") == language_code(" FR_ca ") == "fr"
    assert words_in("de")["top"] == "OBEN"


def test_a_language_the_sheets_do_not_come_in_is_refused_with_the_list() -> None:
    with pytest.raises(BadInput, match="Choose one of en, fr, de, es"):
        words_in("ar")


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert decimal(2.5, words_in("en")) == "2.5"
    assert decimal(2.5, words_in("fr")) == "2,5"
