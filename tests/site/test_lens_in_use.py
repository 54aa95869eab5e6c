"""The lens a production uses, as the camera's page shows it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from django.utils.translation import override

from openset.primitives.space import Pose
from openset.site.lens_in_use import MOST_ROWS, LensOnPage, lens_in_use
from openset.stage.calibrate.series import focus_of_distance, zoom_of_focal
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens, MeasuredMount
from openset.stage.lens.model import Lens
from openset.store.camera import camera_folder
from openset.store.production import Production, create_production, update_stage

MOUNT = MeasuredMount(
    Pose((0.0123, -0.0805, 0.15), (1.0, 0.0, 0.0, 0.0)), (2e-4, 4e-4, 1e-4), (1e-4, 5e-4, 2e-4), 14
)


def lens(f_px: float, distance_m: float | None = None) -> Lens:
    return Lens(1000, 500, f_px, f_px, 500.0, 250.0, focus_distance_m=distance_m)


ZOOM = (
    MeasuredLens(
        lens(500.0, 2.0), focus_of_distance(2.0), zoom_of_focal(18.0), None, 0.1, 0.041, 22,
        focal_mm=18.0, mount=MOUNT,
    ),
    MeasuredLens(lens(1000.0, 2.0), focus_of_distance(2.0), zoom_of_focal(36.0), focal_mm=36.0),
)  # fmt: skip


@pytest.fixture
def lane(tmp_path: Path) -> Production:
    made = create_production(tmp_path / "lane", title="Lane", rate=Fraction(25))
    camera_folder(made)
    return update_stage(made, {"lens": "camera/lens.json"})


def shown(lane: Production, file: LensFile) -> LensOnPage:
    write_lens(lane.root / "camera" / "lens.json", file)
    found = lens_in_use(lane)
    assert found is not None
    return found


def test_each_setting_says_its_rings_its_doubt_and_where_it_sits(lane: Production) -> None:
    notes = {"board": "charuco:13x8:28", "calibrated": "2026-03-01 09:30 UTC"}
    found = shown(lane, LensFile("Angénieux", ZOOM, 0.0165, MOUNT.tracker_from_camera, notes))
    assert (found.name, found.path) == ("Angénieux", "camera/lens.json")
    first, second = found.settings
    # 500 pixels of focal length and 1000 of width: 45 degrees to each side.
    assert (first.rings, first.across, first.sure, first.views) == (
        "18 mm, 2 m",
        "90°",
        "0.04 px",
        "22",
    )
    assert first.sits == "12.3 · −80.5 · 150 ± 0.40"
    assert (second.rings, second.sure, second.views, second.sits) == ("36 mm, 2 m", "", "", "")
    assert dict(found.facts) == {
        "Measured": "March 1, 2026",
        "Turn on the tracker, sure to": "0.029°",
        "Sensor's read-out": "16.5 ms",
    }
    assert "--board charuco:13x8:28" in found.add
    assert "--add camera/lens.json --out camera/lens.json" in found.add
    assert found.mount.startswith("openset calibrate nodal --lens camera/lens.json")


def test_a_lens_of_one_setting_needs_no_rings_and_has_the_files_mount(lane: Production) -> None:
    found = shown(lane, LensFile("", (MeasuredLens(lens(500.0)),), None, MOUNT.tracker_from_camera))
    assert found.name == "The lens"
    assert [(each.rings, each.sits) for each in found.settings] == [("", "12.3 · −80.5 · 150")]
    assert found.facts == ()


def test_encoders_are_told_where_nobody_read_the_rings(lane: Production) -> None:
    both = tuple(
        MeasuredLens(lens(500.0), zoom=zoom, focus=focus) for zoom, focus in ((0, 0.25), (1, 1))
    )
    assert [each.rings for each in shown(lane, LensFile("", both)).settings] == [
        "zoom 0, focus 0.250",
        "zoom 1, focus 1",
    ]


def test_a_long_series_is_cut_and_says_so(lane: Production) -> None:
    many = tuple(MeasuredLens(lens(500.0), zoom=index / 100) for index in range(MOST_ROWS + 5))
    found = shown(lane, LensFile("", many))
    assert (len(found.settings), found.more) == (MOST_ROWS, 5)


def test_without_a_lens_that_can_be_read_there_is_nothing_to_show(lane: Production) -> None:
    assert lens_in_use(update_stage(lane, {"lens": None})) is None
    (lane.root / "camera" / "lens.json").write_text("{")
    assert lens_in_use(lane) is None


def test_a_date_that_is_none_stands_as_it_is(lane: Production) -> None:
    found = shown(lane, LensFile("", ZOOM, notes={"calibrated": "last spring"}))
    assert ("Measured", "last spring") in found.facts


def test_figures_are_written_as_the_reader_writes_them(lane: Production) -> None:
    with override("fr"):
        assert shown(lane, LensFile("", ZOOM)).settings[0].sure == "0,04 px"
