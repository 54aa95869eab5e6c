from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from openset.primitives.errors import BadInput, OpensetError
from openset.stage.lens.files import read_lens, read_st_map, write_lens, write_st_map
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import pinhole
from openset.stage.lens.stmap import st_map

LENS = replace(pinhole(320, 180, 24.0, 36.0), k1=-0.18, k2=0.05, cx_px=165.0, cy_px=88.0)


def test_a_map_reads_back_to_a_thousandth_of_a_pixel(tmp_path: Path) -> None:
    written = st_map(LENS, "undistort", 1.1)
    again = read_st_map(write_st_map(tmp_path / "lens.exr", written))
    assert again.shape == written.shape
    assert np.abs(again - written).max() * 320 < 1e-3
    assert [path.name for path in tmp_path.iterdir()] == ["lens.exr"]


def test_the_file_counts_from_the_bottom_left_as_nuke_does(tmp_path: Path) -> None:
    path = write_st_map(tmp_path / "even.exr", st_map(pinhole(320, 180, 35.0, 36.0)))
    with OpenEXR.File(str(path), separate_channels=True) as file:
        channels = {name: channel.pixels for name, channel in file.channels().items()}
    assert channels["R"].dtype == np.float32
    top_left = channels["R"][0, 0], channels["G"][0, 0]
    assert top_left == pytest.approx((0.5 / 320, 1 - 0.5 / 180), abs=1e-6)
    assert channels["G"][-1, 0] == pytest.approx(0.5 / 180, abs=1e-6)
    assert not channels["B"].any()


def test_half_float_maps_of_other_programs_read(tmp_path: Path) -> None:
    path = tmp_path / "half.exr"
    picture = np.full((4, 6, 3), 0.25, np.float16)
    OpenEXR.File({"type": OpenEXR.scanlineimage}, {"RGB": picture}).write(str(path))
    assert read_st_map(path)[0, 0].tolist() == [0.25, 0.75]


@pytest.mark.parametrize("data", [b"", b"not an EXR" * 40])
def test_what_is_no_map_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.exr").write_bytes(data)
    with pytest.raises(BadInput, match=r"bad\.exr"):
        read_st_map(tmp_path / "bad.exr")


def test_a_missing_map_and_one_cut_short_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="readable"):
        read_st_map(tmp_path / "absent.exr")
    whole = write_st_map(tmp_path / "whole.exr", st_map(LENS)).read_bytes()
    (tmp_path / "short.exr").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(BadInput, match="readable"):
        read_st_map(tmp_path / "short.exr")


def test_a_picture_without_red_and_green_is_no_map(tmp_path: Path) -> None:
    path = tmp_path / "depth.exr"
    OpenEXR.File({"type": OpenEXR.scanlineimage}, {"Z": np.zeros((4, 6), np.float32)}).write(str(path))
    with pytest.raises(BadInput, match="R and G"):
        read_st_map(path)


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(OpensetError) as caught:
        write_st_map(tmp_path / "absent" / "lens.exr", st_map(LENS))
    assert caught.value.exit_code == 21
    assert "lens.exr" in caught.value.line


def test_a_map_that_cannot_take_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "lens.exr").mkdir()
    with pytest.raises(OpensetError):
        write_st_map(tmp_path / "lens.exr", st_map(LENS))
    assert [path.name for path in tmp_path.iterdir()] == ["lens.exr"]


def test_a_lens_file_is_read_back_or_refused_by_name(tmp_path: Path) -> None:
    path = write_lens(tmp_path / "lens.json", LensFile("a", (MeasuredLens(pinhole(64, 36, 35, 36)),)))
    assert read_lens(path).settings[0].lens == pinhole(64, 36, 35, 36)
    path.write_text('{"what": "openset lens", "version": 1, "settings": []}')
    with pytest.raises(BadInput, match="settings"):
        read_lens(path)
    with pytest.raises(BadInput, match="no such lens file"):
        read_lens(tmp_path / "none.json")
