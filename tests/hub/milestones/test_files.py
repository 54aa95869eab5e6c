"""Looking at a real folder: what is there is seen, what broke is named, nothing is written."""

import shutil
from pathlib import Path

import pytest

from openset.hub.milestones.evidence import SceneSeen, TakeSeen, digest
from openset.hub.milestones.files import look
from openset.stage.record.files import write_marks
from openset.stage.record.model import Marks
from openset.store.production import Production

from .conftest import MakeTake


def first_take(production: Production) -> TakeSeen:
    return look(production.id, production.root).scenes[0].takes[0]


def contents(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_scenes_shots_and_takes_are_seen(production: Production, make_take: MakeTake) -> None:
    make_take("1")
    make_take("2", circled=False)
    shots = production.root / "shots" / "1"
    shots.mkdir(parents=True)
    (shots / "A.usda").write_text("#usda 1.0\n")
    one, two = look(production.id, production.root).scenes
    assert (one.number, one.heading, one.shots) == ("1", "INT. MARKET LANE - DAY", ("A",))
    assert one.takes[0].proves
    assert len(one.takes[0].manifest) == 32
    assert two == SceneSeen(
        "2", "EXT. MARKET GATE - NIGHT", (), (TakeSeen("2-A-t01", False, False, False, ""),)
    )


def test_looking_twice_sees_the_same_and_writes_nothing(
    production: Production, make_take: MakeTake
) -> None:
    make_take("1")
    before = contents(production.root)
    first = look(production.id, production.root)
    assert digest(look(production.id, production.root)) == digest(first)
    assert contents(production.root) == before


def test_a_deleted_sidecar_is_named(production: Production, make_take: MakeTake) -> None:
    (make_take("1") / "track.otrk.jsonl").unlink()
    take = first_take(production)
    assert (take.circled, take.camera_valid, take.checksums_hold) == (True, False, False)
    assert take.faults[0] == "track.otrk.jsonl is missing"


def test_one_changed_byte_of_the_picture_is_named(production: Production, make_take: MakeTake) -> None:
    picture = make_take("1") / "picture.mov"
    data = bytearray(picture.read_bytes())
    data[len(data) // 2] ^= 1
    picture.write_bytes(bytes(data))
    take = first_take(production)
    assert (take.camera_valid, take.checksums_hold) == (True, False)
    assert take.faults == ("picture.mov has changed since it was sealed",)


def test_a_file_slipped_in_and_a_missing_manifest_are_named(
    production: Production, make_take: MakeTake
) -> None:
    folder = make_take("1")
    (folder / "extra.mov").write_bytes(b"not sealed")
    assert first_take(production).faults == ("extra.mov is not in the checksum manifest",)
    shutil.rmtree(folder / "ascmhl")
    take = first_take(production)
    assert (take.checksums_hold, take.manifest) == (False, "")


def test_marks_may_change_and_broken_marks_are_a_fault_not_a_crash(
    production: Production, make_take: MakeTake
) -> None:
    folder = make_take("1")
    write_marks(folder, Marks(circled=True, rating=5, note="the one"))
    assert first_take(production).proves
    (folder / "marks.toml").write_text("circled = maybe")
    take = first_take(production)
    assert not take.proves
    assert "TOML" in take.faults[0]


def test_faults_name_no_path_of_this_machine(production: Production, make_take: MakeTake) -> None:
    folder = make_take("1")
    for name in ("take.toml", "picture.mov", "ascmhl/ascmhl_chain.xml"):
        (folder / name).unlink()
    for fault in first_take(production).faults:
        assert str(production.root) not in fault


def test_a_folder_that_moved_away_is_a_fault(production: Production, tmp_path: Path) -> None:
    evidence = look(production.id, tmp_path / "nowhere")
    assert evidence.faults == ("the production's folder is not where it was",)
    assert look("another-0000", production.root).faults == ("another production lies in its folder",)


def test_a_script_that_is_not_text_is_a_fault(production: Production) -> None:
    (production.root / "script" / "b.fountain").write_bytes(b"\xff\xfe\x00INT.")
    evidence = look(production.id, production.root)
    assert evidence.faults == ("script/b.fountain cannot be read",)
    assert len(evidence.scenes) == 2


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_a_script_counts_in_any_encoding_that_writing_programs_use(
    production: Production, encoding: str
) -> None:
    text = "INT. CAFÉ #77#\n\nx\n"
    (production.root / "script" / "old.fountain").write_bytes(text.encode(encoding))
    evidence = look(production.id, production.root)
    assert evidence.faults == ()
    assert "INT. CAFÉ" in [scene.heading for scene in evidence.scenes]


def test_a_delivery_without_a_passport_does_not_verify(production: Production) -> None:
    (production.root / "deliveries" / "to-post").mkdir(parents=True)
    (delivery,) = look(production.id, production.root).deliveries
    assert (delivery.name, delivery.verifies, delivery.faults) == (
        "to-post",
        False,
        ("it has no passport",),
    )


def test_a_deleted_take_toml_is_named_in_plain_words(
    production: Production, make_take: MakeTake
) -> None:
    (make_take("1") / "take.toml").unlink()
    assert first_take(production).faults == ("take.toml is missing",)


def test_a_delivery_in_the_making_is_none_yet(production: Production) -> None:
    (production.root / "deliveries" / ".to-post.part").mkdir(parents=True)
    assert look(production.id, production.root).deliveries == ()


def test_a_delivery_whose_disk_fails_is_a_fault_not_a_crash(production: Production) -> None:
    folder = production.root / "deliveries" / "to-post"
    folder.mkdir(parents=True)
    (folder / "passport.json").symlink_to("/proc/self/mem")
    (delivery,) = look(production.id, production.root).deliveries
    assert not delivery.verifies
    assert delivery.faults[0].startswith("cannot be read")


def test_a_delivery_with_a_false_passport_does_not_verify(production: Production) -> None:
    folder = production.root / "deliveries" / "to-post"
    folder.mkdir(parents=True)
    (folder / "passport.json").write_text("{}")
    (delivery,) = look(production.id, production.root).deliveries
    assert not delivery.verifies
    assert delivery.faults
    assert delivery.passport
