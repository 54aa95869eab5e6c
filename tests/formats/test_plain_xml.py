"""XML of strangers: what is read, what is refused, and that nothing is fetched or grown."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import plain_xml
from openset.formats.faults import FormatError

BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "aaaaaaaa"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'


def test_a_document_with_a_type_and_comments_is_read_without_them() -> None:
    root = plain_xml.parse(
        b'<!DOCTYPE xmeml><!-- c --><?pi x?><a xmlns="urn:x"><b>  hi </b><!-- d --></a>'
    )
    assert plain_xml.name(root) == "a"
    assert [plain_xml.text(each) for each in plain_xml.children(root, "B")] == ["hi"]
    assert [plain_xml.name(each) for each in root] == ["b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_any_encoding(encoding: str) -> None:
    text = BOMB.decode().replace('version="1.0"', f'version="1.0" encoding="{encoding}"')
    with pytest.raises(FormatError, match="entities"):
        plain_xml.parse(text.encode(encoding))


def test_a_file_outside_is_never_opened(tmp_path: object) -> None:
    with pytest.raises(FormatError):
        plain_xml.parse(
            b'<!DOCTYPE a SYSTEM "file:///etc/passwd" [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
        )
    root = plain_xml.parse(b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>')
    assert plain_xml.name(root) == "a"


def test_what_is_no_xml_names_its_line() -> None:
    with pytest.raises(FormatError) as found:
        plain_xml.parse(b"<a>\n<b>\n</a>")
    assert found.value.at == "line 3"


def test_deep_nesting_is_refused_and_not_followed() -> None:
    with pytest.raises(FormatError, match="not XML"):
        plain_xml.parse(b"<a>" * 100_000 + b"</a>" * 100_000)


@given(st.text())
def test_any_text_can_be_written_and_comes_back_where_xml_can_hold_it(text: str) -> None:
    root = plain_xml.parse(b"<a/>")
    root.text = plain_xml.fit(text)
    again = plain_xml.parse(plain_xml.serialised(root)).text or ""
    assert again == plain_xml.fit(text)
    held = all(char in "\t\n\r" or char >= " " for char in text)
    assert (again == text) or not held or "\ufffe" in text or "\uffff" in text


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 40), st.integers(0, 255))
def test_any_bytes_give_an_element_or_a_format_error(noise: bytes, at: int, byte: int) -> None:
    good = bytearray(b'<?xml version="1.0" encoding="UTF-8"?><a x="1">t<b/>u</a>')
    good[at] = byte
    for data in itertools.chain([noise, bytes(good), bytes(good[:at]) + noise]):
        with contextlib.suppress(FormatError):
            plain_xml.parse(data)
