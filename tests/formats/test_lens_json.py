"""What the JSON lens files share."""

from __future__ import annotations

import pytest

from openset.formats.faults import FormatError
from openset.formats.lens_json import document, number, part, text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"3",
        b"{",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"a":' * 5000,
        b'{"a": "\xff"}',
        b"\xff\xfe{",
        b'{"a": "\\ud800"}',
    ],
)
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        document(data, "lens file")


def test_the_line_of_the_trouble_is_named() -> None:
    with pytest.raises(FormatError, match=r"^line 2"):
        document(b'{"a": 1,\n oops}', "lens file")


def test_a_file_in_utf_16_is_read() -> None:
    assert document('\ufeff{"name": "Optik"}'.encode("utf-16-le"), "lens file") == {"name": "Optik"}


def test_fields_are_told_from_what_they_should_be() -> None:
    parent = {"t": " a ", "n": 3, "o": {}, "flag": True, "huge": 1e300}
    assert text(parent, "t") == "a"
    assert number(parent, "n", 0, 5) == 3.0
    assert (text(parent, "x"), number(parent, "x", 0, 1), part(parent, "x")) == ("", None, {})
    for wrong in ("n", "o"):
        with pytest.raises(FormatError, match=rf"^up\.{wrong}"):
            text(parent, wrong, "up")
    for wrong in ("t", "flag", "huge"):
        with pytest.raises(FormatError, match=rf"^{wrong}: .*no number from 0 to 5"):
            number(parent, wrong, 0, 5)
    with pytest.raises(FormatError, match=r"^t: an object"):
        part(parent, "t")
