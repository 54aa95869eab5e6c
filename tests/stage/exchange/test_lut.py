"""LUTs as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from openset.formats.cube import Cube
from openset.formats.faults import FormatError
from openset.stage.exchange import lut
from openset.stage.exchange.model import Options


def test_a_cube_comes_back(tmp_path: Path) -> None:
    table = np.random.default_rng(1).random((5, 5, 5, 3), np.float32)
    path = tmp_path / "look.cube"
    lut.write(Cube(table, title="Look"), path, Options())
    read = lut.read(path, Options())
    assert np.array_equal(read.value.table, table)
    assert read.value.title == "Look"
    assert read.unheld == ()


def test_a_range_of_video_levels_is_named_as_not_held(tmp_path: Path) -> None:
    path = tmp_path / "look.cube"
    path.write_text("LUT_IN_VIDEO_RANGE\nLUT_1D_SIZE 2\n0 0 0\n1 1 1\n", encoding="utf-8")
    assert lut.read(path, Options()).unheld == ("LUT_IN_VIDEO_RANGE",)


def test_a_cube_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "look.cube"
    path.write_text("LUT_3D_SIZE 33\n0 0 0\n", encoding="utf-8")
    with pytest.raises(FormatError, match="35937"):  # 33³
        lut.read(path, Options())
