"""Openset's own lens file among all others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from openset.stage.exchange.convert import convert
from openset.stage.exchange.model import Options
from openset.stage.exchange.openset_lens import file_of, read, write
from openset.stage.lens.files import read_lens, write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens

LENS = Lens(1920, 1080, 1450.0, 1452.0, 975.3, 528.7, -0.21, 0.09, 0.0007, -0.0005, -0.015)
FILE = LensFile("35 mm", (MeasuredLens(LENS, rms_px=0.1),), readout_s=0.02)


def test_a_lens_goes_to_unreal_and_back(tmp_path: Path) -> None:
    write_lens(tmp_path / "lens.json", FILE)
    done = convert(tmp_path / "lens.json", tmp_path / "lens.ulens", Options())
    assert done.source == "Openset lens file"
    convert(tmp_path / "lens.ulens", tmp_path / "again.lens.json", Options())
    found = read_lens(tmp_path / "again.lens.json").settings[0].lens
    assert (found.fx_px, found.fy_px) == pytest.approx((LENS.fx_px, LENS.fy_px), rel=1e-6)
    assert (found.cx_px, found.cy_px) == pytest.approx((LENS.cx_px, LENS.cy_px), abs=1e-3)
    assert (found.k1, found.p1, found.k3) == pytest.approx((LENS.k1, LENS.p1, LENS.k3), rel=1e-5)


def test_a_lens_becomes_an_st_map(tmp_path: Path) -> None:
    write_lens(tmp_path / "lens.json", FILE)
    small = Options(size_px=(192, 108))
    done = convert(tmp_path / "lens.json", tmp_path / "lens.stmap.exr", small)
    assert {path.name for path in done.files} == {"lens.stmap.exr", "lens.distort.stmap.exr"}


def test_of_a_zoom_an_st_map_says_which_setting_it_is(tmp_path: Path) -> None:
    wide = MeasuredLens(LENS, zoom=0.2)
    longer = MeasuredLens(replace(LENS, fx_px=2 * LENS.fx_px, fy_px=2 * LENS.fy_px), zoom=0.8)
    write_lens(tmp_path / "zoom.json", LensFile("zoom", (wide, longer)))
    small = Options(size_px=(192, 108), frame=1)
    done = convert(tmp_path / "zoom.json", tmp_path / "zoom.stmap.exr", small)
    assert done.frames == 1
    assert done.notes == (
        f"only setting 1 ({2 * LENS.focal_length_mm:.4g} mm) of 0 to 1 was written: "
        "--frame chooses another",
    )


def test_what_other_programs_have_no_place_for_is_named(tmp_path: Path) -> None:
    write_lens(tmp_path / "lens.json", FILE)
    found = read(tmp_path / "lens.json", Options())
    assert set(found.unheld) == {"readout_s", "rms_px"}
    write(found.value, tmp_path / "copy.json", Options())
    assert read(tmp_path / "copy.json", Options()).value == found.value


def test_maker_and_serial_survive() -> None:
    from openset.stage.exchange.openset_lens import table_of

    table = replace(table_of(FILE), make="Cooke", model="S4/i 35", serial="77")
    again = table_of(file_of(table, Options()))
    assert (again.make, again.model, again.serial) == ("Cooke", "S4/i 35", "77")
