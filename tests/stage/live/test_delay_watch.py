from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.primitives.space import IDENTITY, pose_from_pan_tilt_roll
from openset.stage.calibrate.rings import Rings
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.live.delay_watch import Wanted, Watched, lens_of

S = 1_000_000_000
LENS = Lens(320, 180, 300.0, 300.0, 160.0, 90.0)
LONG = replace(LENS, fx_px=600.0, fy_px=600.0)


def zoom(folder: Path) -> Path:
    """A zoom's file: 24 mm and 48 mm."""
    settings = (
        MeasuredLens(LENS, zoom=0.0, focal_mm=24.0),
        MeasuredLens(LONG, zoom=1.0, focal_mm=48.0),
    )
    write_lens(folder / "zoom.json", LensFile("zoom", settings))
    return folder / "zoom.json"


def test_a_zooms_lens_is_that_of_the_ring_that_was_named(tmp_path: Path) -> None:
    path = zoom(tmp_path)
    for focal_mm, f_px in ((24.0, 300.0), (48.0, 600.0)):
        lens, mount = lens_of(Wanted(lens=path, rings=Rings(focal_mm=focal_mm)), (320, 180))
        assert lens is not None
        assert lens.fx_px == pytest.approx(f_px)
        assert mount == IDENTITY


def test_a_zoom_whose_ring_nobody_named_is_refused_with_the_option(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="says where the zoom stands") as refused:
        lens_of(Wanted(lens=zoom(tmp_path)), (320, 180))
    assert "--focal-mm" in str(refused.value.todo)


def test_a_ring_of_a_lens_that_has_one_setting_is_refused(tmp_path: Path) -> None:
    write_lens(tmp_path / "prime.json", LensFile("prime", (MeasuredLens(LENS),)))
    with pytest.raises(BadInput, match="holds one alone"):
        lens_of(Wanted(lens=tmp_path / "prime.json", rings=Rings(focal_mm=24.0)), (320, 180))


def test_a_mount_that_is_given_outranks_the_lens_files(tmp_path: Path) -> None:
    own, given = (pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.0, tilt, 0.0) for tilt in (0.1, 0.2))
    file = LensFile("prime", (MeasuredLens(LENS),), tracker_from_camera=own)
    write_lens(tmp_path / "prime.json", file)
    _, kept = lens_of(Wanted(lens=tmp_path / "prime.json"), (320, 180))
    assert kept.rotation_wxyz == pytest.approx(own.rotation_wxyz)
    _, mount = lens_of(Wanted(lens=tmp_path / "prime.json", mount=given), (320, 180))
    assert mount == given
    assert lens_of(Wanted(), (320, 180)) == (None, IDENTITY)


def test_frames_that_come_at_odd_times_are_uneven_and_lost_ones_are_not() -> None:
    luma = np.zeros((90, 160), np.uint8)
    even, odd = Watched(Wanted(), None), Watched(Wanted(), None)
    for index in [*range(10), *range(12, 20)]:
        at = index * 40_000_000
        even.add(at, at, luma, print)
        odd.add(at, at + (12_000_000 if index % 3 else 0), luma, print)
    assert even.frames == 18
    assert not even.uneven
    assert odd.uneven


def test_what_lies_outside_the_wanted_part_is_not_looked_at() -> None:
    luma = np.zeros((90, 160), np.uint8)
    watched = Watched(Wanted(start_s=1.0, seconds=1.0), None)
    assert watched.add(0, 0, luma, print)
    assert watched.add(1 * S, 1 * S, luma, print)
    assert not watched.add(3 * S, 3 * S, luma, print)
    assert watched.frames == 1
    assert watched.width_px == 160
