"""`openset track` from files to files: figures, refusals, and what is said on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import orjson
import pytest

from openset.cli.camera.track_work import Asked, run_track, tick_line
from openset.cli.output import Output
from openset.primitives.errors import BadInput, DiskFull, PlateNotFound, VerifyFailed
from openset.primitives.space import IDENTITY, Pose
from openset.stage.calibrate.series import zoom_of_focal
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens, pinhole, pixel_grid, project, rays
from openset.stage.live.optical_figures import OpticalFigures
from openset.stage.live.outlet import FileOutlet
from openset.stage.markers.files import read_map, write_map
from openset.stage.markers.follow import Followed
from openset.stage.markers.model import PlacedTag, PoseEstimate, TagMap

WIDTH, HEIGHT, FOCAL_PX = 640, 480, 600.0


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """Six pictures of a wall of four tags, seen straight on from 2 m, with their map and lens."""
    images = tmp_path / "images"
    images.mkdir()
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    luma = np.full((HEIGHT, WIDTH), 210, np.uint8)
    tags = {}
    for number, (left, top) in enumerate([(100, 80), (460, 90), (110, 330), (450, 320)]):
        luma[top : top + 80, left : left + 80] = cv2.aruco.generateImageMarker(dictionary, number, 80)
        # 80 px at 2 m with a focal length of 600 px: 0.2667 m. The wall stands along Y, read from -Y.
        side = 80 / FOCAL_PX * 2
        x = (left + 40 - WIDTH / 2) / FOCAL_PX * 2
        z = 1.5 - (top + 40 - HEIGHT / 2) / FOCAL_PX * 2
        upright = Pose((x, 2.0, z), (0.5**0.5, 0.5**0.5, 0.0, 0.0))
        tags[number] = PlacedTag(number, side, upright)
    for frame in range(6):
        cv2.imwrite(str(images / f"{frame}.png"), cv2.GaussianBlur(luma, (0, 0), 0.8))
    write_map(tmp_path / "map.json", TagMap(tags))
    lens = pinhole(WIDTH, HEIGHT, FOCAL_PX / WIDTH * 36, 36)
    write_lens(tmp_path / "lens.json", LensFile("wall", (MeasuredLens(lens),)))
    return Asked(
        (str(images),), (tmp_path / "lens.json",), tmp_path / "map.json", (),
        tmp_path / "new.otrk.jsonl", (), (), 0.0, "wall", "25", None,
    )  # fmt: skip


def test_the_answer_holds_the_figures_and_the_poses_are_right(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_track(Output(True), asked) == 0
    answer = orjson.loads(capsys.readouterr().out)
    assert answer["frames"] == answer["poses"] == 6
    assert answer["lost"] == {"frames": 0, "reasons": {}}
    assert answer["tags_median"] == 4
    assert answer["residual_px"] < 0.3
    assert answer["moved_tags"] == []
    assert answer["latency_ms"] is None
    assert answer["outlets"][0]["samples"] == 6
    assert asked.write is not None
    line = orjson.loads(asked.write.read_bytes().splitlines()[0])
    place = line["sample"]["transforms"][0]["translation"]
    assert [place["x"], place["y"], place["z"]] == pytest.approx([0.0, 0.0, 1.5], abs=0.01)
    assert line["source"] == "wall"


def test_another_lens_ends_with_a_code_of_its_own(
    asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Higher than wide: straight on, another focal length alone would only stand elsewhere."""
    lens = pinhole(WIDTH, HEIGHT, FOCAL_PX / WIDTH * 36, 36)
    high = replace(lens, fy_px=1.02 * lens.fy_px)
    write_lens(tmp_path / "other.json", LensFile("other", (MeasuredLens(high),)))
    code = run_track(Output(True), replace(asked, lenses=(tmp_path / "other.json",)))
    said = capsys.readouterr()
    answer = orjson.loads(said.out)
    assert (code, answer["error"], answer["poses"], answer["poses_poor"]) == (30, "VerifyFailed", 6, 6)
    assert "--focal-mm" in answer["todo"]
    assert any("is it the right lens, zoom and focus?" in note["text"] for note in answer["notes"])
    assert asked.write is not None
    assert len(asked.write.read_bytes().splitlines()) == 6


def test_pictures_without_tags_end_with_what_to_do(
    asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for frame in range(3):
        cv2.imwrite(str(empty / f"{frame}.png"), np.full((HEIGHT, WIDTH), 90, np.uint8))
    code = run_track(Output(True), replace(asked, pictures=(str(empty),)))
    said = capsys.readouterr()
    answer = orjson.loads(said.out)
    assert code == 13
    assert answer["lost"] == {"frames": 3, "reasons": {"no tags": 3}}
    assert answer["ok"] is False
    assert "Point the camera at mapped tags" in said.err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"write": None}, "nowhere to send"),
        ({"lenses": (Path("a"), Path("b"))}, "2 lenses for 1 pictures"),
        ({"mounts": ("0", "0")}, "2 mounts for 1 cameras"),
        ({"readouts_ms": (1.0, 2.0)}, "2 read-outs for 1 cameras"),
        ({"rate": "fast"}, "not a frame rate"),
        ({"mounts": ("here",)}, "is no mount"),
        ({"tags": Path("none.json")}, "no such tag map"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    asked: Asked, change: dict[str, object], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        run_track(Output(True), replace(asked, **change))  # type: ignore[arg-type]
    assert asked.write is not None
    assert not asked.write.exists()


def test_a_missing_picture_is_named_and_no_option_of_another_verb(asked: Asked) -> None:
    with pytest.raises(PlateNotFound, match=r"nowhere\.mp4: no such picture\. Check the path of the p"):
        run_track(Output(True), replace(asked, pictures=("nowhere.mp4",)))


def test_a_series_of_settings_is_refused_with_what_to_do(asked: Asked, tmp_path: Path) -> None:
    lens = pinhole(WIDTH, HEIGHT, 35, 36)
    both = (MeasuredLens(lens, zoom=0.0), MeasuredLens(lens, zoom=1.0))
    write_lens(tmp_path / "zoom.json", LensFile("zoom", both))
    with pytest.raises(BadInput, match=r"a series of 2 settings.*no option says where the zoom stands"):
        run_track(Output(True), replace(asked, lenses=(tmp_path / "zoom.json",)))


def test_a_zoom_tracks_at_the_setting_that_is_named(
    asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    focals_mm = (FOCAL_PX / WIDTH * 36 * share for share in (0.8, 1.0, 1.6))
    settings = tuple(
        MeasuredLens(pinhole(WIDTH, HEIGHT, each, 36), zoom=zoom_of_focal(each), focal_mm=each)
        for each in focals_mm
    )
    write_lens(tmp_path / "zoom.json", LensFile("zoom", settings))
    zoom = replace(asked, lenses=(tmp_path / "zoom.json",), focals_mm=(FOCAL_PX / WIDTH * 36,))
    assert run_track(Output(True), zoom) == 0
    assert orjson.loads(capsys.readouterr().out)["residual_px"] < 0.3
    assert zoom.write is not None
    sample = orjson.loads(zoom.write.read_bytes().splitlines()[0])["sample"]
    assert sample["lens"]["pinholeFocalLength"] == pytest.approx(FOCAL_PX / WIDTH * 36)
    with pytest.raises(BadInput, match="zoom at 90 mm, measured from 27 to 54 mm"):
        run_track(Output(True), replace(zoom, focals_mm=(90.0,)))


def test_each_camera_of_a_rig_may_have_its_own_zoom_or_none(asked: Asked, tmp_path: Path) -> None:
    settings = tuple(
        MeasuredLens(pinhole(WIDTH, HEIGHT, each, 36), zoom=zoom_of_focal(each), focal_mm=each)
        for each in (FOCAL_PX / WIDTH * 36, 60.0)
    )
    write_lens(tmp_path / "zoom.json", LensFile("zoom", settings))
    rig = replace(
        asked,
        pictures=asked.pictures * 2,
        lenses=(tmp_path / "zoom.json", *asked.lenses),
        mounts=("0", "0,0.001,0,0,0,0"),
        focals_mm=(FOCAL_PX / WIDTH * 36, 0.0),
    )
    assert run_track(Output(True), rig) == 0
    with pytest.raises(BadInput, match="3 places of a ring for 2 cameras"):
        run_track(Output(True), replace(rig, focals_mm=(1.0, 2.0, 3.0)))


def test_a_place_of_the_rings_that_the_production_keeps_is_for_lenses_with_rings(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = replace(asked, focals_mm=(35.0,), focuses_m=(2.0,), rings_kept=True)
    assert run_track(Output(True), kept) == 0
    with pytest.raises(BadInput, match="Leave --focal-mm and --focus-m out"):
        run_track(Output(True), replace(kept, rings_kept=False))


def test_a_map_that_did_not_hold_when_it_was_made_is_not_tracked_on(
    asked: Asked, tmp_path: Path
) -> None:
    notes = {"not usable": "tag 7 moved on the walk", "to do": "Hang it fast and walk again"}
    write_map(tmp_path / "bad.json", replace(read_map(asked.tags), notes=notes))
    with pytest.raises(VerifyFailed, match=r"bad\.json: .*tag 7 moved on the walk.*Hang it fast"):
        run_track(Output(True), replace(asked, tags=tmp_path / "bad.json"))


@pytest.fixture
def wide(asked: Asked, tmp_path: Path) -> Asked:
    """The same wall by an equidistant fisheye: 800 px of diagonal at 350 px a radian, 131 degrees."""
    lens = Lens(WIDTH, HEIGHT, 350.0, 350.0, WIDTH / 2, HEIGHT / 2, fisheye=(0.0, 0.0, 0.0, 0.0))
    write_lens(tmp_path / "wide.json", LensFile("wide", (MeasuredLens(lens),)))
    straight = project(
        pinhole(WIDTH, HEIGHT, FOCAL_PX / WIDTH * 36, 36), rays(lens, pixel_grid(WIDTH, HEIGHT))
    )
    across, down = np.moveaxis((straight - 0.5).astype(np.float32), -1, 0)
    for path in Path(asked.pictures[0]).iterdir():
        luma = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        drawn = cv2.remap(luma, across, down, cv2.INTER_LINEAR, borderValue=(210,))
        cv2.imwrite(str(path), drawn)
    return replace(asked, lenses=(tmp_path / "wide.json",))


def test_a_film_camera_too_wide_to_be_told_is_refused_before_anything_is_written(
    wide: Asked,
) -> None:
    with pytest.raises(BadInput, match=r"wide\.json: a fisheye lens of 131 degrees.*--mount"):
        run_track(Output(True), wide)
    assert wide.write is not None
    assert not wide.write.exists()


def test_a_witness_camera_may_be_wider_and_its_lens_is_not_sent(wide: Asked) -> None:
    assert run_track(Output(True), replace(wide, mounts=("0,0.1,0,0,0,0",))) == 0
    assert wide.write is not None
    line = orjson.loads(wide.write.read_bytes().splitlines()[0])
    place = line["sample"]["transforms"][0]["translation"]
    assert [place["x"], place["z"]] == pytest.approx([0.0, 1.5], abs=0.12)
    assert "lens" not in line["sample"]


def test_the_film_camera_s_lens_is_sent_wherever_it_stands_in_a_rig(asked: Asked) -> None:
    rig = replace(asked, pictures=asked.pictures * 2, mounts=("0,0.001,0,0,0,0", "0"))
    assert run_track(Output(True), rig) == 0
    assert rig.write is not None
    assert "lens" in orjson.loads(rig.write.read_bytes().splitlines()[0])["sample"]


def test_a_way_out_that_broke_down_is_said_each_second(tmp_path: Path) -> None:
    outlet = FileOutlet(tmp_path / "full.otrk.jsonl")
    assert tick_line(OpticalFigures(), [outlet]) == "0.0 poses/s"
    outlet.trouble = DiskFull("no space left", where="full.otrk.jsonl", todo="make room")
    outlet.close()
    assert "no space left" in tick_line(OpticalFigures(), [outlet]).splitlines()[1]


def test_a_second_says_rate_tags_spread_and_what_is_wrong() -> None:
    second = OpticalFigures(seconds=1.0)
    estimate = PoseEstimate(IDENTITY, np.diag([1e-8] * 3 + [1e-10] * 3), 0.05, 9)
    second.note(Followed(0, estimate, "tracked", ("tag 7 has moved 3 cm: map it again",)), 31.0)
    second.note(Followed(0, None, "no tags", ("no tag is in the picture",)), None)
    second.silent_ns = 3_000_000_000
    lines = tick_line(second).splitlines()
    assert lines[0] == (
        "1.0 poses/s  9 tags  sd 0.17 mm 1.0 mdeg  off 0.05 px  31 ms old  1 without a pose"
    )
    assert lines[1].strip() == "no picture for 3 s: check the camera and its cable"
    assert lines[2].strip() == "tag 7 has moved 3 cm: map it again"


def test_a_bare_host_and_port_is_told_how_an_address_is_written(asked: Asked) -> None:
    with pytest.raises(BadInput, match=r"Write opentrackio://127\.0\.0\.1:55555$"):
        run_track(Output(True), replace(asked, to=("127.0.0.1:55555",)))
