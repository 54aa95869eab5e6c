"""Verifying: every byte is guarded, every claim is worked out again, and nothing in a folder raises."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import opentimelineio as otio
import orjson
import pytest
from pxr import Gf, Usd, UsdGeom

from openset.primitives.errors import BadInput
from openset.stage.deliver.camera import CAMERA_PATH
from openset.stage.deliver.verify.files import read_passport, verify_delivery, verify_production
from openset.stage.record.model import Verification
from openset.store.files import hash_file
from openset.store.mhl import seal


def named(found: Verification, name: str) -> bool:
    return any(failure.where == name for failure in found.failures)


def forged(folder: Path) -> Verification:
    """The delivery sealed afresh, as a careful forger would: only what is worked out again can tell."""
    shutil.rmtree(folder / "ascmhl")
    passport = orjson.loads((folder / "passport.json").read_bytes())
    before = hash_file(folder / "passport.json")
    for entry in passport["files"]:
        path = folder / entry["path"]
        if path.is_file():
            entry["xxh128"], entry["bytes"] = hash_file(path), path.stat().st_size
    (folder / "passport.json").write_bytes(orjson.dumps(passport))
    page = (folder / "passport.html").read_text()
    (folder / "passport.html").write_text(page.replace(before, hash_file(folder / "passport.json")))
    seal(folder)
    return verify_delivery(folder)


def failures(found: Verification) -> set[tuple[str, str]]:
    return {(failure.what, failure.where) for failure in found.failures}


def test_one_changed_byte_of_any_file_is_found_and_the_file_named(delivery: Path) -> None:
    chance = random.Random(20260301)
    for path in sorted(path for path in delivery.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        place = chance.choice([0, len(whole) - 1, chance.randrange(len(whole))])
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << chance.randrange(8)
        path.write_bytes(spoilt)
        found = verify_delivery(delivery)
        assert named(found, path.relative_to(delivery).as_posix()), (path, place, found.failures)
        path.write_bytes(whole)
    assert verify_delivery(delivery).ok


def test_a_missing_and_a_strange_file_are_named(delivery: Path) -> None:
    (delivery / "takes" / "1-A-t01" / "matte.mkv").unlink()
    (delivery / "takes" / "1-A-t01" / "matte2.mkv").write_bytes(b"x")
    found = verify_delivery(delivery)
    assert ("file is there", "takes/1-A-t01/matte.mkv") in failures(found)
    assert ("the manifest knows every file", "takes/1-A-t01/matte2.mkv") in failures(found)


def test_any_file_missing_is_a_finding_and_no_exception(delivery: Path, tmp_path: Path) -> None:
    aside = tmp_path / "aside"
    for path in sorted(path for path in delivery.rglob("*") if path.is_file()):
        path.rename(aside)
        assert not verify_delivery(delivery).ok, path
        aside.rename(path)


def test_a_folder_that_is_no_delivery_is_a_finding(tmp_path: Path) -> None:
    found = verify_delivery(tmp_path)
    assert {failure.where for failure in found.failures} == {"ascmhl", "passport.json"}


def change(folder: Path, name: str, *pairs: tuple[str, str]) -> None:
    text = (folder / name).read_text()
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after, 1)
    (folder / name).write_text(text)


def shorten_a_clip(folder: Path) -> None:
    found = otio.adapters.read_from_file(str(folder / "cut.otio"), "otio_json")
    clip = next(iter(found.find_clips()))
    length = clip.source_range.duration
    clip.source_range = otio.opentime.TimeRange(
        clip.source_range.start_time, otio.opentime.RationalTime(length.value - 1, length.rate)
    )
    otio.adapters.write_to_file(found, str(folder / "cut.otio"), "otio_json")


TAKE = "takes/1-A-t01"


def move_the_camera(folder: Path) -> None:
    stage = Usd.Stage.Open(str(folder / TAKE / "camera.usda"))
    place = UsdGeom.Xformable(stage.GetPrimAtPath(CAMERA_PATH)).GetOrderedXformOps()[0]
    place.Set(place.Get(5) * Gf.Matrix4d().SetTranslate(Gf.Vec3d(0.1, 0, 0)), 5)
    stage.Save()


def lengthen_the_lens(folder: Path) -> None:
    stage = Usd.Stage.Open(str(folder / TAKE / "camera.usda"))
    UsdGeom.Camera.Get(stage, CAMERA_PATH).GetFocalLengthAttr().Set(35.0)
    stage.Save()


def move_the_stage(folder: Path) -> None:
    stage = Usd.Stage.Open(str(folder / "sets" / "lane" / "set.usda"))
    prim = next(prim for prim in stage.Traverse() if prim.GetName() == "StageOrigin")
    UsdGeom.Xformable(prim).GetOrderedXformOps()[0].Set(Gf.Matrix4d(1.0))
    stage.Save()


def swap(one: str, other: str) -> Callable[[Path], Any]:
    return lambda folder: shutil.copy(folder / one, folder / other)


def edit(name: str, before: str, after: str) -> Callable[[Path], Any]:
    return lambda folder: change(folder, name, (before, after))


FORGERIES = {
    "camera moved": (move_the_camera, "the camera moves as tracked", f"{TAKE}/camera.usda"),
    "lens lengthened": (lengthen_the_lens, "the camera has the take's lens", f"{TAKE}/camera.usda"),
    "stage moved": (move_the_stage, "the stage stands where the set says", f"{TAKE}/camera.usda"),
    "table": (
        edit(f"{TAKE}/frames.csv", "-2.500000", "-2.400000"),
        "the frame table tells the track",
        f"{TAKE}/frames.csv",
    ),
    "map": (
        swap(f"{TAKE}/undistort.exr", f"{TAKE}/distort.exr"),
        "the ST map is the lens's",
        f"{TAKE}/distort.exr",
    ),
    "clip": (shorten_a_clip, "the timeline's plates are the takes", "cut.otio"),
    "event": (edit("cut.edl", "01:00:00:12", "01:00:00:13"), "the edit list is the takes", "cut.edl"),
    "statement": (edit("cut.edl", "V     C  ", "V     X  "), "the edit list is read", "cut.edl"),
    "timeline": (
        edit("cut.otio", '"OTIO_SCHEMA": "Timeline.1"', '"OTIO_SCHEMA": "UnknownSchema.1"'),
        "the timeline is read",
        "cut.otio",
    ),
    "figure": (
        edit("passport.json", '"tracked": 12', '"tracked": 13'),
        "the passport tells take 1-A-t01",
        "passport.json",
    ),
    "length": (
        edit("passport.json", '"frames": 21', '"frames": 22'),
        "the passport tells the cut",
        "passport.json",
    ),
    "record": (
        edit(f"{TAKE}/take.toml", "frames = 12", "frames = 11"),
        "the files hold the same frames",
        f"{TAKE}/take.toml",
    ),
    "plate": (
        swap("takes/2-B-t01/picture.mov", f"{TAKE}/picture.mov"),
        "every frame decodes",
        f"{TAKE}/picture.mov",
    ),
    "track": (
        edit(f"{TAKE}/track.otrk.jsonl", '"frame":3', '"frame":4'),
        "frame numbers have no gap",
        f"{TAKE}/track.otrk.jsonl",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_claim_that_does_not_follow_from_the_files_is_found_though_every_hash_holds(
    delivery: Path, name: str
) -> None:
    forge, what, where = FORGERIES[name]
    forge(delivery)
    found = forged(delivery)
    assert (what, where) in failures(found)
    assert not [failure for failure in found.failures if failure.what == "hash holds"]


def test_a_page_of_another_passport_is_found(delivery: Path) -> None:
    digest = hash_file(delivery / "passport.json")
    change(delivery, "passport.html", (digest, "0" * 32))
    assert ("the page carries the passport's hash", "passport.html") in failures(forged(delivery))


def test_a_passport_that_lists_another_hash_is_found(delivery: Path) -> None:
    change(delivery, "passport.json", (hash_file(delivery / "cut.edl"), "0" * 32))
    shutil.rmtree(delivery / "ascmhl")
    seal(delivery)
    assert ("the passport lists what is sealed", "passport.json") in failures(verify_delivery(delivery))


@pytest.mark.parametrize("name", ["../../1-A-t01", "/etc/passwd", "no take"])
def test_a_passport_that_points_elsewhere_is_not_followed(delivery: Path, name: str) -> None:
    change(delivery, "passport.json", ('"id": "1-A-t01"', f'"id": "{name}"'))
    found = forged(delivery)
    assert ("the take is read", name) in failures(found)


def test_a_set_name_that_points_elsewhere_is_not_followed(delivery: Path) -> None:
    change(delivery, "passport.json", ('"name": "lane"', '"name": "../takes"'))
    assert ("the set is read", "sets") in failures(forged(delivery))


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff", b'{"openset_passport": 1}'])
def test_what_is_no_passport_is_refused_with_a_reason(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "passport.json").write_bytes(text)
    with pytest.raises(BadInput, match=r"passport\.json"):
        read_passport(tmp_path / "passport.json")
    with pytest.raises(BadInput):
        read_passport(tmp_path / "absent.json")


def test_a_whole_production_is_verified(shot_once: tuple[Any, Path]) -> None:
    film, _ = shot_once
    found = verify_production(film.production)
    assert found.failures == ()
    places = {finding.where.split("/")[0] for finding in found.findings}
    assert places == {"takes", "deliveries", "sets", "script"}


def test_whatever_is_wrong_in_a_production_is_named(film: Any) -> None:
    film.shoot("1-A-t01", 2)
    root = film.production.root
    (root / "takes" / "1-A-t01" / "picture.mov").write_bytes(b"x")
    (root / "sets" / "lane" / "set.usda").write_text("#usda 1.0\nrubbish")
    (root / "script" / "lane.fountain").write_bytes(b"\xff\xfe\x00")
    (root / "script" / "old.fountain").write_bytes("INT. CAFÉ\n\nx\n".encode("cp1252"))
    (root / "deliveries" / "empty").mkdir()
    (root / "deliveries" / ".post.x.part").mkdir()
    wrong = {failure.where for failure in verify_production(film.production).failures}
    assert {
        "takes/1-A-t01/picture.mov",
        "sets/lane/set.usda",
        "script/lane.fountain",
        "deliveries/empty/passport.json",
    } <= wrong
    assert not [where for where in wrong if ".post" in where or "old.fountain" in where]


def test_a_movie_whose_labels_are_no_text_is_a_finding_and_no_exception(delivery: Path) -> None:
    movie = delivery / TAKE / "picture.mov"
    whole = movie.read_bytes()
    assert b"VideoHandler" in whole
    movie.write_bytes(whole.replace(b"VideoHandler", b"\xff" * 12))
    assert failures(verify_delivery(delivery)) == {("hash holds", f"{TAKE}/picture.mov")}
