"""Making a delivery: which takes, what lies in it, and what a cut-off or refused one leaves behind."""

import fcntl
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson
import pytest
import tomli_w
from pxr import Gf, Usd, UsdGeom

from openset.formats import xmp
from openset.formats.xmp import Rights
from openset.primitives.errors import AlreadyExists, BadInput, DiskFull, SetBroken, VerifyFailed
from openset.primitives.ids import parse_take_id
from openset.stage.deliver.files import choose_takes, make_delivery, verify_delivery
from openset.stage.lens.files import read_st_map
from openset.stage.record.files import recover_take, write_marks
from openset.stage.record.model import SOLVE_FILE, SOLVED_FILE, TRACK_FILE, Marks
from openset.store.files import hash_file
from openset.store.mhl import check
from openset.store.production import open_production

TAKE_FILES = {
    "camera.usda", "composite.mov", "contact.jpg", "distort.exr", "frames.csv", "matte.mkv",
    "picture.mov", "raw.otrk.jsonl", "take.toml", "track.otrk.jsonl", "undistort.exr",
}  # fmt: skip


def deliver(film: Any, name: str = "post", *takes: str) -> Any:
    wanted = tuple(parse_take_id(take) for take in takes)
    return make_delivery(
        film.production, film.production.root / "deliveries" / name, wanted, now=film.made
    )


def names(film: Any, *wanted: str) -> list[str]:
    found = choose_takes(film.production, tuple(parse_take_id(take) for take in wanted))
    return [str(take) for take in found]


def test_a_delivery_holds_what_it_says(shot_once: tuple[Any, Path]) -> None:
    _, folder = shot_once
    assert {path.name for path in folder.iterdir()} == {
        "ascmhl", "cut.edl", "cut.otio", "passport.html", "passport.json", "passport.schema.json",
        "sets", "takes",
    }  # fmt: skip
    for take in ("1-A-t01", "2-B-t01"):
        assert {path.name for path in (folder / "takes" / take).iterdir()} == TAKE_FILES
    assert (folder / "sets" / "lane" / "set.usda").is_file()
    assert [path.name[:10] for path in (folder / "ascmhl").glob("*.mhl")] == ["0001_post_"]


def test_it_is_sealed_and_verifies(shot_once: tuple[Any, Path]) -> None:
    assert all(state.ok for state in check(shot_once[1]))
    found = verify_delivery(shot_once[1])
    assert found.failures == ()
    assert len(found.findings) > 60


def test_the_copies_are_the_takes_own_bytes(shot_once: tuple[Any, Path]) -> None:
    film, folder = shot_once
    for name in ("picture.mov", "composite.mov", "matte.mkv", "track.otrk.jsonl", "take.toml"):
        first, copy = (root / "takes" / "1-A-t01" / name for root in (film.production.root, folder))
        assert hash_file(first) == hash_file(copy)
        assert first.stat().st_ino != copy.stat().st_ino
        assert round(first.stat().st_mtime) == round(copy.stat().st_mtime)


def test_the_camera_stands_in_its_set(shot_once: tuple[Any, Path]) -> None:
    folder = shot_once[1]
    stage = Usd.Stage.Open(str(folder / "takes" / "1-A-t01" / "camera.usda"))
    assert stage.GetCompositionErrors() == []
    origin = stage.GetPrimAtPath("/Take/Set/lane/StageOrigin")
    floor = stage.GetPrimAtPath("/Take/Stage")
    one, two = (UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(0) for prim in (origin, floor))
    assert Gf.IsClose(one, two, 1e-6)
    assert tuple(two.ExtractTranslation()) == pytest.approx((300.0, -200.0, 50.0))


def test_the_maps_are_sized_for_their_overscan(shot_once: tuple[Any, Path]) -> None:
    folder = shot_once[1] / "takes" / "1-A-t01"
    lens = orjson.loads((shot_once[1] / "passport.json").read_bytes())["takes"][0]["lens"]
    wide, high = lens["straight_size_px"]
    assert read_st_map(folder / "undistort.exr").shape == (high, wide, 2)
    assert read_st_map(folder / "distort.exr").shape == (36, 64, 2)


def test_what_it_returns_is_what_lies_there(film: Any) -> None:
    film.shoot()
    made = deliver(film)
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    assert (made.file_count, made.byte_count) == (
        len(files),
        sum(path.stat().st_size for path in files),
    )
    assert [str(take) for take in made.takes] == ["1-A-t01"]


def test_circled_takes_are_delivered_in_scene_order(film: Any) -> None:
    for take in ("10-A-t01", "2-A-t01", "2-A-t02"):
        film.shoot(take, 2, circled=take != "2-A-t02")
    assert names(film) == ["2-A-t01", "10-A-t01"]


def test_where_none_is_circled_the_newest_of_each_shot_is(film: Any) -> None:
    for take in ("1-A-t01", "1-A-t02", "1-B-t01"):
        film.shoot(take, 2)
    film.shoot("1-B-t02", 0)
    film.shoot("1-B-t03", 2, close=False)
    assert names(film) == ["1-A-t02", "1-B-t01"]


def test_takes_asked_for_by_name_are_delivered(film: Any) -> None:
    for take in ("1-A-t01", "1-A-t02", "1-A-t03"):
        film.shoot(take, 2, circled=take == "1-A-t03")
    assert names(film, "1-A-t02", "1-A-t01") == ["1-A-t01", "1-A-t02"]


@pytest.mark.parametrize(
    ("take", "words"),
    [("7-Z-t01", "there is no take"), ("1-A-t02", "not closed"), ("1-A-t03", "holds no frame")],
)
def test_a_take_that_cannot_be_delivered_is_refused_by_name(film: Any, take: str, words: str) -> None:
    film.shoot("1-A-t01", 2)
    film.shoot("1-A-t02", 2, close=False)
    film.shoot("1-A-t03", 0)
    with pytest.raises(BadInput, match=words):
        deliver(film, "post", "1-A-t01", take)
    assert not list((film.production.root / "deliveries").iterdir())


def test_a_production_without_a_finished_take_is_refused(film: Any) -> None:
    with pytest.raises(BadInput, match="no finished take"):
        deliver(film)


def test_a_folder_with_something_in_it_is_refused_and_an_empty_one_is_not(film: Any) -> None:
    film.shoot(frames=2)
    place = film.production.root / "deliveries" / "post"
    place.mkdir()
    assert deliver(film).folder == place
    with pytest.raises(AlreadyExists):
        deliver(film)
    assert verify_delivery(place).ok


def test_a_take_changed_since_its_cut_is_refused_and_leaves_nothing(film: Any) -> None:
    folder = film.shoot(frames=3)
    with (folder / "composite.mov").open("ab") as movie:
        movie.write(b"x")
    with pytest.raises(VerifyFailed, match=r"composite\.mov.*not as it was sealed"):
        deliver(film)
    assert not list((film.production.root / "deliveries").iterdir())


def test_takes_of_two_rates_are_refused_before_anything_is_copied(film: Any) -> None:
    film.shoot("1-A-t01", 2)
    film.shoot("2-A-t01", 2, rate=Fraction(24))
    with pytest.raises(BadInput, match="deliver these takes apart"):
        deliver(film)


def test_a_broken_set_is_refused_by_name(film: Any) -> None:
    film.shoot(frames=2)
    (film.production.root / "sets" / "lane" / "set.usda").write_text("#usda 1.0\nrubbish")
    with pytest.raises(SetBroken):
        deliver(film)
    assert not list((film.production.root / "deliveries").iterdir())


def test_a_take_whose_set_is_gone_is_delivered_without_it(film: Any) -> None:
    film.shoot(frames=2)
    shutil.rmtree(film.production.root / "sets" / "lane")
    made = deliver(film)
    assert not (made.folder / "sets").exists()
    assert verify_delivery(made.folder).failures == ()
    passport = orjson.loads((made.folder / "passport.json").read_bytes())
    assert any("set 'lane' is not in this delivery" in line for line in passport["not_promised"])


def test_a_take_without_a_lens_is_delivered_without_maps(film: Any) -> None:
    film.shoot(frames=2, lens=None)
    made = deliver(film)
    held = {path.name for path in (made.folder / "takes" / "1-A-t01").iterdir()}
    assert TAKE_FILES - held == {"undistort.exr", "distort.exr"}
    assert verify_delivery(made.folder).failures == ()


@pytest.mark.parametrize("rate", ["24000/1001", "30000/1001"])
def test_other_rates_and_a_zoom_are_delivered_whole(new_film: Any, tmp_path: Path, rate: str) -> None:
    film = new_film(tmp_path / "film", Fraction(rate))
    film.build_set()
    film.shoot(frames=9, zoom=0.01, start="10:00:59:20" if rate[0] == "2" else "10:00:59;20")
    made = deliver(film)
    assert verify_delivery(made.folder).failures == ()
    lens = orjson.loads((made.folder / "passport.json").read_bytes())["takes"][0]["lens"]
    assert lens["focal_range_mm"][1] == pytest.approx(lens["focal_range_mm"][0] * 1.08, rel=1e-4)


def test_a_recovered_take_is_delivered_with_the_frames_that_count(film: Any) -> None:
    folder = film.shoot(frames=10, close=False)
    killed = film.production.root / "takes" / "1-A-t02"
    shutil.copytree(folder, killed)
    text = (killed / "take.toml").read_text().replace("1-A-t01", "1-A-t02")
    (killed / "take.toml").write_text(text)
    record = recover_take(killed)
    assert 0 < record.frames <= 10
    made = deliver(film, "post", "1-A-t02")
    assert verify_delivery(made.folder).failures == ()
    assert "recovered after it was cut off" in (made.folder / "passport.html").read_text()


def test_marks_are_told_and_progress_is_said(film: Any) -> None:
    folder = film.shoot(frames=2)
    write_marks(folder, Marks(circled=True, rating=3, note="good"))
    said: list[str] = []
    make_delivery(
        film.production, film.production.root.parent / "out", now=film.made, progress=said.append
    )
    assert said[0] == "set lane"
    assert "take 1-A-t01: copying" in said
    assert said[-1] == "sealing"


def test_a_killed_delivery_is_no_delivery_and_the_next_one_sweeps_it(film: Any) -> None:
    film.shoot(frames=2)
    place = film.production.root / "deliveries" / "post"
    script = (
        "import sys, time; from datetime import UTC, datetime; from pathlib import Path\n"
        "from openset.stage.deliver.files import make_delivery\n"
        "from openset.store.production import open_production\n"
        "def say(text):\n"
        "    print(text, flush=True)\n"
        "    if text == 'sealing': time.sleep(60)\n"
        "make_delivery(open_production(Path(sys.argv[1])), Path(sys.argv[2]),\n"
        "              now=datetime(2026, 3, 1, tzinfo=UTC), progress=say)\n"
    )
    command = [sys.executable, "-c", script, str(film.production.root), str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if line == "sealing\n":
                process.kill()
    left = list(place.parent.iterdir())
    assert [path.name.startswith(".post.") for path in left] == [True]
    assert deliver(film).folder == place
    assert list(place.parent.iterdir()) == [place]


def test_a_delivery_still_being_made_is_not_swept(film: Any) -> None:
    film.shoot(frames=2)
    alive = film.production.root / "deliveries" / ".post.abc.part"
    alive.mkdir()
    handle = os.open(alive, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    deliver(film)
    assert alive.is_dir()
    os.close(handle)


def test_a_disk_without_room_is_refused_before_anything_is_copied(film: Any, small_disk: Path) -> None:
    film.shoot(frames=2)
    with pytest.raises(DiskFull, match="the delivery needs"):
        make_delivery(film.production, small_disk / "post", now=film.made)
    assert list(small_disk.iterdir()) == []


def test_a_delivery_copied_elsewhere_under_another_name_still_verifies(delivery: Path) -> None:
    moved = delivery.parent / "from the post house"
    delivery.rename(moved)
    assert verify_delivery(moved).failures == ()


def test_hidden_files_of_a_set_stay_at_home(film: Any) -> None:
    film.shoot(frames=2)
    (film.production.root / "sets" / "lane" / ".DS_Store").write_bytes(b"x")
    made = deliver(film)
    assert not (made.folder / "sets" / "lane" / ".DS_Store").exists()


def test_an_unsealed_take_is_refused(film: Any) -> None:
    folder = film.shoot(frames=2)
    shutil.rmtree(folder / "ascmhl")
    with pytest.raises(VerifyFailed, match="unsealed"):
        deliver(film)


RIGHTS = """
[rights]
owner = "Lane Collective"
licence = "CC-BY-4.0"
consent_refs = ["release-7"]
"""


def test_rights_of_the_production_lie_beside_every_movie(film: Any) -> None:
    film.shoot("1-A-t01", 3)
    path = film.production.root / "production.toml"
    path.write_text(path.read_text(encoding="utf-8") + RIGHTS, encoding="utf-8")
    film.production = open_production(path)
    folder = deliver(film).folder
    take = folder / "takes" / "1-A-t01"
    said = Rights(owner="Lane Collective", licence="CC-BY-4.0", consent_refs=("release-7",))
    for movie in ("picture", "composite", "matte"):
        assert xmp.read((take / f"{movie}.xmp").read_bytes()).rights == said
    told = orjson.loads((folder / "passport.json").read_bytes())
    listed = {entry["path"] for entry in told["files"]}
    assert {f"takes/1-A-t01/{movie}.xmp" for movie in ("picture", "composite", "matte")} <= listed
    assert all(state.ok for state in check(folder))
    assert verify_delivery(folder).failures == ()


@pytest.mark.parametrize(
    ("table", "trouble"),
    [
        ("owner = 1", r"rights\.owner: this is no text"),
        ('licenze = "MIT"', r"rights\.licenze: there is no such name"),
        ('data_mining = "yes"', "DMI-ALLOWED"),
    ],
)
def test_rights_that_cannot_be_written_are_refused_before_anything_is_copied(
    film: Any, table: str, trouble: str
) -> None:
    film.shoot("1-A-t01", 3)
    path = film.production.root / "production.toml"
    path.write_text(path.read_text(encoding="utf-8") + f"[rights]\n{table}\n", encoding="utf-8")
    film.production = open_production(path)
    with pytest.raises(BadInput, match=trouble):
        deliver(film)
    assert not any((film.production.root / "deliveries").iterdir())


def with_a_solve(take: Path) -> None:
    """Leave a solved track and its report in a take, a hand's breadth from the track as shot."""
    lines = [orjson.loads(line) for line in (take / TRACK_FILE).read_bytes().splitlines()]
    for line in lines:
        line["sample"]["transforms"][0]["translation"]["x"] += 0.1
    told = b"".join(orjson.dumps(line) + b"\n" for line in lines)
    (take / SOLVED_FILE).write_bytes(told)
    report = {
        "solve": {"software": "openset 0", "notes": []},
        "residuals": {"before": {"rms_px": 4.0}, "after": {"rms_px": 0.1}},
        "delay": {"solved_s": 0.08},
        "files": {SOLVED_FILE: hash_file(take / SOLVED_FILE)},
    }
    (take / SOLVE_FILE).write_bytes(tomli_w.dumps(report).encode())


def test_a_solved_take_hands_over_its_solved_camera_and_says_so(film: Any, tmp_path: Path) -> None:
    take = film.shoot(circled=True)
    with_a_solve(take)
    made = make_delivery(film.production, tmp_path / "post", now=film.made)
    assert verify_delivery(made.folder).ok
    passport = orjson.loads((made.folder / "passport.json").read_bytes())
    assert passport["takes"][0]["solve"] == {
        "software": "openset 0", "residual_before_px": 4.0, "residual_after_px": 0.1,
        "delay_ms": 80.0, "notes": [],
    }  # fmt: skip
    assert any("solved from the picture" in sentence for sentence in passport["not_promised"])
    assert "4.00 px as shot, 0.10 px solved" in (made.folder / "passport.html").read_text()
    rows = (made.folder / "takes" / take.name / "frames.csv").read_text().splitlines()
    shot = make_delivery(film.production, tmp_path / "shot", now=film.made, as_shot=True)
    assert verify_delivery(shot.folder).ok
    as_shot = (shot.folder / "takes" / take.name / "frames.csv").read_text().splitlines()
    assert float(rows[1].split(",")[4]) - float(as_shot[1].split(",")[4]) == pytest.approx(0.1)
    assert "solve" not in orjson.loads((shot.folder / "passport.json").read_bytes())["takes"][0]
    assert not (shot.folder / "takes" / take.name / SOLVED_FILE).exists()


def test_a_delivered_solve_that_was_changed_is_found(film: Any, tmp_path: Path) -> None:
    take = film.shoot(circled=True)
    with_a_solve(take)
    made = make_delivery(film.production, tmp_path / "post", now=film.made)
    solved = made.folder / "takes" / take.name / SOLVED_FILE
    solved.write_bytes(solved.read_bytes().replace(b'"tracked"', b'"held"', 1))
    assert not verify_delivery(made.folder).ok
