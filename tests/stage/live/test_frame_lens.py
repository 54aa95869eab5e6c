"""The lens of each frame: which word counts, and what is told where none does."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.space import IDENTITY, Pose
from openset.stage.calibrate.rings import LensSeries
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import pinhole
from openset.stage.live.frame_lens import WELL_FRAMES, FrameLens
from openset.stage.tracking.samples import LensReport

MOUNT = Pose((0.0, 0.1, 0.0), (1.0, 0.0, 0.0, 0.0))
ZOOM = LensSeries(
    LensFile(
        "",
        tuple(
            MeasuredLens(pinhole(1920, 1080, focal, 36.0), zoom=zoom, covariance=np.eye(9) * focal)
            for zoom, focal in ((0.2, 24.0), (0.8, 50.0))
        ),
        tracker_from_camera=MOUNT,
    )
)


def test_a_trackers_lens_comes_before_a_given_one_and_that_before_a_guess() -> None:
    told = LensReport(focal_length_mm=50.0, sensor_width_mm=36.0)
    given = pinhole(960, 540, 28.0, 36.0)
    assert FrameLens(1920, 1080, fallback=given).at(told).focal_length_mm == pytest.approx(50.0)
    assert FrameLens(1920, 1080, fallback=given).at(None).focal_length_mm == pytest.approx(28.0)
    guessed = FrameLens(1920, 1080)
    assert guessed.at(None).focal_length_mm == pytest.approx(35.0)
    assert "assumed" in guessed.trouble
    assert guessed.news() == ""
    assert guessed.rolled() == guessed.trouble
    guessed.at(told)
    assert guessed.trouble == ""


def test_a_silent_report_leaves_the_lens_as_it_was() -> None:
    lens = FrameLens(1920, 1080, series=ZOOM)
    first = lens.at(LensReport(zoom_ring=0.5))
    assert lens.at(None) is first
    assert lens.at(LensReport(zoom_ring=0.5)) is first


def test_trouble_with_a_series_is_news_once_each_time_it_begins() -> None:
    lens = FrameLens(1920, 1080, series=ZOOM)
    said = []
    for zoom in (0.5, 0.9, 0.95, *[0.5] * WELL_FRAMES, 0.1, 0.1):
        lens.at(LensReport(zoom_ring=zoom))
        said.append(lens.news())
    assert [index for index, text in enumerate(said) if text] == [1, 3 + WELL_FRAMES]
    assert said[1].startswith("zoom at 0.900, measured from 0.200 to 0.800")


def test_a_ring_that_trembles_on_the_edge_of_what_was_measured_is_one_trouble() -> None:
    lens = FrameLens(1920, 1080, series=ZOOM)
    said = []
    for zoom in (0.5, *[0.809, 0.811] * 300):
        lens.at(LensReport(zoom_ring=zoom))
        said.append(lens.news())
    assert [index for index, text in enumerate(said) if text] == [2]


def test_the_mount_that_was_given_outranks_the_measured_one() -> None:
    measured, given = (
        FrameLens(1920, 1080, series=ZOOM),
        FrameLens(1920, 1080, series=ZOOM, mount=IDENTITY),
    )
    assert measured.tracker_from_camera == IDENTITY
    for each in (measured, given):
        each.at(LensReport(zoom_ring=0.5))
    assert measured.tracker_from_camera == MOUNT
    assert given.tracker_from_camera == IDENTITY


def test_how_sure_a_lens_is_follows_the_zoom() -> None:
    lens = FrameLens(1920, 1080, series=ZOOM)
    assert lens.covariance is None
    for zoom, focal in ((0.25, 24.0), (0.75, 50.0)):
        lens.at(LensReport(zoom_ring=zoom))
        assert lens.covariance is not None
        assert lens.covariance[0, 0] == focal
    assert lens.setting == "followed"
