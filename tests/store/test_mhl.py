"""A sealed folder tells of every byte that changed, and the reference verifier agrees."""

import shutil
from pathlib import Path

import pytest
from ascmhl import commands
from ascmhl.errors import VerificationFailedException
from click.testing import CliRunner

from openset.primitives.errors import AlreadyExists
from openset.store.files import hash_file
from openset.store.mhl import FileState, check, files_below, is_sealed, seal

pytestmark = pytest.mark.filterwarnings("ignore:GitWildMatchPattern:DeprecationWarning")
"""The reference tool's own use of pathspec."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "1-A-t01"
    (root / "in").mkdir(parents=True)
    (root / "picture.mov").write_bytes(b"picture" * 1000)
    (root / "empty.jsonl").write_bytes(b"")
    (root / "in" / "Ñandú 1.txt").write_text("text")
    (root / "marks.toml").write_text("circled = false")
    seal(root, ignore=("marks.toml",))
    return root


def states(folder: Path) -> dict[str, str]:
    return {state.path: state.state for state in check(folder)}


def reference_says(folder: Path) -> int:
    return CliRunner().invoke(commands.verify, [str(folder)]).exit_code


def test_an_untouched_folder_is_whole_and_the_reference_verifier_agrees(folder: Path) -> None:
    assert is_sealed(folder)
    assert states(folder) == {"picture.mov": "whole", "empty.jsonl": "whole", "in/Ñandú 1.txt": "whole"}
    assert reference_says(folder) == 0


def test_the_manifest_holds_each_files_hash(folder: Path) -> None:
    text = next((folder / "ascmhl").glob("*.mhl")).read_text()
    assert hash_file(folder / "picture.mov") in text
    assert "marks.toml</pattern>" in text
    assert 'version="2.0"' in text


def test_one_changed_byte_is_named(folder: Path) -> None:
    data = bytearray((folder / "picture.mov").read_bytes())
    data[3500] ^= 1
    (folder / "picture.mov").write_bytes(data)
    assert states(folder)["picture.mov"] == "changed"
    assert reference_says(folder) == VerificationFailedException.exit_code


def test_the_reference_tool_run_inside_the_folder_sees_the_change_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "picture.mov").write_bytes(b"changed")
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(commands.create, [".", "-h", "xxh128"])
    assert done.exit_code == VerificationFailedException.exit_code


def test_hidden_files_are_not_sealed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in (".reserve", "in/.hidden", "seen.txt"):
        (tmp_path / name).write_bytes(b"x")
    seal(tmp_path)
    assert states(tmp_path) == {"seen.txt": "whole"}


def test_missing_and_added_files_are_named_and_ignored_ones_are_free(folder: Path) -> None:
    (folder / "in" / "Ñandú 1.txt").unlink()
    (folder / "new.wav").write_bytes(b"x")
    (folder / "marks.toml").write_text("circled = true")
    (folder / ".DS_Store").write_text("")
    found = states(folder)
    assert found.pop("in/Ñandú 1.txt") == "missing"
    assert found.pop("new.wav") == "added"
    assert set(found.values()) == {"whole"}
    assert reference_says(folder) != 0


def test_a_changed_manifest_is_broken(folder: Path) -> None:
    manifest = next((folder / "ascmhl").glob("*.mhl"))
    manifest.write_text(manifest.read_text().replace("in-place", "in-flight"))
    (state,) = check(folder)
    assert (state.path, state.state) == ("ascmhl", "broken")
    assert "manifest" in state.detail.lower()


@pytest.mark.parametrize("text", [b"", b"<hash", b"\x00\xff", b"<?xml version='1.0'?><a/>"])
def test_a_manifest_of_rubbish_is_broken_and_no_exception(folder: Path, text: bytes) -> None:
    (folder / "ascmhl" / "ascmhl_chain.xml").write_bytes(text)
    for manifest in (folder / "ascmhl").glob("*.mhl"):
        manifest.write_bytes(text)
    (state,) = check(folder)
    assert state.state == "broken"


def test_a_manifest_that_points_out_of_the_folder_is_broken(folder: Path) -> None:
    (folder.parent / "secret").write_bytes(b"x")
    manifest = next((folder / "ascmhl").glob("*.mhl"))
    manifest.write_text(manifest.read_text().replace(">picture.mov<", ">../secret<"))
    (folder / "ascmhl" / "ascmhl_chain.xml").write_text(
        '<ascmhldirectory xmlns="urn:ASC:MHL:DIRECTORY:v2.0"></ascmhldirectory>'
    )
    assert FileState("../secret", "broken", "the path leads out of the folder") in check(folder)


def test_an_unsealed_folder_says_so(tmp_path: Path) -> None:
    assert states(tmp_path) == {"ascmhl": "unsealed"}


def test_a_second_seal_is_refused_and_nothing_is_left_lying(folder: Path) -> None:
    with pytest.raises(AlreadyExists):
        seal(folder)
    assert {path.name for path in folder.iterdir()} == {
        "ascmhl", "empty.jsonl", "in", "marks.toml", "picture.mov"
    }  # fmt: skip


def test_a_folder_moved_elsewhere_is_still_whole(folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "copy"
    shutil.copytree(folder, moved)
    assert set(states(moved).values()) == {"whole"}


def test_folders_sealed_inside_answer_for_themselves(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    seal(tmp_path, ignore=("1-A-t01/",))
    (folder / "picture.mov").write_bytes(b"changed")
    assert states(tmp_path) == {"notes.txt": "whole"}
    assert states(folder)["picture.mov"] == "changed"


def test_a_later_generation_by_the_reference_tool_is_believed(folder: Path) -> None:
    (folder / "new.wav").write_bytes(b"x")
    assert states(folder)["new.wav"] == "added"
    done = CliRunner().invoke(commands.create, [str(folder), "-h", "md5"])
    assert done.exit_code == 0, done.output
    assert set(states(folder).values()) == {"whole"}
    (folder / "new.wav").write_bytes(b"y")
    assert states(folder)["new.wav"] == "changed"


def test_files_below_are_sorted_and_matched_as_gitignore_does(folder: Path) -> None:
    assert files_below(folder, ["in/"]) == ["empty.jsonl", "marks.toml", "picture.mov"]
