"""Files read whole, up to a size."""

from __future__ import annotations

from pathlib import Path

import pytest

from openset.formats.faults import FormatError
from openset.stage.exchange.whole_file import contents


def test_a_file_is_read_whole_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 10)
    assert contents(path) == contents(path, 10) == b"x" * 10
    with pytest.raises(FormatError, match="larger than 0 MB"):
        contents(path, 9)


def test_ten_gigabytes_are_refused_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as stream:
        stream.truncate(10 * 2**30)  # holds no data, only a size
    with pytest.raises(FormatError, match="larger than 64 MB"):
        contents(path)
