"""A lens between the settings it was measured at."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.primitives.space import angle_between_rad, pose_from_pan_tilt_roll
from openset.stage.calibrate.series import (
    at_setting,
    focus_of_distance,
    mount_at,
    nearest_setting,
    with_setting,
    zoom_of_focal,
)
from openset.stage.lens.measured import LensFile, MeasuredLens, MeasuredMount
from openset.stage.lens.model import Lens


def lens(f_px: float, k1: float = 0.0, distance_m: float | None = None) -> Lens:
    return Lens(1920, 1080, f_px, f_px, 960.0, 540.0, k1, focus_distance_m=distance_m)


ZOOM = LensFile(
    "zoom",
    tuple(
        MeasuredLens(lens(f, k1), zoom=zoom)
        for f, k1, zoom in (
            (1000, -0.20, 0.0),
            (1400, -0.10, 0.3),
            (2000, -0.02, 0.6),
            (4000, 0.05, 1.0),
        )
    ),
)


def test_a_measured_setting_comes_back_as_it_was() -> None:
    for each in ZOOM.settings:
        found = at_setting(ZOOM, 0.0, each.zoom)
        assert found.fx_px == pytest.approx(each.lens.fx_px)
        assert found.k1 == pytest.approx(each.lens.k1)


def test_what_only_grows_never_turns_back_or_overshoots() -> None:
    focal = [at_setting(ZOOM, 0.0, zoom).fx_px for zoom in np.linspace(0, 1, 101)]
    bends = [at_setting(ZOOM, 0.0, zoom).k1 for zoom in np.linspace(0, 1, 101)]
    assert np.all(np.diff(focal) > 0)
    assert np.all(np.diff(bends) > 0)
    assert (focal[0], focal[-1]) == (pytest.approx(1000), pytest.approx(4000))


def test_outside_the_nearest_setting_stands() -> None:
    narrow = replace(ZOOM, settings=ZOOM.settings[1:3])
    assert at_setting(narrow, 0.0, 0.0).fx_px == pytest.approx(1400)
    assert at_setting(narrow, 0.0, 1.0).fx_px == pytest.approx(2000)


def test_focus_breathes_between_two_distances() -> None:
    file = LensFile(
        "prime",
        (
            MeasuredLens(lens(1450.0, distance_m=1.0), focus=0.0),
            MeasuredLens(lens(1400.0, distance_m=4.0), focus=1.0),
        ),
    )
    half = at_setting(file, 0.5, 0.0)
    # The middle of logarithms: sqrt(1450 * 1400); of 1 and 1/4 a metre, 0.625: 1.6 m.
    assert half.fx_px == pytest.approx(math.sqrt(1450 * 1400))
    assert half.focus_distance_m == pytest.approx(1.6)


def test_a_focus_that_was_measured_at_one_zoom_alone_bends_no_other_zoom() -> None:
    file = replace(
        ZOOM, settings=(*ZOOM.settings, MeasuredLens(lens(1300.0, distance_m=4.0), focus=1.0, zoom=0.3))
    )
    assert at_setting(file, 1.0, 0.3).fx_px == pytest.approx(1300)
    assert at_setting(file, 1.0, 0.9).fx_px == pytest.approx(at_setting(ZOOM, 0.0, 0.9).fx_px)


def test_settings_each_at_another_focus_are_one_zoom() -> None:
    settings = [replace(each, focus=0.5 + each.zoom / 10) for each in ZOOM.settings]
    file = replace(ZOOM, settings=tuple(settings))
    assert at_setting(file, 0.5, 0.45).fx_px == pytest.approx(at_setting(ZOOM, 0.0, 0.45).fx_px)


def test_the_nearest_setting_is_the_nearest_zoom() -> None:
    assert nearest_setting(ZOOM, 0.5, 0.35) is ZOOM.settings[1]


def test_the_mount_between_two_settings_turns_and_slides_evenly() -> None:
    def mount(x_m: float, pan_rad: float) -> MeasuredMount:
        pose = pose_from_pan_tilt_roll((x_m, 0.0, 0.0), pan_rad, 0.0, 0.0)
        return MeasuredMount(pose, (0.0,) * 3, (0.0,) * 3)

    first, last = ZOOM.settings[0], ZOOM.settings[-1]
    file = replace(
        ZOOM,
        settings=(replace(first, mount=mount(0.0, 0.0)), replace(last, mount=mount(0.1, 0.2))),
    )
    half = mount_at(file, 0.0, 0.5)
    assert half is not None
    assert half.position_m[0] == pytest.approx(0.05)
    assert angle_between_rad(half, mount(0.0, 0.1).tracker_from_camera) == pytest.approx(0.0, abs=1e-9)
    assert mount_at(ZOOM, 0.0, 0.5) is None
    assert mount_at(replace(ZOOM, tracker_from_camera=half), 0.0, 0.5) is half


def test_a_setting_measured_again_takes_the_old_ones_place() -> None:
    again = with_setting(ZOOM, MeasuredLens(lens(1410.0), zoom=0.3))
    assert [each.lens.fx_px for each in again.settings] == [1000, 1410.0, 2000, 4000]
    more = with_setting(ZOOM, MeasuredLens(lens(1200.0), zoom=0.15))
    assert [each.zoom for each in more.settings] == [0.0, 0.15, 0.3, 0.6, 1.0]
    with pytest.raises(BadInput, match="one size"):
        with_setting(ZOOM, MeasuredLens(Lens(1280, 720, 900, 900, 640, 360), zoom=0.5))


def test_rings_without_encoders_have_places() -> None:
    assert zoom_of_focal(4.0) == 0.0
    assert zoom_of_focal(2000.0) == pytest.approx(1.0)
    assert zoom_of_focal(24.0) < zoom_of_focal(70.0)
    assert focus_of_distance(1.0) == 0.5
    assert focus_of_distance(math.inf) == 1.0
    with pytest.raises(BadInput):
        zoom_of_focal(1.0)
    with pytest.raises(BadInput):
        focus_of_distance(0.0)
    with pytest.raises(BadInput, match="inf"):
        focus_of_distance(2e6)


def test_a_fisheye_and_a_plain_setting_do_not_blend() -> None:
    wide = replace(lens(900.0), fisheye=(0.0, 0.0, 0.0, 0.0))
    with pytest.raises(BadInput, match="fisheye"):
        at_setting(LensFile("", (MeasuredLens(wide), MeasuredLens(lens(1000.0), zoom=1.0))), 0.0, 0.5)
    with pytest.raises(BadInput, match="fisheye"):
        with_setting(ZOOM, MeasuredLens(wide, zoom=0.45))
