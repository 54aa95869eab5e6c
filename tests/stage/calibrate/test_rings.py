"""The lens of a series, by what is known of its rings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.primitives.space import IDENTITY, Pose
from openset.stage.calibrate.rings import LensSeries, Rings, rings_of
from openset.stage.calibrate.series import focus_of_distance, zoom_of_focal
from openset.stage.lens.measured import LensFile, MeasuredLens, MeasuredMount
from openset.stage.lens.model import Lens
from openset.stage.tracking.samples import LensReport


def lens(focal_mm: float, distance_m: float | None = None) -> Lens:
    """A lens whose scale is cut two percent short, more bent the wider it is."""
    f_px = focal_mm * 1.02 / 36.0 * 1920
    return Lens(
        1920, 1080, f_px, f_px, 960.0, 540.0, -2.4 / focal_mm, focus_distance_m=distance_m
    )  # fmt: skip


def by_scale(*focals_mm: float, distance_m: float | None = None) -> LensFile:
    focus = 0.0 if distance_m is None else focus_of_distance(distance_m)
    return LensFile(
        "zoom",
        tuple(
            MeasuredLens(
                lens(each, distance_m), focus, zoom_of_focal(each), np.eye(9) * each, focal_mm=each
            )
            for each in focals_mm
        ),
    )


SCALE = by_scale(24.0, 35.0, 50.0, 70.0)
ENCODER = LensFile(
    "zoom",
    tuple(
        MeasuredLens(lens(focal), zoom=zoom)
        for focal, zoom in ((24.0, 0.05), (35.0, 0.4), (50.0, 0.7), (70.0, 0.95))
    ),
)


def test_a_lens_of_one_setting_stands_whatever_is_told() -> None:
    one = LensSeries(replace(SCALE, settings=SCALE.settings[:1], tracker_from_camera=IDENTITY))
    found = one.at(Rings(focal_mm=300.0))
    assert (found.lens, found.trouble) == (SCALE.settings[0].lens, "")
    assert found.tracker_from_camera == IDENTITY
    one.refuse_silence(Rings())


def test_what_the_scale_says_is_found_between_the_marks_that_were_read() -> None:
    series = LensSeries(SCALE)
    for focal_mm in (24.0, 28.0, 42.0, 70.0):
        found = series.at(Rings(focal_mm=focal_mm))
        assert found.trouble == ""
        assert found.lens.fx_px == pytest.approx(lens(focal_mm).fx_px, rel=1e-6)
        assert found.lens.k1 == pytest.approx(lens(focal_mm).k1, rel=0.02)


def test_an_encoder_is_a_place_of_the_ring() -> None:
    series = LensSeries(ENCODER)
    assert series.at(Rings(zoom=0.4)).lens.fx_px == pytest.approx(lens(35.0).fx_px)
    places = [series.at(Rings(zoom=each)).lens.fx_px for each in np.linspace(0.05, 0.95, 40)]
    assert np.all(np.diff(places) > 0)


def test_without_a_read_scale_a_focal_length_is_that_of_the_lens_on_its_sensor() -> None:
    series = LensSeries(ENCODER)
    assert series.at(Rings(focal_mm=42.0)).lens.focal_length_mm == pytest.approx(42.0, rel=1e-4)
    on_another = series.at(Rings(focal_mm=21.0, sensor_width_mm=18.0))
    assert on_another.lens.focal_length_mm == pytest.approx(42.0, rel=1e-4)


def test_an_encoder_says_nothing_of_a_lens_that_was_measured_by_its_scale() -> None:
    series = LensSeries(SCALE)
    found = series.at(Rings(zoom=0.5))
    assert found.missing == ("zoom",)
    with pytest.raises(BadInput, match="neither track nor option says where the zoom stands"):
        series.refuse_silence(Rings(zoom=0.5))


def test_what_is_named_outranks_the_track() -> None:
    series = LensSeries(SCALE, Rings(focal_mm=35.0))
    assert series.at(Rings(focal_mm=70.0)).lens.fx_px == pytest.approx(lens(35.0).fx_px)
    assert series.named_setting().lens is series.at().lens


def test_a_series_of_which_nothing_is_named_is_refused_with_its_range() -> None:
    with pytest.raises(BadInput, match=r"4 settings.*zoom stands.*--focal-mm, 24 to 70") as told:
        LensSeries(SCALE, where="zoom.json").named_setting()
    assert told.value.line.startswith("zoom.json: ")


@pytest.mark.parametrize(
    ("file", "named", "words"),
    [
        (SCALE, Rings(focal_mm=20.0), "zoom at 20 mm, measured from 24 to 70 mm"),
        (ENCODER, Rings(zoom=1.0), "zoom at 1.000, measured from 0.050 to 0.950"),
        (replace(SCALE, settings=SCALE.settings[:1]), Rings(focal_mm=24.0), "one alone"),
    ],
    ids=("scale", "encoder", "one alone"),
)
def test_a_setting_named_outside_of_what_was_measured_is_refused(
    file: LensFile, named: Rings, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        LensSeries(file, named)


@pytest.mark.parametrize("named", [Rings(focal_mm=-5.0), Rings(focal_mm=0.0), Rings(focus_m=-1.0)])
def test_what_no_scale_says_is_refused(named: Rings) -> None:
    focus = (by_scale(35.0, distance_m=each).settings[0] for each in (1.0, 3.0))
    for file in (SCALE, LensFile("prime", tuple(focus))):
        with pytest.raises(BadInput, match="stands at no mark of its scale"):
            LensSeries(file, named)


def test_a_percent_outside_the_nearest_setting_stands_and_further_it_is_told() -> None:
    series = LensSeries(SCALE)
    near, far = series.at(Rings(focal_mm=70.5)), series.at(Rings(focal_mm=80.0))
    assert near.lens.fx_px == far.lens.fx_px == pytest.approx(lens(70.0).fx_px)
    assert near.trouble == ""
    assert far.trouble == "zoom at 80 mm, measured from 24 to 70 mm"


def breathing() -> LensFile:
    near, far = by_scale(24.0, 70.0, distance_m=1.0), by_scale(24.0, 70.0, distance_m=4.0)
    closer = tuple(
        replace(each, lens=replace(each.lens, fx_px=each.lens.fx_px * 1.05)) for each in near.settings
    )
    return LensFile("zoom", closer + far.settings)


def test_zoom_and_focus_may_come_from_the_track_or_by_name_each_for_itself() -> None:
    named = LensSeries(breathing(), Rings(focus_m=1.0))
    assert named.at(Rings(focal_mm=24.0)).lens.fx_px == pytest.approx(lens(24.0).fx_px * 1.05)
    both = LensSeries(breathing())
    assert both.at(Rings(focal_mm=70.0)).missing == ("focus",)
    told = both.at(Rings(focal_mm=70.0, focus_m=2.0))
    assert told.missing == ()
    assert lens(70.0).fx_px < told.lens.fx_px < lens(70.0).fx_px * 1.05
    assert told.lens.focus_distance_m == 2.0
    assert "focus at 9 m" in both.at(Rings(focal_mm=70.0, focus_m=9.0)).outside


def test_a_zoom_whose_settings_were_measured_each_at_some_distance_asks_for_none() -> None:
    near, far = SCALE.settings[0], replace(SCALE.settings[-1], focus=focus_of_distance(2.0))
    series = LensSeries(replace(SCALE, settings=(near, far)))
    assert series.at(Rings(focal_mm=24.0)).lens.fx_px == pytest.approx(lens(24.0).fx_px)
    assert series.at(Rings(focal_mm=40.0)).missing == ()
    assert series.at(Rings(focal_mm=70.0)).lens.fx_px == pytest.approx(lens(70.0).fx_px)


def test_distances_that_nobody_read_cannot_be_named() -> None:
    encoders = LensFile(
        "zoom", (MeasuredLens(lens(24.0), focus=0.1), MeasuredLens(lens(24.5), focus=0.9))
    )
    assert LensSeries(encoders).at(Rings(focus=0.1)).missing == ()
    with pytest.raises(BadInput, match="do not say at what distances"):
        LensSeries(encoders, Rings(focus_m=2.0))


def test_the_mount_slides_with_the_zoom_where_it_was_measured_at_more_than_one_setting() -> None:
    def mount(y_m: float) -> MeasuredMount:
        return MeasuredMount(Pose((0.0, y_m, 0.1), (1.0, 0.0, 0.0, 0.0)), (0.0,) * 3, (0.0,) * 3, 12)

    wide, tele = SCALE.settings[0], SCALE.settings[-1]
    ends = (replace(wide, mount=mount(0.08)), replace(tele, mount=mount(0.02)))
    file = replace(SCALE, settings=(ends[0], *SCALE.settings[1:-1], ends[1]))
    series = LensSeries(file)
    found = [series.at(Rings(focal_mm=each)).tracker_from_camera for each in (24.0, 41.0, 70.0)]
    assert [round(each.position_m[1], 3) for each in found if each] == [0.08, 0.05, 0.02]
    assert LensSeries(SCALE).at(Rings(focal_mm=35.0)).tracker_from_camera is None


def test_the_doubt_is_that_of_the_setting_measured_nearest_and_of_what_lies_between() -> None:
    here = LensSeries(SCALE).at(Rings(focal_mm=35.0)).measured.covariance
    between = LensSeries(SCALE).at(Rings(focal_mm=36.0)).measured.covariance
    assert here is not None
    assert between is not None
    np.testing.assert_allclose(here, SCALE.settings[1].covariance)
    assert between[4, 4] > here[4, 4]


def test_a_lens_that_stands_still_is_one_object() -> None:
    series = LensSeries(SCALE)
    first, again = series.at(Rings(focal_mm=40.0)), series.at(Rings(focal_mm=40.0, focus_m=3.0))
    assert first.lens is again.lens


def test_a_report_tells_of_the_rings() -> None:
    report = LensReport(focal_length_mm=35.0, sensor_width_mm=24.0, zoom_ring=0.25)
    assert rings_of(report) == Rings(zoom=0.25, focal_mm=35.0, sensor_width_mm=24.0)
    assert not rings_of(None).said
