"""A file's bytes, all at once, where it is no larger than its format can sensibly be."""

from __future__ import annotations

from pathlib import Path

from openset.formats.faults import FormatError

MOST_BYTES = 64 * 1024 * 1024
"""Far more than the longest edit list, log or list of grades."""


def contents(path: Path, most: int = MOST_BYTES) -> bytes:
    """The file's bytes. Raises FormatError for a file larger than `most`, having read no more than
    that."""
    with path.open("rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise FormatError(f"this file is larger than {most // 2**20} MB, which none of its format is")
    return data
