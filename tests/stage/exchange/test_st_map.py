"""A lens as a pair of ST maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.stage.exchange.model import Options
from openset.stage.exchange.st_map import beside, chosen, write
from openset.stage.lens.files import read_st_map
from openset.stage.lens.model import Lens
from openset.stage.lens.report import report_from_lens
from openset.stage.lens.stmap import overscan, straight_size
from openset.stage.lens.table import LensSetting, LensTable
from openset.stage.tracking.samples import LensReport

LENS = Lens(320, 180, 300.0, 300.0, 163.0, 88.0, k1=-0.12, k2=0.03, p1=0.001, sensor_width_mm=25.0)
TABLE = LensTable(
    "stage",
    (
        LensSetting(0.0, 0.0, report_from_lens(LENS)),
        LensSetting(1.0, 0.0, report_from_lens(replace(LENS, k1=-0.05))),
    ),
    size_px=(320, 180),
)


def test_the_two_maps_undo_each_other(tmp_path: Path) -> None:
    """Where the second looks at for a camera pixel, the first looks back at that pixel."""
    path = tmp_path / "lens.stmap.exr"
    write(TABLE, path, Options())
    straighten, bend = read_st_map(path), read_st_map(tmp_path / "lens.distort.stmap.exr")
    assert straighten.shape[:2][::-1] == straight_size(LENS, overscan(LENS))
    assert bend.shape == (180, 320, 2)
    for row, column in ((5, 8), (90, 160), (170, 300)):
        across, down = bend[row, column] * straighten.shape[1::-1] - 0.5
        x, y = int(across), int(down)
        patch = straighten[y : y + 2, x : x + 2].astype(np.float64)
        wx, wy = across - x, down - y
        top = patch[0, 0] * (1 - wx) + patch[0, 1] * wx
        bottom = patch[1, 0] * (1 - wx) + patch[1, 1] * wx
        seen = (top * (1 - wy) + bottom * wy) * [320, 180] - 0.5
        assert seen == pytest.approx([column, row], abs=0.01)


def test_a_frame_chooses_the_setting_and_a_size_the_picture() -> None:
    assert chosen(TABLE, Options()).k1 == pytest.approx(-0.12)
    assert chosen(TABLE, Options(frame=1)).k1 == pytest.approx(-0.05)
    twice = chosen(TABLE, Options(size_px=(640, 360)))
    assert (twice.width_px, twice.fx_px) == (640, pytest.approx(600.0))
    bare = LensTable("x", (LensSetting(0.0, 0.0, LensReport(focal_length_mm=25.0)),))
    usual = chosen(bare, Options(sensor_width_mm=25.0))
    assert (usual.width_px, usual.height_px, usual.fx_px) == (1920, 1080, pytest.approx(1920.0))


def test_the_map_that_bends_lies_beside_the_other() -> None:
    assert beside(Path("a/lens.exr")) == Path("a/lens.distort.exr")
    assert beside(Path("a/lens.stmap.exr")) == Path("a/lens.distort.stmap.exr")


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lens.exr"
    with pytest.raises(BadInput, match="2 settings"):
        write(TABLE, path, Options(frame=2))
    with pytest.raises(BadInput, match="size of a picture"):
        write(TABLE, path, Options(size_px=(100_000, 2)))
    folded = replace(LENS, fx_px=90.0, fy_px=90.0, k1=-0.6, k2=0.0)
    with pytest.raises(BadInput, match="folds"):
        write(LensTable("x", (LensSetting(0.0, 0.0, report_from_lens(folded)),)), path, Options())
    with pytest.raises(BadInput, match="straight picture"):
        write(TABLE, path, Options(size_px=(16_000, 9_000)))
    assert list(tmp_path.iterdir()) == []
