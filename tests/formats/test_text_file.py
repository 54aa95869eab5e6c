"""Text of files in the encodings the field's programs write."""

from __future__ import annotations

import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.text_file import decoded

TEXTS = st.text(st.characters(codec="utf-8"))


@given(TEXTS)
def test_utf_8_and_utf_16_come_back_with_their_marks_or_without(text: str) -> None:
    assert decoded(codecs.BOM_UTF8 + text.encode()) == text
    assert decoded(codecs.BOM_UTF16_LE + text.encode("utf-16-le")) == text
    assert decoded(codecs.BOM_UTF16_BE + text.encode("utf-16-be")) == text
    if not text.startswith("\ufeff"):
        assert decoded(text.encode()) == text


def test_an_old_code_page_is_read_only_where_it_is_asked_for() -> None:
    assert decoded(b"Caf\xe9", "latin-1") == "Café"
    with pytest.raises(FormatError, match="byte 3: this text is not UTF-8"):
        decoded(b"Caf\xe9")


def test_half_a_utf_16_character_names_its_byte() -> None:
    with pytest.raises(FormatError, match=r"byte 4: .*utf-16-le"):
        decoded(codecs.BOM_UTF16_LE + b"a\0b")


@given(st.binary())
def test_any_bytes_give_text_or_a_format_error(data: bytes) -> None:
    assert isinstance(decoded(data, "latin-1") if data[:1] not in (b"\xff", b"\xfe") else "", str)
    with contextlib.suppress(FormatError):
        assert isinstance(decoded(data), str)
