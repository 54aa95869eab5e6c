"""A lens from whatever file tells of one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.stage.exchange.convert import convert
from openset.stage.exchange.lens_source import open_lens, scaled
from openset.stage.exchange.model import Options
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens

LENS = Lens(1920, 1080, 1450.0, 1452.0, 975.3, 528.7, -0.21, 0.09, 0.0007, -0.0005, -0.015)
FILE = LensFile("35 mm", (MeasuredLens(LENS, covariance=np.eye(9), map_uncertainty_px=0.1),))


def test_our_own_file_fits_a_smaller_picture_of_the_same_shape(tmp_path: Path) -> None:
    path = write_lens(tmp_path / "lens.json", FILE)
    assert open_lens(path, 1920, 1080).settings[0].lens == LENS
    half = open_lens(path, 960, 540).settings[0]
    assert (half.lens.fx_px, half.lens.cx_px, half.lens.k1) == (725.0, 487.65, -0.21)
    assert half.map_uncertainty_px == 0.05
    assert half.covariance is not None
    # A pixel is two: a variance of 1 px^2 is a quarter, that of k1 stays.
    assert (half.covariance[0, 0], half.covariance[4, 4]) == (0.25, 1.0)


def test_another_shape_is_refused(tmp_path: Path) -> None:
    path = write_lens(tmp_path / "lens.json", FILE)
    with pytest.raises(BadInput, match="another shape"):
        open_lens(path, 1080, 1920)


def test_a_file_of_unreal_opens_too(tmp_path: Path) -> None:
    write_lens(tmp_path / "lens.json", FILE)
    convert(tmp_path / "lens.json", tmp_path / "lens.ulens", Options())
    found = open_lens(tmp_path / "lens.ulens", 960, 540).settings[0].lens
    assert found.width_px == 960
    assert found.fx_px == pytest.approx(725.0, rel=1e-6)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such lens file"):
        open_lens(tmp_path / "none.json", 1920, 1080)
    with pytest.raises(BadInput, match="none"):
        open_lens(tmp_path / "none.ulens", 1920, 1080)


def test_a_lens_of_the_same_size_keeps_its_figures() -> None:
    assert scaled(FILE.settings[0], LENS).map_uncertainty_px == 0.1
