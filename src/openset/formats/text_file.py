"""A file's text as the field's programs write it: UTF-8, UTF-16 with its mark, or an old code page."""

from __future__ import annotations

import codecs

from openset.formats.faults import FormatError

MOST_BYTES = 256 * 1024 * 1024
"""A larger text is refused before it is decoded."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(data: bytes, fallback: str = "") -> str:
    """The text without its byte order mark. What is not UTF-8 is read in the code page `fallback`,
    where the format's programs write one. Raises FormatError with the byte that fits no encoding."""
    if len(data) > MOST_BYTES:
        raise FormatError(f"this text is larger than {MOST_BYTES // 2**20} MB")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], encoding, len(mark))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not fallback:
            raise FormatError("this text is not UTF-8", f"byte {error.start}") from error
    return _decode(data, fallback, 0)


def _decode(data: bytes, encoding: str, before: int) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FormatError(f"this text is not {encoding}", f"byte {before + error.start}") from error
